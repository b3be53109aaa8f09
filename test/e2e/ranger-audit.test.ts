import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { DoorOptions, TestDoor } from '../support/door.ts'
import { openBefore } from '../support/opened.ts'
import { permissionsOf, rolesWhere } from '../support/permissions.ts'
import { until } from '../support/until.ts'
import type { Upstream } from '../support/upstream.ts'
import { compileEngine } from '../../src/ranger/compile-engine.ts'
import type { RangerEngine } from '../../src/ranger/engine.ts'
import { readServicePolicies } from '../../src/ranger/read-policies.ts'
import { BUILT_IN_SERVICE_DEFS } from '../../src/ranger/service-defs.ts'

const item = (types: readonly string[]): object => ({
  users: ['alice', 'bo', 'hive'],
  accesses: types.map((type) => ({ type, isAllowed: true })),
})

const ALL = ['read', 'write', 'execute']

/** `/data` may be read, `/secret` may not, and about `/open` nothing is said. */
const POLICIES = [
  { id: 7, version: 3, name: 'data', resources: at('/data'), policyItems: [item(ALL)] },
  { id: 8, version: 1, name: 'secret', resources: at('/secret'), denyPolicyItems: [item(ALL)] },
  { id: 9, version: 1, name: 'audited', resources: at('/open') },
  {
    id: 10,
    version: 1,
    name: 'quiet',
    isAuditEnabled: false,
    resources: at('/quiet'),
    policyItems: [item(ALL)],
  },
]

function at(path: string): object {
  return { path: { values: [path], isRecursive: true } }
}

function engineOf(serviceConfig: Readonly<Record<string, string>> = {}): RangerEngine {
  const envelope = { serviceName: 'hadoop', policyVersion: 5, policies: POLICIES, serviceConfig }
  const serviceDef = BUILT_IN_SERVICE_DEFS.get('hdfs') ?? null
  const policies = readServicePolicies(envelope, { service: null, serviceDef, file: 'hdfs.json' })
  return compileEngine(policies, null, { fallback: 'native' })
}

type Answer = Parameters<typeof openBefore>[0]

const openHdfs = (
  answer?: Answer,
  { serviceConfig = {}, ...options }: Partial<DoorOptions> & { serviceConfig?: Record<string, string> } = {},
): Promise<{ door: TestDoor; upstream: Upstream }> =>
  openBefore(answer, {
    component: 'HDFS',
    permissions: permissionsOf({ engine: engineOf(serviceConfig) }),
    policy: {
      'security.client.protocol.acl': 'alice,bo,hive',
    },
    ...options,
  })

const open = (path: string, user = 'alice', more = ''): string =>
  `/webhdfs/v1${path}?op=OPEN&user.name=${user}${more}`

const forbidden: Answer = (_, response) => {
  response.statusCode = 403
  response.end('{}')
}

describe('the audit in the field names of Ranger (13.2)', () => {
  test('has an allow as a plugin of Ranger would write it', async () => {
    const { door } = await openHdfs()
    const answer = await fetch(`${door.url}${open('/data/a%20b')}`)
    expect(answer.status).toBe(200)
    const [record, ...others] = await door.rangerAudit(1)
    const [own] = await door.audit(1)
    expect(others).toEqual([])
    expect(record).toEqual({
      repoType: 1,
      repo: 'hadoop',
      reqUser: 'alice',
      evtTime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/),
      access: 'open',
      resource: '/data/a b',
      resType: 'path',
      action: 'read',
      result: 1,
      agent: 'hdfs',
      policy: 7,
      reason: '/data/a b',
      enforcer: 'ranger-acl',
      cliIP: '127.0.0.1',
      agentHost: hostname(),
      logType: 'RangerAudit',
      id: expect.stringMatching(/^[0-9a-f-]{36}-0$/),
      seq_num: 0,
      event_count: 1,
      event_dur_ms: 0,
      additional_info: '{"accessTypes":"[read]","remote-ip-address":"127.0.0.1"}',
      policy_version: 3,
      proxy_request_id: own?.['requestId'],
    })
    expect(await door.metric('keddah_policy_eval_seconds_count')).toBe(1)
    expect(own?.['resource']).toMatchObject({ enforcer: 'ranger-acl', policyId: 7, resource: '/data/a b' })
  })

  test('has a deny of a policy, with what was checked beside what was asked for', async () => {
    const { door, upstream } = await openHdfs()
    const url = `${door.url}/webhdfs/v1/secret/a?op=MKDIRS&user.name=alice`
    expect((await fetch(url, { method: 'PUT' })).status).toBe(403)
    expect(upstream.received).toEqual([])
    expect(await door.rangerAudit(1)).toMatchObject([
      {
        access: 'mkdirs',
        resource: '/secret/a',
        reason: '/secret',
        action: 'write',
        result: 0,
        policy: 8,
        enforcer: 'ranger-acl',
      },
    ])
  })

  test('has what HDFS decided itself by its answer', async () => {
    const allowing = await openHdfs()
    await fetch(`${allowing.door.url}${open('/open/a')}`)
    const native = { enforcer: 'native', policy: -1, resource: '/open/a', action: 'read' }
    expect(await allowing.door.rangerAudit(1)).toMatchObject([{ ...native, result: 1 }])
    const refusing = await openHdfs(forbidden)
    await fetch(`${refusing.door.url}${open('/open/a')}`)
    const [record] = await refusing.door.rangerAudit(1)
    expect(record).toMatchObject({ ...native, result: 0 })
    expect(record).not.toHaveProperty('policy_version')
  })

  test('takes it for an access where the answer was lost, for nobody can say that it was none', async () => {
    const { door } = await openHdfs((request) => request.socket.destroy())
    expect((await fetch(`${door.url}${open('/open/a')}`)).status).toBe(502)
    expect(await door.rangerAudit(1)).toMatchObject([{ result: 1, reason: 'there was no answer' }])
  })

  test('takes it for none where nothing was sent', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { door, upstream } = await openHdfs((_, response) => void released.then(() => response.end('{}')), {
      maxInFlight: 1,
    })
    const first = fetch(`${door.url}${open('/data/first')}`)
    await until(() => upstream.received.length === 1)
    expect((await fetch(`${door.url}${open('/open/a')}`)).status).toBe(503)
    expect((await door.rangerAudit(2))[1]).toMatchObject({ result: 0, reason: 'it was not sent' })
    release()
    await first
  })

  test('has a refusal by the lists of the service, whatever the policies say of it', async () => {
    const { door } = await openHdfs()
    await fetch(`${door.url}${open('/quiet/a', 'mallory')}`)
    expect(await door.rangerAudit(1)).toMatchObject([
      {
        enforcer: 'service-acl',
        reqUser: 'mallory',
        result: 0,
        policy: -1,
        reason: 'acl',
        resource: '/quiet/a',
      },
    ])
  })

  test('has a refusal by the role model', async () => {
    const permissions = permissionsOf(null, { roles: rolesWhere(() => []) })
    const { door } = await openHdfs(undefined, { permissions })
    await fetch(`${door.url}${open('/data/a')}`)
    const [record] = await door.rangerAudit(1)
    expect(record).toMatchObject({ enforcer: 'role-model', result: 0, repoType: -1 })
    expect(record).not.toHaveProperty('repo')
  })

  test('has neither what policies do not audit, nor who is left out, nor a way through that is free', async () => {
    const { door } = await openHdfs(undefined, {
      serviceConfig: {
        'ranger.plugin.audit.exclude.users': 'bo',
        'ranger.plugin.audit.filters': "[{'actions':['listStatus'],'isAudited':false}]",
      },
    })
    await fetch(`${door.url}${open('/quiet/a')}`)
    await fetch(`${door.url}${open('/data/a', 'bo')}`)
    await fetch(`${door.url}${open('/data/a', 'hive')}`)
    await fetch(`${door.url}/webhdfs/v1/data?op=LISTSTATUS&user.name=alice`)
    await fetch(`${door.url}/webhdfs/v1/data/a?op=GETFILESTATUS&user.name=alice`)
    await fetch(`${door.url}/webhdfs/v1/?op=GETHOMEDIRECTORY&user.name=alice`)
    await fetch(`${door.url}${open('/data/last')}`)
    expect((await door.rangerAudit(1)).map(({ resource }) => resource)).toEqual(['/data/last'])
    expect((await door.audit(7)).length).toBe(7)
  })

  test('has a way through that HDFS refuses', async () => {
    const { door } = await openHdfs(forbidden)
    await fetch(`${door.url}/webhdfs/v1/open/a/b?op=GETFILESTATUS&user.name=alice`)
    expect(await door.rangerAudit(1)).toMatchObject([
      { access: 'getfileinfo', result: 0, enforcer: 'native' },
    ])
  })

  test('says that a refusal was only observed', async () => {
    const { door } = await openHdfs(undefined, { enforcement: 'observe' })
    expect((await fetch(`${door.url}${open('/secret/a')}`)).status).toBe(200)
    const [record] = await door.rangerAudit(1)
    expect(record).toMatchObject({ result: 0, enforcer: 'ranger-acl' })
    expect(JSON.parse(String(record?.['additional_info']))).toMatchObject({ enforced: 'false' })
  })

  /** A path with a line break, quotes and 8 000 characters, and a token in the query, must not forge or leak a line. */
  test('keeps a hostile path on one line, in bounds, and nothing of the query', async () => {
    const { door } = await openHdfs()
    const hostile = `/data/%22%2C%22result%22%3A0%7D%E2%80%A8${'x'.repeat(7_900)}`
    await fetch(`${door.url}${open(hostile, 'alice', '&offset=0&x=token-in-the-query')}`)
    await fetch(`${door.url}${open('/data/next')}`)
    const records = await door.rangerAudit(2)
    expect(records.length).toBe(2)
    expect(records[0]?.['result']).toBe(1)
    expect(String(records[0]?.['resource']).length).toBe(1_024)
    expect(JSON.stringify(records)).not.toContain('token-in-the-query')
  })
})
