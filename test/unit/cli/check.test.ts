import { describe, expect, test } from 'vitest'
import { confFolder, folderOf, keddah } from './support.ts'

const CLIENT = ['--service', 'security.client.protocol.acl']
const LIST = ['--kind', 'namenode', '--url', 'GET', '/webhdfs/v1/?op=LISTSTATUS']

describe('keddah check', () => {
  test.each([
    ['alice is on the list', ['--user', 'alice', ...CLIENT], 0, 'allowed'],
    ['mallory is not', ['--user', 'mallory', ...CLIENT], 1, 'acl'],
    ['bob is in a group that is; it is looked up', ['--user', 'bob', ...CLIENT], 0, 'allowed'],
    ['groups that are given count instead', ['--user', 'bob', '--groups', 'staff', ...CLIENT], 1, 'acl'],
    [
      'groups that are given are not looked up',
      ['--user', 'eve', '--groups', 'a, analysts', ...CLIENT],
      0,
      'allowed',
    ],
    ['none is none', ['--user', 'bob', '--groups', '', ...CLIENT], 1, 'acl'],
    [
      'hue may act for bob',
      ['--user', 'bob', '--real-user', 'hue', '--from', '10.0.0.1', ...CLIENT],
      0,
      'allowed',
    ],
    [
      'not from elsewhere',
      ['--user', 'bob', '--real-user', 'hue', '--from', '10.0.0.2', ...CLIENT],
      1,
      'impersonation',
    ],
    [
      'a protocol by its class',
      ['--user', 'mallory', '--protocol', 'org.apache.hadoop.hdfs.protocol.ClientProtocol'],
      1,
      'acl',
    ],
    ['an unknown protocol', ['--user', 'alice', '--protocol', 'a.B'], 1, 'service_unknown'],
    ['a request', ['--user', 'alice', ...LIST], 0, 'allowed'],
    [
      'a request by its whole address',
      ['--user', 'alice', '--kind', 'namenode', '--url', 'get', 'http://nn:9870/webhdfs/v1/?op=LISTSTATUS'],
      0,
      'allowed',
    ],
    [
      'a path that is not listed',
      ['--user', 'alice', '--kind', 'namenode', '--url', 'GET', '/secret'],
      1,
      'service_unknown',
    ],
    [
      'a method that is not',
      ['--user', 'alice', '--kind', 'namenode', '--url', 'PATCH', '/jmx'],
      1,
      'method_not_allowed',
    ],
    [
      'an operation that is none',
      ['--user', 'alice', '--kind', 'namenode', '--url', 'GET', '/webhdfs/v1/?op=NOSUCH'],
      1,
      'operation',
    ],
    [
      'no operation',
      ['--user', 'alice', '--kind', 'namenode', '--url', 'GET', '/webhdfs/v1/'],
      1,
      'operation',
    ],
    [
      'a target that is refused before anybody is asked',
      ['--user', 'alice', '--kind', 'namenode', '--url', 'GET', '/webhdfs/v1/a%2fb?op=LISTSTATUS'],
      1,
      'encoded_slash',
    ],
  ])('%s', async (_, argv, code, reason) => {
    const ran = await keddah(['check', '--hadoop-conf', confFolder(), ...argv, '--json'])
    expect(ran.json()).toMatchObject({ reason, effect: code === 0 ? 'allow' : 'deny' })
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code, stderr: '' })
  })

  test('prints the rule with its place, the route, every question, and what Hadoop itself would do', async () => {
    const folder = confFolder()
    const { stdout, code } = await keddah(['check', '--hadoop-conf', folder, '--user', 'mallory', ...LIST])
    expect(code).toBe(1)
    expect(stdout).toContain('refused   User mallory (auth:SIMPLE) is not authorized for protocol interface')
    expect(stdout).toContain(
      `rule      security.client.protocol.acl = alice analysts  [${folder}/hadoop-policy.xml:2]`,
    )
    expect(stdout).toContain(
      'route     GET /webhdfs/v1/ on namenode, LISTSTATUS: security.client.protocol.acl',
    )
    for (const name of [
      'service',
      'identity',
      'impersonation',
      'principal',
      'acl',
      'acl_blocked',
      'hosts',
      'hosts_blocked',
    ])
      expect(stdout).toContain(`(${name})\n`)
    expect(stdout).toMatch(/ {2}no +is the user on the access control list \(acl\)/)
    expect(stdout).toMatch(/over RPC +deny: User mallory/)
    expect(stdout).toMatch(/over HTTP +allow: Hadoop asks no access control list about HTTP requests/)
  })

  test('prints why a request is refused before anybody is asked', async () => {
    const ask = async (target: string): Promise<string> => {
      const argv = ['--user', 'alice', '--kind', 'namenode', '--url', 'GET', target]
      return (await keddah(['check', '--hadoop-conf', confFolder(), ...argv])).stdout
    }
    expect(await ask('/a%2fb')).toMatch(/^refused +.* \(encoded_slash\)\nrevision +\w+\n$/)
    const operation = await ask('/webhdfs/v1/?op=NOSUCH')
    expect(operation).toMatch(/^refused +.*NOSUCH.* \(operation\)\n/)
    expect(operation).toContain('route     GET /webhdfs/v1/ on namenode: no such operation\n')
  })

  test('says what Hadoop does with classes that no provider lists, and with the keys of KMS', async () => {
    const ask = async (...argv: string[]): Promise<string> =>
      (await keddah(['check', '--hadoop-conf', confFolder(), '--user', 'alice', ...argv])).stdout
    expect(await ask('--protocol', 'nope')).toMatch(/over RPC +deny: Unknown protocol: nope/)
    expect(await ask('--kind', 'kms', '--url', 'GET', '/kms/v1/keys/names')).toMatch(
      /over HTTP +depends: .*hadoop\.kms\.acl/,
    )
  })

  test('says that nobody is asked over RPC where Hadoop has no such service', async () => {
    const argv = ['--user', 'alice', '--kind', 'namenode', '--url', 'GET', '/isActive']
    const { stdout } = await keddah(['check', '--hadoop-conf', confFolder(), ...argv])
    expect(stdout).toMatch(/over RPC +not asked: Hadoop has no RPC service for this\n/)
  })

  test('says beside an allow that no address was asked about, where one could be refused', async () => {
    const hosts = 'security.client.protocol.hosts'
    const folder = folderOf({
      'hadoop-policy.xml': { 'security.client.protocol.acl': 'alice', [hosts]: '10.0.0.1' },
    })
    const ask = async (...argv: string[]): Promise<string> =>
      (await keddah(['check', '--hadoop-conf', folder, ...CLIENT, '--groups', '', ...argv])).stdout
    const warned =
      /^allowed .*\n.*\nbut +the address was not asked about, give `--from ADDRESS`: security\.client\.protocol\.hosts = 10\.0\.0\.1\n/
    expect(await ask('--user', 'alice')).toMatch(warned)
    expect(await ask('--user', 'alice', '--from', '10.0.0.1')).toMatch(/^allowed /)
    expect(await ask('--user', 'alice', '--from', '10.0.0.1')).not.toContain('\nbut ')
    const refused = await ask('--user', 'mallory')
    expect(refused).toMatch(/^refused /)
    expect(refused).not.toContain('\nbut ')
  })

  test('tells of the second step that contents of files take', async () => {
    const who = ['--hadoop-conf', confFolder(), '--user', 'alice', '--kind', 'namenode']
    const { stdout } = await keddah(['check', ...who, '--url', 'PUT', '/webhdfs/v1/x?op=CREATE'])
    expect(stdout).toContain(
      'then      at a DataNode, decided again: security.client.datanode.protocol.acl\n',
    )
  })

  test('as JSON has the fields of a batch answer, the questions, Hadoop and the route', async () => {
    const folder = confFolder()
    const ran = await keddah(['check', '--hadoop-conf', folder, '--user', 'mallory', ...LIST, '--json'])
    const decision = ['effect', 'reason', 'message', 'rule', 'file', 'line', 'revision']
    expect(Object.keys(ran.json())).toEqual([...decision, 'questions', 'hadoop', 'route'])
    expect(ran.json()).toMatchObject({
      rule: 'security.client.protocol.acl = alice analysts',
      file: `${folder}/hadoop-policy.xml`,
      line: 2,
      hadoop: { rpc: { effect: 'deny' }, http: { effect: 'allow' } },
      route: { kind: 'namenode', method: 'GET', path: '/webhdfs/v1/', op: 'LISTSTATUS' },
    })
  })

  test('decides as Hadoop does with --parity: a missing policy opens everything', async () => {
    const folder = folderOf({ 'core-site.xml': {} })
    expect(await keddah(['check', '--hadoop-conf', folder, '--user', 'eve', ...CLIENT])).toMatchObject({
      code: 78,
    })
    const ran = await keddah(['check', '--parity', '--hadoop-conf', folder, '--user', 'eve', ...CLIENT])
    expect(ran.code).toBe(0)
  })

  test('takes groups, routes and parity from the settings', async () => {
    const conf = confFolder()
    const folder = folderOf({
      'keddah.yaml': `
hadoop: { confDir: ${conf} }
groups: { provider: static, overrides: { eve: [analysts] } }
services:
  - name: history
    kind: custom
    listen: 127.0.0.1:0
    upstreams: ["http://127.0.0.1:1"]
    routes: [{ path: "/api/{path}", methods: [GET], service: security.client.protocol.acl }]
`,
    })
    const ask = (...argv: string[]): ReturnType<typeof keddah> =>
      keddah(['check', '--config', `${folder}/keddah.yaml`, ...argv])
    expect(await ask('--user', 'eve', ...CLIENT)).toMatchObject({ code: 0 })
    expect(await ask('--user', 'bob', ...CLIENT)).toMatchObject({ code: 1 })
    expect(await ask('--user', 'eve', '--kind', 'custom', '--url', 'GET', '/api/x')).toMatchObject({
      code: 0,
    })
    expect(await ask('--user', 'eve', '--kind', 'custom', '--url', 'GET', '/x')).toMatchObject({ code: 1 })
  })

  test('refuses what the listeners of the settings refuse before they ask', async () => {
    const folder = folderOf({
      'keddah.yaml': `
hadoop: { confDir: ${confFolder()} }
identity: { delegationParameter: strip }
services:
  - { name: names, kind: namenode, listen: 127.0.0.1:0, upstreams: ["http://127.0.0.1:1"], redirects: refuse }
  - { name: dn, kind: datanode, listen: 127.0.0.1:0, upstreams: ["http://127.0.0.1:2"], nameNodes: ["nn1:8020"] }
`,
    })
    const ask = async (kind: string, target: string): Promise<unknown[]> => {
      const argv = ['--user', 'alice', '--kind', kind, '--url', 'GET', `/webhdfs/v1/${target}`, '--json']
      const ran = await keddah(['check', '--config', `${folder}/keddah.yaml`, ...argv])
      return [ran.code, ran.json()['reason']]
    }
    expect(await ask('namenode', 'x?op=OPEN')).toEqual([1, 'redirects_refused'])
    expect(await ask('namenode', '?op=LISTSTATUS&delegation=abc')).toEqual([0, 'allowed'])
    expect(await ask('datanode', 'x?op=OPEN&namenoderpcaddress=evil:1')).toEqual([1, 'name_node'])
    expect(await ask('datanode', 'x?op=OPEN&namenoderpcaddress=nn1')).toEqual([0, 'allowed'])
    // A kind without a service of its own is judged as one without settings is.
    expect(await ask('router', 'x?op=OPEN')).toEqual([0, 'allowed'])
    expect(await ask('router', 'x?op=OPEN&delegation=abc')).toEqual([1, 'delegation'])
  })

  test('works on the folder in HADOOP_CONF_DIR when nothing else is said', async () => {
    const environment = { HADOOP_CONF_DIR: confFolder() }
    expect(await keddah(['check', '--user', 'alice', ...CLIENT], { environment })).toMatchObject({ code: 0 })
  })

  test('needs the group provider of core-site.xml only where groups have to be looked up', async () => {
    const folder = folderOf({
      'hadoop-policy.xml': { 'security.client.protocol.acl': 'alice analysts' },
      'core-site.xml': { 'hadoop.security.group.mapping': 'org.apache.hadoop.security.LdapGroupsMapping' },
    })
    const given = await keddah([
      'check',
      '--hadoop-conf',
      folder,
      '--user',
      'eve',
      '--groups',
      'analysts',
      ...CLIENT,
    ])
    expect(given.code).toBe(0)
    const looked = await keddah(['check', '--hadoop-conf', folder, '--user', 'eve', ...CLIENT])
    expect(looked.code).toBe(78)
    expect(looked.stderr).toContain('core-site.xml:2')
    expect(looked.stderr).toContain('LdapGroupsMapping')
  })

  test.each([
    [['--user', 'a'], 'nothing is asked about'],
    [[...CLIENT], 'no user is named'],
    [['--user', 'a', ...CLIENT, '--protocol', 'p'], 'only one thing can be asked about'],
    [['--user', 'a', '--url', 'GET', '/x'], '`--url` needs a kind, a method and a target'],
    [['--user', 'a', '--kind', 'namenode', '--url', 'GET'], '`--url` needs a kind, a method and a target'],
    [['--user', 'a', '--kind', 'nmnode', '--url', 'GET', '/x'], 'unknown kind `nmnode`'],
    [['--user', 'a', ...CLIENT, 'word'], '`word` goes with `--url`'],
    [['--user', 'a', ...CLIENT, '--from', '10.0.0.300'], '`address` is not an IP address'],
    [['--user', 'a', '--kind', 'namenode', '--url', 'GET', '/webhdfs/v1/?op=LISTSTATUS&doas=b'], '`doas`'],
  ])('%j is wrong usage', async (argv, message) => {
    const { code, stderr } = await keddah(['check', '--hadoop-conf', confFolder(), ...argv])
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })

  test.each([
    ['a folder that is not there', '/nowhere', '/nowhere: error: does not exist'],
    ['a file where a folder is meant', import.meta.filename, 'is not a folder'],
  ])('%s ends with 78', async (_, folder, message) => {
    const { code, stderr } = await keddah(['check', '--hadoop-conf', folder, '--user', 'a', ...CLIENT])
    expect(stderr).toContain(message)
    expect(code).toBe(78)
  })
})
