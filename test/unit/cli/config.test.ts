import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { confFolder, folderOf, keddah } from './support.ts'

const settings = (conf: string, more = ''): string => `
hadoop: { confDir: ${conf} }
stateDir: state
admin: { listen: "127.0.0.1:0" }
identity: { authenticators: [{ kind: pseudo }] }
${more}
services:
  - { name: namenode, kind: namenode, listen: "127.0.0.1:0", upstreams: ["http://127.0.0.1:1"] }
`

describe('keddah config check', () => {
  test('says that a start would do, with what is opened, and writes nothing', async () => {
    const folder = folderOf({ 'keddah.yaml': settings(confFolder()) })
    const { code, stdout } = await keddah(['config', 'check', `${folder}/keddah.yaml`])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /keddah\.yaml: good, policy revision [0-9a-f]{16}\n {2}namenode {2}127\.0\.0\.1:0 -> http:\/\/127\.0\.0\.1:1\n$/,
    )
    expect(stdout).toContain('warning: `user.name` is believed')
    expect(existsSync(`${folder}/state`)).toBe(false)
  })

  test('says the same as JSON', async () => {
    const folder = folderOf({ 'keddah.yaml': settings(confFolder()) })
    const ran = await keddah(['config', 'check', '--config', `${folder}/keddah.yaml`, '--json'])
    expect(ran.json()).toMatchObject({
      ok: true,
      file: `${folder}/keddah.yaml`,
      services: [{ name: 'namenode', kind: 'namenode', enforcement: 'enforce' }],
    })
  })

  test.each([
    [
      'an upstream that no file names',
      'groups: {}',
      { 'hadoop-policy.xml': { 'security.client.protocol.acl': 'a' } },
      /`dfs\.namenode\.http-address`/,
      true,
    ],
    [
      'a broken policy',
      '',
      { 'hadoop-policy.xml': '<configuration>\n<x' },
      /hadoop-policy\.xml:2:\d+: error/,
      false,
    ],
    [
      'a group provider of later versions',
      '',
      {
        'hadoop-policy.xml': { a: 'b' },
        'core-site.xml': { 'hadoop.security.group.mapping': 'org.apache.hadoop.security.LdapGroupsMapping' },
      },
      /core-site\.xml:2:\d+: error: `hadoop\.security\.group\.mapping`/,
      false,
    ],
    [
      'a bad user pattern',
      '',
      { 'hadoop-policy.xml': { a: 'b' }, 'core-site.xml': { 'dfs.webhdfs.user.provider.user.pattern': '(' } },
      /core-site\.xml:2:\d+: error: `dfs\.webhdfs/,
      false,
    ],
    [
      'a proxy that could be anybody',
      'trustedProxies: [0.0.0.0/0]',
      { 'hadoop-policy.xml': { a: 'b' } },
      /keddah\.yaml:\d+:\d+: error: .*trust every address/,
      false,
    ],
    [
      'an anonymous user with a blank',
      'identity2: {}',
      { 'hadoop-policy.xml': { a: 'b' } },
      /unknown key `identity2`/,
      false,
    ],
  ])('%s is refused with its place', async (_, more, files, message, isWithoutUpstream) => {
    const text = settings(folderOf(files), more)
    const folder = folderOf({
      'keddah.yaml': isWithoutUpstream ? text.replace(/, upstreams: [^}]*/, ' ') : text,
    })
    const { code, stderr } = await keddah(['config', 'check', `${folder}/keddah.yaml`])
    expect(stderr).toMatch(message)
    expect(code).toBe(78)
  })

  test.each([
    [
      'an audit file in a folder that is not there',
      { 'audit.file': 'logs/audit.log' },
      'the folder it should be in does not exist (ENOENT)',
    ],
    ['an audit file that is a folder', { 'audit.file': '.' }, 'it is a folder'],
    [
      'an audit file below a file',
      { 'audit.file': 'keddah.yaml/audit.log' },
      'there is a file where a folder should be (ENOTDIR)',
    ],
    [
      'a state folder that is a file',
      { stateDir: 'keddah.yaml' },
      'there is a file where a folder should be (ENOTDIR)',
    ],
    [
      'a state folder below a file',
      { stateDir: 'keddah.yaml/a/b' },
      'there is a file where a folder should be (ENOTDIR)',
    ],
  ])('%s is refused as a start refuses it, and nothing is made', async (_, changes, why) => {
    const [[key, path]] = Object.entries(changes) as [[string, string]]
    const text = settings(confFolder(), key === 'audit.file' ? `audit: { file: ${path} }` : '')
    const folder = folderOf({
      'keddah.yaml': key === 'stateDir' ? text.replace('stateDir: state', `stateDir: ${path}`) : text,
    })
    const checked = await keddah(['config', 'check', `${folder}/keddah.yaml`])
    const served = await keddah(['serve', '--config', `${folder}/keddah.yaml`])
    expect([checked.code, served.code]).toEqual([78, 78])
    const problem = /^.*: error: [^]*?\n(?=\d+ problem)/
    const [told] = problem.exec(checked.stderr) ?? []
    expect(told).toMatch(/keddah\.yaml:\d+:\d+: error: .*\n {4}\S/)
    expect(told).toContain(`(${key}): ${why}`)
    expect(problem.exec(served.stderr)?.[0]).toBe(told)
    expect(readdirSync(folder)).toEqual(['keddah.yaml'])
  })

  test('all that cannot be written is told at once', async () => {
    const text = settings(confFolder(), 'audit: { file: logs/audit.log }')
    const folder = folderOf({ 'keddah.yaml': text.replace('stateDir: state', 'stateDir: keddah.yaml') })
    const ran = await keddah(['config', 'check', `${folder}/keddah.yaml`, '--json'])
    expect(ran.json()).toMatchObject({
      ok: false,
      error: {
        code: 'ERR_CONFIG_WRITE',
        problems: [
          { file: `${folder}/keddah.yaml`, line: 3, key: 'stateDir' },
          { file: `${folder}/keddah.yaml`, line: 6, key: 'audit.file' },
        ],
      },
    })
  })

  test('a folder where the policy should be is refused', async () => {
    const conf = folderOf({ 'core-site.xml': {} })
    mkdirSync(`${conf}/hadoop-policy.xml`)
    const folder = folderOf({ 'keddah.yaml': settings(conf) })
    const { code, stderr } = await keddah(['config', 'check', `${folder}/keddah.yaml`])
    expect(stderr).toContain(`${conf}/hadoop-policy.xml: error: `)
    expect(stderr).toContain('is not a file')
    expect(code).toBe(78)
  })

  test('a policy over the limit is refused', async () => {
    const conf = confFolder()
    writeFileSync(`${conf}/hadoop-policy.xml`, `<configuration>${' '.repeat(2_000)}</configuration>`)
    const text = settings(conf).replace('}', ', maxFileBytes: 1KiB }')
    const folder = folderOf({ 'keddah.yaml': text })
    const { code, stderr } = await keddah(['config', 'check', `${folder}/keddah.yaml`])
    expect(stderr).toContain('larger than the limit of 1024 bytes')
    expect(code).toBe(78)
  })

  test('problems of settings and of Hadoop files are told together', async () => {
    const conf = folderOf({
      'hadoop-policy.xml': { 'security.client.protocol.hosts': '10.0.0.0/99' },
      'core-site.xml': { 'hadoop.security.group.mapping': 'a.B' },
    })
    const folder = folderOf({ 'keddah.yaml': settings(conf).replace(/, upstreams: [^}]*/, ' ') })
    const { stderr } = await keddah(['config', 'check', `${folder}/keddah.yaml`])
    expect(stderr).toContain('hadoop-policy.xml:2:')
    expect(stderr).toContain('core-site.xml:2:')
    expect(stderr).toContain('keddah.yaml:')
  })
})

describe('a broken policy', () => {
  const files = {
    'hadoop-policy.xml': '<configuration>',
    'core-site.xml': { 'hadoop.proxyuser.hue.hosts': '10.0.0.0/99' },
  }

  test.each<[string, (conf: string) => readonly string[]]>([
    ['config check', (conf) => ['config', 'check', `${folderOf({ 'k.yaml': settings(conf) })}/k.yaml`]],
    ['check', (conf) => ['check', '--hadoop-conf', conf, '--user', 'a', '--service', 'b']],
    ['policy show', (conf) => ['policy', 'show', '--hadoop-conf', conf]],
  ])('does not hide the values of another file from `%s`', async (_, argv) => {
    const conf = folderOf(files)
    const { code, stderr } = await keddah(argv(conf))
    expect(stderr).toContain(`${conf}/hadoop-policy.xml:1:`)
    expect(stderr).toContain(`${conf}/core-site.xml:2:`)
    expect(stderr).toContain('2 problems: ')
    expect(code).toBe(78)
  })
})

describe('keddah config schema and reference', () => {
  test('print the JSON Schema and the table of settings', async () => {
    const schema: { properties: object } = JSON.parse((await keddah(['config', 'schema'])).stdout)
    expect(Object.keys(schema.properties)).toContain('services')
    expect((await keddah(['config', 'reference'])).stdout).toContain('| `services[].listen` |')
    expect(JSON.parse((await keddah(['config', 'reference', '--json'])).stdout)).toContainEqual(
      expect.objectContaining({ key: 'stateDir', fallback: '/var/lib/keddah' }),
    )
  })
})
