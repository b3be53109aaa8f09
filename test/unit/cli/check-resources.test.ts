import { chmodSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { folderOf, keddah, type Ran } from './support.ts'

const item = (who: object, ...types: string[]): object => ({
  ...who,
  accesses: types.map((type) => ({ type })),
})

const POLICIES = {
  serviceName: 'cm_hdfs',
  policyVersion: 7,
  policies: [
    {
      id: 1,
      name: 'data',
      version: 3,
      resources: { path: { values: ['/data', '/other'], isRecursive: true } },
      policyItems: [item({ groups: ['analysts'] }, 'read', 'execute')],
      denyPolicyItems: [item({ users: ['mallory'] }, 'read')],
    },
    {
      id: 2,
      name: 'nights',
      policyPriority: 'OVERRIDE',
      resources: { path: { values: ['/data/night'], isRecursive: true } },
      denyPolicyItems: [item({ groups: ['public'] }, 'read')],
      validitySchedules: [
        { startTime: '2030/01/01 00:00:00', endTime: '2030/01/02 00:00:00', timeZone: 'UTC' },
      ],
    },
    {
      id: 3,
      name: 'elsewhere',
      resources: { path: { values: ['/secret'], isRecursive: true } },
      policyItems: [item({ users: ['root'] }, 'read')],
    },
  ],
}

const QUEUES = {
  serviceName: 'cm_yarn',
  policyVersion: 2,
  policies: [
    {
      id: 11,
      name: 'etl',
      resources: { queue: { values: ['root.etl'], isRecursive: true } },
      policyItems: [item({ users: ['alice'] }, 'submit-app')],
      denyPolicyItems: [item({ users: ['mallory'] }, 'submit-app')],
    },
  ],
}

const SETTINGS = `
hadoop: { confDir: . }
stateDir: state
mode: security
components:
  HDFS: { ranger: { serviceName: cm_hdfs, source: { kind: file, policies: hdfs.json } } }
  Yarn: { ranger: { serviceName: cm_yarn, source: { kind: file, policies: yarn.json } } }
services:
  - { name: nn, kind: namenode, listen: "127.0.0.1:0", upstreams: ["http://127.0.0.1:1"] }
  - { name: rm, kind: resourcemanager, listen: "127.0.0.1:0", upstreams: ["http://127.0.0.1:1"] }
`

/** A folder with settings, Hadoop's files and Ranger's policies; everybody may use the services. */
const folder = (changes: Readonly<Record<string, string>> = {}): string =>
  folderOf({
    'hadoop-policy.xml': { 'security.service.authorization.default.acl': '*' },
    'core-site.xml': {
      'hadoop.security.authorization': 'true',
      'hadoop.security.group.mapping': 'org.apache.hadoop.security.NullGroupsMapping',
    },
    'k.yaml': SETTINGS,
    'hdfs.json': JSON.stringify(POLICIES),
    'yarn.json': JSON.stringify(QUEUES),
    ...changes,
  })

function check(at: string, ...argv: string[]): Promise<Ran> {
  return keddah(['check', '--config', `${at}/k.yaml`, ...argv])
}

const open = (path: string): string[] => ['--kind', 'namenode', '--url', 'GET', `/webhdfs/v1${path}?op=OPEN`]

describe('keddah check --url with Ranger', () => {
  test('says of an allow which policies are about the path, what matched, and which one won', async () => {
    const ran = await check(folder(), '--user', 'amy', '--groups', 'analysts', ...open('/data/x'))
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('  yes        do the policies of Ranger let it pass (resources)\n')
    expect(ran.stdout).toMatch(
      /resources of HDFS \(security mode\): Ranger's policies, service cm_hdfs, version 7, from .*hdfs\.json\n/,
    )
    expect(ran.stdout).toContain(`  allow      read on path /data/x: policy 1 data v3\n`)
    expect(ran.stdout).toContain(
      `    allow    read: policy 1 data ("path = /data", policyItems[0]): its item matches\n`,
    )
    expect(ran.stdout).toContain("  decided by Ranger's policies: policy 1 data v3\n")
    expect(ran.stdout).not.toContain('elsewhere')
  })

  test('is a refusal where a policy denies, with the fields that it had before', async () => {
    const ran = await check(
      folder(),
      '--user',
      'mallory',
      '--groups',
      'analysts',
      ...open('/data/x'),
      '--json',
    )
    expect(ran.code).toBe(1)
    const answer = ran.json()
    expect(Object.keys(answer)).toEqual([
      'effect',
      'reason',
      'message',
      'rule',
      'file',
      'line',
      'revision',
      'questions',
      'hadoop',
      'route',
      'resource',
    ])
    expect(answer).toMatchObject({
      effect: 'deny',
      reason: 'ranger_deny',
      message: 'Permission denied: user=mallory, access=READ, inode="/data/x"',
      rule: 'ranger policy 1 "data" v3',
      resource: {
        component: 'HDFS',
        mode: 'security',
        decider: 'ranger',
        serviceName: 'cm_hdfs',
        version: 7,
        decided: { enforcer: 'ranger-acl', policyId: 1 },
        asks: [
          {
            resource: { path: '/data/x' },
            accessTypes: ['read'],
            answer: 'deny',
            policyId: 1,
            candidates: [{ policyId: 1, says: 'deny', item: 'denyPolicyItems[0]', resource: 'path = /data' }],
          },
        ],
      },
    })
  })

  test('says that HDFS itself decides what no policy covers', async () => {
    const { code, stdout } = await check(folder(), '--user', 'amy', '--groups', '', ...open('/tmp/x'))
    expect(code).toBe(0)
    expect(stdout).toContain('  undecided  read on path /tmp/x\n')
    expect(stdout).toContain('  decided by the component itself\n')
  })

  test('goes by the time that is given, and says why a policy does not count at another one', async () => {
    const question = ['--user', 'amy', '--groups', 'analysts', ...open('/data/night/x')]
    const now = await check(folder(), ...question)
    expect(now.code).toBe(0)
    expect(now.stdout).toContain(
      'policy 2 nights ("path = /data/night", override): it is not valid at this time\n',
    )
    const then = await check(folder(), ...question, '--at', '2030-01-01T08:00:00Z')
    expect(then.code).toBe(1)
    expect(then.stdout).toContain('policy 2 nights')
    const bad = await check(folder(), ...question, '--at', 'tomorrow')
    expect(bad.code).toBe(2)
  })

  test('a service that refuses is told, and what the policies would have said', async () => {
    const at = folder({
      'hadoop-policy.xml':
        '<configuration><property><name>security.client.protocol.acl</name><value>hdfs</value></property></configuration>',
    })
    const ran = await check(at, '--user', 'amy', '--groups', 'analysts', ...open('/data/x'), '--json')
    expect(ran.code).toBe(1)
    expect(ran.json()).toMatchObject({ reason: 'acl', resource: { asks: [{ answer: 'allow' }] } })
  })

  test('without Ranger names the roles that grant it', async () => {
    const settings = SETTINGS.replace(
      /components:[^]*(?=services:)/,
      'roles: { etl: { grants: [{ component: HDFS, resource: /data, access: [read] }] } }\nroleBindings: [{ role: etl, users: [amy] }]\n',
    )
    const at = folder({ 'k.yaml': settings })
    const ran = await check(at, '--user', 'amy', '--groups', '', ...open('/data/x'))
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('resources of HDFS (security mode): the role model\n')
    expect(ran.stdout).toContain('    role       etl\n')
    const refused = await check(at, '--user', 'bob', '--groups', '', ...open('/data/x'), '--json')
    expect(refused.code).toBe(1)
    expect(refused.json()).toMatchObject({
      reason: 'role',
      resource: { decider: 'role', asks: [{ answer: 'undecided' }] },
    })
  })

  test('without a mode there is nothing of it', async () => {
    const settings = SETTINGS.replace(/mode:[^]*(?=services:)/, '')
    const ran = await check(
      folder({ 'k.yaml': settings }),
      '--user',
      'amy',
      '--groups',
      '',
      ...open('/data/x'),
      '--json',
    )
    expect(ran.json()).not.toHaveProperty('resource')
  })
})

describe('keddah check --url with a body', () => {
  const submit = ['--kind', 'resourcemanager', '--url', 'POST', '/ws/v1/cluster/apps']
  const asked = ['--groups', '', ...submit]

  test('takes the queue by itself', async () => {
    const allowed = await check(folder(), '--user', 'alice', ...asked, '--queue', 'root.etl')
    expect(allowed.code).toBe(0)
    expect(allowed.stdout).toContain('submit-app on queue root.etl: policy 11 etl')
    const refused = await check(folder(), '--user', 'mallory', ...asked, '--queue', 'root.etl')
    expect(refused.code).toBe(1)
  })

  test('takes the body of a file, JSON or XML, as a listener reads it', async () => {
    const at = folder({
      'a.json': '{"application-id": "a", "queue": "root.etl"}',
      'a.xml': '<application-submission-context><queue>root.etl</queue></application-submission-context>',
      'bad.json': '{"queue": "root.etl", "queue": "root.x"}',
    })
    for (const file of ['a.json', 'a.xml'])
      expect((await check(at, '--user', 'mallory', ...asked, '--body', `${at}/${file}`)).code, file).toBe(1)
    const bad = await check(at, '--user', 'alice', ...asked, '--body', `${at}/bad.json`, '--json')
    expect(bad.code).toBe(1)
    expect(bad.json()).toMatchObject({ reason: 'resource_body' })
  })

  test('says that a body is missing where it hangs on it', async () => {
    const { code, stdout } = await check(folder(), '--user', 'alice', ...asked)
    expect(code).toBe(1)
    expect(stdout).toContain('the body says what it is about, and none is given')
  })

  test('a queue goes with a request alone', async () => {
    const { code } = await check(
      folder(),
      '--user',
      'alice',
      '--service',
      'security.client.protocol.acl',
      '--queue',
      'q',
    )
    expect(code).toBe(2)
  })
})

describe('what an explanation tells', () => {
  test('attack: thousands of policies about one path fill the screen: fifty are listed, those that say something first', async () => {
    const silent = Array.from({ length: 300 }, (_, index) => ({
      id: 1000 + index,
      name: `a${index}`,
      resources: { path: { values: ['/data/x'] } },
      policyItems: [item({ users: ['bob'] }, 'read')],
    }))
    const at = folder({
      'hdfs.json': JSON.stringify({ ...POLICIES, policies: [...silent, ...POLICIES.policies] }),
    })
    const ran = await check(at, '--user', 'mallory', '--groups', '', ...open('/data/x'), '--json')
    const resource: { asks: { candidates: { policyId: number }[]; moreCandidates: number }[] } = JSON.parse(
      JSON.stringify(ran.json()['resource']),
    )
    const [ask] = resource.asks
    expect(ask?.candidates).toHaveLength(50)
    expect(ask?.candidates[0]?.policyId).toBe(1)
    expect(ask?.moreCandidates).toBe(251)
  })

  test('attack: the name of a policy draws lines of its own, or colours', async () => {
    const [first, ...rest] = POLICIES.policies
    const named = { ...first, name: 'x\n  decided by nobody\u001b[31m' }
    const at = folder({ 'hdfs.json': JSON.stringify({ ...POLICIES, policies: [named, ...rest] }) })
    const { stdout } = await check(at, '--user', 'amy', '--groups', 'analysts', ...open('/data/x'))
    expect(stdout).not.toContain('\u001b')
    expect(stdout).not.toMatch(/\n {2}decided by nobody/)
  })

  test('attack: passwords of Ranger Admin are nowhere in it', async () => {
    const source =
      '{ kind: admin, urls: ["http://127.0.0.1:1"], user: keddah, passwordFile: pw, cacheDir: cache }'
    const at = folder({
      'k.yaml': SETTINGS.replace('{ kind: file, policies: hdfs.json }', source),
      pw: 'hunter2-hunter2',
    })
    chmodSync(`${at}/pw`, 0o600)
    const ran = await check(at, '--user', 'amy', '--groups', 'analysts', ...open('/data/x'), '--json')
    expect(ran.json()).toMatchObject({ resource: { decider: 'ranger', version: null } })
    expect(ran.stdout + ran.stderr).not.toContain(readFileSync(`${at}/pw`, 'utf8'))
  })
})

test('keddah policy show lists the policies of Ranger with their version, from the files', async () => {
  const ran = await keddah(['policy', 'show', '--config', `${folder()}/k.yaml`, '--parity', '--json'])
  expect(ran.code).toBe(0)
  expect(ran.json()['resourcePolicies']).toMatchObject([
    { component: 'HDFS', decider: 'ranger', serviceName: 'cm_hdfs', version: 7, policies: 3 },
    { component: 'Yarn', decider: 'ranger', serviceName: 'cm_yarn', version: 2, policies: 1 },
  ])
})
