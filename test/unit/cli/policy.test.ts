import { truncateSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { confFolder, folderOf, keddah } from './support.ts'

interface Finding {
  readonly code: string
  readonly severity: string
}

describe('keddah policy show, offline', () => {
  test('shows every service with its four lists and where each comes from', async () => {
    const folder = folderOf({
      'hadoop-policy.xml': {
        'security.client.protocol.acl': ' analysts',
        'security.service.authorization.default.acl': 'hdfs',
        'security.service.authorization.default.acl.blocked': 'mallory',
      },
      'core-site.xml': {},
    })
    const { code, stdout } = await keddah(['policy', 'show', '--hadoop-conf', folder])
    expect(code).toBe(0)
    const file = `${folder}/hadoop-policy.xml`
    expect(stdout).toContain(`security.client.protocol.acl  (org.apache.hadoop.hdfs.protocol.ClientProtocol)
  allowed        " analysts"  own key, security.client.protocol.acl at ${file}:2
  blocked        "mallory"  default key, security.service.authorization.default.acl.blocked at ${file}:4
  hosts          "*"  built-in
  blocked hosts  ""  built-in
`)
    expect(stdout).toContain(
      `  allowed        "hdfs"  default key, security.service.authorization.default.acl at ${file}:3\n`,
    )
    expect(stdout.match(/^security\..*\(/gm)?.length).toBeGreaterThan(30)
  })

  test('as JSON has the shape of the admin API', async () => {
    const ran = await keddah(['policy', 'show', '--hadoop-conf', confFolder(), '--json'])
    const fields = ['revision', 'authorizationOn', 'services', 'findings', 'resourcePolicies', 'lastFailure']
    expect(Object.keys(ran.json())).toEqual(fields)
    expect(ran.json()['services']).toContainEqual(
      expect.objectContaining({
        service: 'security.client.protocol.acl',
        acl: expect.objectContaining({ text: 'alice analysts', origin: 'explicit', line: 2 }),
        hosts: expect.objectContaining({ text: '*', origin: 'builtin', file: null, line: null }),
      }),
    )
  })

  test('takes a policy file by itself, with what is odd about it', async () => {
    const folder = folderOf({ 'mine.xml': { 'security.clint.protocol.acl': 'alice' } })
    const { code, stdout } = await keddah(['policy', 'show', `${folder}/mine.xml`])
    expect(code).toBe(0)
    expect(stdout).toContain(`${folder}/mine.xml:2:`)
    expect(stdout).toContain('did you mean `security.client.protocol.acl`?')
  })

  test('shows control characters of a policy escaped', async () => {
    const folder = folderOf({
      'p.xml':
        '<configuration><property><name>security.client.protocol.acl</name><value>a&#10;b</value></property></configuration>',
    })
    expect((await keddah(['policy', 'show', `${folder}/p.xml`])).stdout).toContain('"a\\nb"')
  })

  test('a policy that cannot be loaded ends with 78', async () => {
    const folder = folderOf({ 'hadoop-policy.xml': '<configuration><property>' })
    const { code, stderr } = await keddah(['policy', 'show', '--hadoop-conf', folder])
    expect(code).toBe(78)
    expect(stderr).toMatch(/hadoop-policy\.xml:1:\d+: error: /)
  })
})

/** A policy without any finding, but for the keys that a test adds. */
const CLEAN = {
  'security.service.authorization.default.acl': 'hdfs',
  'security.refresh.policy.protocol.acl': 'hdfs',
  'security.refresh.user.mappings.protocol.acl': 'hdfs',
}
const FIELDS = ['file', 'line', 'column', 'key', 'severity', 'code', 'message', 'understood', 'hint']

describe('keddah policy lint', () => {
  test('prints place, key, message, what Hadoop understands and a hint, and ends with 1 for errors', async () => {
    const folder = folderOf({
      'hadoop-policy.xml': {
        'security.client.protocol.acl': 'alice, bob grp',
        'security.datanode.protocol.acl': '* admins',
        'security.admin.operations.protocol.acls': 'hdfs',
        'security.client.protocol.hosts': '10.0.0.0/99',
      },
      'core-site.xml': { 'hadoop.security.authorization': 'true' },
    })
    const { code, stdout } = await keddah(['policy', 'lint', '--hadoop-conf', folder])
    expect(code).toBe(1)
    expect(stdout).toMatch(/hadoop-policy\.xml:2:\d+: error: .*alice, bob grp/)
    expect(stdout).toContain('    Hadoop understands: user alice; group `bob grp`\n')
    expect(stdout).toMatch(/hadoop-policy\.xml:3:/)
    expect(stdout).toMatch(/hadoop-policy\.xml:4:.*acls/)
    expect(stdout).toMatch(/hadoop-policy\.xml:5:.*10\.0\.0\.0\/99/)
    expect(stdout).toMatch(/\d+ errors, \d+ warnings\n$/)
  })

  test('as JSON is a list of findings of exactly these fields', async () => {
    const folder = folderOf({ 'p.xml': { 'security.client.protocol.acl': 'alice, bob grp' } })
    const ran = await keddah(['policy', 'lint', `${folder}/p.xml`, '--json'])
    const [first] = Object.values(ran.json())
    expect(Object.keys(first as object)).toEqual(FIELDS)
  })

  test('ends with 0 for warnings alone, and says nothing of files beside a single one', async () => {
    const folder = folderOf({ 'p.xml': { 'security.client.protocol.acl': 'alice' } })
    const { code, stdout } = await keddah(['policy', 'lint', `${folder}/p.xml`])
    expect(code).toBe(0)
    expect(stdout).not.toContain('core-site.xml')
  })

  const COMPOSITE = {
    'hadoop.security.group.mapping': 'org.apache.hadoop.security.CompositeGroupsMapping',
    'hadoop.security.group.mapping.providers': 'ad',
  }
  // What a start refuses and lint does not mention would be found out by the start.
  test.each<[string, Record<string, string>, string, severity?: 'warning']>([
    ['a rule', { 'hadoop.security.auth_to_local': 'RULE:[1:$1](a\nDEFAULT' }, 'auth_to_local'],
    ['a mechanism', { 'hadoop.security.auth_to_local.mechanism': 'foo' }, 'auth_to_local'],
    ['a number', { 'hadoop.security.groups.cache.secs': 'abc' }, 'bad_number'],
    ['a time', { 'hadoop.security.groups.shell.command.timeout': 'soon' }, 'bad_time'],
    ['static groups', { 'hadoop.user.group.static.mapping.overrides': 'alice=staff=x' }, 'static_groups'],
    ['a provider', { 'hadoop.security.group.mapping': 'org.example.Ldap' }, 'group_provider', 'warning'],
    ['a provider without a class', COMPOSITE, 'group_provider', 'warning'],
    ['a pattern', { 'dfs.webhdfs.user.provider.user.pattern': '(' }, 'user_pattern'],
    ['a method', { 'hadoop.security.authentication': 'kerbros' }, 'authentication_method'],
  ])('%s in core-site.xml that a start refuses is found with its place', async (_, core, code, severity) => {
    const conf = folderOf({
      'hadoop-policy.xml': { 'security.client.protocol.acl': 'alice' },
      'core-site.xml': { 'hadoop.security.authorization': 'true', ...core },
    })
    const settings = `hadoop: { confDir: ${conf} }
stateDir: state
identity: { authenticators: [{ kind: pseudo }] }
services: [{ name: nn, kind: namenode, listen: "127.0.0.1:0", upstreams: ["http://127.0.0.1:1"] }]
`
    const file = `${folderOf({ 'keddah.yaml': settings })}/keddah.yaml`
    expect((await keddah(['config', 'check', file])).code).toBe(78)
    for (const source of [['--hadoop-conf', conf], ['--config', file], [`${conf}/hadoop-policy.xml`]]) {
      const ran = await keddah(['policy', 'lint', ...source, '--json'])
      // What Keddah alone lacks is no flaw of Hadoop's files.
      expect(ran.code).toBe(severity === 'warning' ? 0 : 1)
      const errors = Object.values(ran.json()).filter((one) => (one as Finding).severity === 'error')
      const found = Object.values(ran.json()).filter((one) => (one as Finding).code === code)
      expect(severity === 'warning' ? found : errors).toMatchObject([
        {
          code,
          file: `${conf}/core-site.xml`,
          key: Object.keys(core).at(-1),
          understood: expect.any(String),
        },
      ])
      expect(found).toMatchObject([{ line: expect.any(Number) }])
    }
  })

  test("a policy that is missing is an error, also where it is read in Hadoop's way", async () => {
    const folder = folderOf({ 'core-site.xml': { 'hadoop.security.authorization': 'true' } })
    for (const parity of [[], ['--parity']])
      expect((await keddah(['policy', 'lint', '--hadoop-conf', folder, ...parity])).code).toBe(1)
  })

  test('a misspelt key is an error, and everybody is still let in', async () => {
    const folder = folderOf({ 'hadoop-policy.xml': { 'securty.client.protocol.acl': 'alice' } })
    const { code, stdout } = await keddah(['policy', 'lint', '--hadoop-conf', folder])
    expect(code).toBe(1)
    expect(stdout).toContain('did you mean `security.client.protocol.acl`?')
  })

  test('a broken rule does not hide broken groups', async () => {
    const folder = folderOf({
      'hadoop-policy.xml': { 'security.client.protocol.acl': 'alice' },
      'core-site.xml': {
        'hadoop.security.auth_to_local': 'RULE:x',
        'hadoop.security.groups.cache.secs': 'abc',
      },
    })
    const { stdout } = await keddah(['policy', 'lint', '--hadoop-conf', folder])
    expect(stdout).toMatch(/core-site\.xml:2:.*auth_to_local[^]*core-site\.xml:3:.*cache\.secs/)
  })

  const policy = (text: string): string => folderOf({ 'hadoop-policy.xml': text })
  const huge = (): string => {
    const folder = policy('')
    truncateSync(`${folder}/hadoop-policy.xml`, 64 * 1_048_576 + 1)
    return folder
  }

  test.each<[string, () => readonly string[], string, RegExp]>([
    [
      'malformed XML',
      () => ['--hadoop-conf', policy('<configuration><property>')],
      'malformed',
      /hadoop-policy\.xml:1:/,
    ],
    [
      'a DOCTYPE',
      () => ['--hadoop-conf', policy('<!DOCTYPE a SYSTEM "x">\n<configuration/>')],
      'doctype',
      /hadoop-policy\.xml:1:.*DOCTYPE/,
    ],
    ['a wrong root', () => ['--hadoop-conf', policy('<policy/>')], 'wrong_root', /hadoop-policy\.xml:1:/],
    ['an empty file', () => ['--hadoop-conf', policy('')], 'empty_policy', /hadoop-policy\.xml: error: /],
    ['a file over the limit', () => ['--hadoop-conf', huge()], 'file_too_large', /larger than the limit/],
    [
      'a missing policy',
      () => ['--hadoop-conf', folderOf({ 'core-site.xml': {} })],
      'file_missing',
      /hadoop-policy\.xml: error: .*does not exist/,
    ],
    [
      'a missing folder',
      () => ['--hadoop-conf', '/nowhere'],
      'not_a_folder',
      /\/nowhere: error: .*does not exist/,
    ],
    [
      'a file instead of the folder',
      () => ['--hadoop-conf', import.meta.filename],
      'not_a_folder',
      /is not a folder/,
    ],
    ['a missing file', () => [`${folderOf({})}/p.xml`], 'file_missing', /p\.xml: error: .*does not exist/],
    ['a file in no folder', () => ['/nowhere/p.xml'], 'not_a_folder', /\/nowhere: error: /],
    ['a folder instead of the file', () => [folderOf({})], 'not_a_file', /is not a file/],
    [
      'settings that cannot be used',
      () => ['--config', `${folderOf({ 'k.yaml': 'services: 1' })}/k.yaml`],
      'bad_value',
      /k\.yaml:1:/,
    ],
    ['missing settings', () => ['--config', '/nowhere/k.yaml'], 'file_missing', /k\.yaml: error: /],
  ])('%s is a finding, in text and in JSON, and the exit code 1', async (_, make, wanted, message) => {
    const argv = ['policy', 'lint', ...make()]
    const { code, stdout, stderr } = await keddah(argv)
    expect(stdout).toMatch(message)
    expect(stdout).toMatch(/\n\d+ errors?, \d+ warnings?\n$/)
    const asJson = await keddah([...argv, '--json'])
    const findings: { code: string; severity: string }[] = JSON.parse(asJson.stdout)
    expect(findings.filter(({ severity }) => severity === 'error').map((found) => found.code)).toEqual([
      wanted,
    ])
    expect(Object.keys(findings[0] ?? {})).toEqual(FIELDS)
    expect([code, asJson.code, stderr, asJson.stderr]).toEqual([1, 1, '', ''])
  })

  const client = { 'security.client.protocol.acl': '* staff' }
  const datanode = { 'security.datanode.protocol.acl': '* staff' }
  const blanks = { 'security.namenode.protocol.acl': 'hdfs a b' }
  const more = { 'security.kms.protocol.acl': 'hdfs' }

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['nothing', {}, '0 errors, 0 warnings'],
    ['one error', client, '1 error, 0 warnings'],
    ['one of each', { ...client, ...blanks }, '1 error, 1 warning'],
    ['two of each', { ...client, ...datanode, ...blanks, ...more }, '2 errors, 2 warnings'],
  ])('counts what it found: %s', async (_, properties, wanted) => {
    const folder = folderOf({ 'p.xml': { ...CLEAN, ...properties } })
    const { stdout } = await keddah(['policy', 'lint', `${folder}/p.xml`])
    expect(stdout.split('\n').at(-2)).toBe(wanted)
  })
})
