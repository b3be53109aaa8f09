import { describe, expect, test } from 'vitest'
import { confFolder, folderOf, keddah } from './support.ts'

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
    const fields = ['revision', 'authorizationOn', 'services', 'findings', 'lastFailure']
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
    const fields = ['file', 'line', 'column', 'key', 'severity', 'code', 'message', 'understood', 'hint']
    expect(Object.keys(first as object)).toEqual(fields)
  })

  test('ends with 0 for warnings alone, and says nothing of files beside a single one', async () => {
    const folder = folderOf({ 'p.xml': { 'security.client.protocol.acl': 'alice' } })
    const { code, stdout } = await keddah(['policy', 'lint', `${folder}/p.xml`])
    expect(code).toBe(0)
    expect(stdout).not.toContain('core-site.xml')
  })

  test.each([
    ['malformed XML', { 'hadoop-policy.xml': '<configuration><property>' }, /hadoop-policy\.xml:1:/],
    ['a missing file', { 'core-site.xml': '<configuration/>' }, /hadoop-policy\.xml/],
    ['a wrong root', { 'hadoop-policy.xml': '<policy/>' }, /hadoop-policy\.xml/],
    [
      'a DOCTYPE',
      { 'hadoop-policy.xml': '<!DOCTYPE a SYSTEM "x">\n<configuration/>' },
      /hadoop-policy\.xml:\d+.*DOCTYPE/i,
    ],
  ])('%s is a finding, and the exit code 1', async (_, files, message) => {
    const { code, stdout } = await keddah(['policy', 'lint', '--hadoop-conf', folderOf(files)])
    expect(stdout).toMatch(message)
    expect(code).toBe(1)
  })
})
