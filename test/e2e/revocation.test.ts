import { setTimeout as sleep } from 'node:timers/promises'
import { writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { parseDataNodes } from '../../src/http/redirects/data-node-list.ts'
import type { GroupService } from '../../src/identity/group-service.ts'
import { createGroupService } from '../../src/identity/group-service.ts'
import { createPseudoAuthenticator } from '../../src/identity/pseudo.ts'
import { startTestApp } from '../support/attack/app.ts'
import { call, type Caller } from '../support/attack/client.ts'
import { valuesOf } from '../support/attack/messages.ts'
import { get, head } from '../support/attack/stage.ts'
import { type DoorOptions, identifierOf, openDoor, pattern, POLICY, type TestDoor } from '../support/door.ts'
import { hadoopXml, startKeddah } from '../support/keddah.ts'
import { CLIENT } from '../support/policy.ts'
import { type RawConnection, type RawUpstream, startRawUpstream } from '../support/upstream.ts'
import { until } from '../support/until.ts'

/** Nobody but bo is left. */
const WITHOUT_ALICE = { ...POLICY, [CLIENT]: 'bo' }
const BEGUN = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const LIST = '/webhdfs/v1/?op=LISTSTATUS&user.name='
const UPLOAD = head(
  'PUT /webhdfs/v1/d?op=MKDIRS&user.name=alice HTTP/1.1',
  'Host: nn',
  'Content-Length: 900000',
)

let upstream: RawUpstream
let door: TestDoor
const callers: Caller[] = []
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.hangUp()
  await door.stop()
  await upstream.close()
})

/** A door before an upstream that answers each request with these bytes, or not at all. */
async function open(answer: string | null, options: Omit<DoorOptions, 'upstreams'> = {}): Promise<void> {
  upstream = await startRawUpstream(({ socket }) => {
    socket.on('data', () => answer !== null && socket.write(answer))
  })
  door = await openDoor({ upstreams: [upstream.url], ...options })
}

async function send(bytes: string): Promise<Caller> {
  const caller = await call(door.url)
  callers.push(caller)
  caller.write(bytes)
  return caller
}

const last = (): RawConnection => {
  const connection = upstream.connections.at(-1)
  if (connection === undefined) throw new Error('nothing has reached the upstream')
  return connection
}

const refreshTo = (policy: Readonly<Record<string, string>>): Promise<void> => {
  door.refresh(policy)
  return door.judgeAgain()
}

const revoked = (kind: string): Promise<number> =>
  door.metric(`keddah_revoked_total{service="nn",kind="${kind}"}`)

describe('after a refresh', () => {
  test('a download of somebody who has lost the right is reset, and the others go on', async () => {
    await open(BEGUN)
    const alice = await send(get(`${LIST}alice`))
    await until(() => alice.received.endsWith('first'))
    const bo = await send(get(`${LIST}bo`))
    await until(() => bo.received.endsWith('first'))
    const errors: (string | undefined)[] = []
    alice.socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code))

    await refreshTo(WITHOUT_ALICE)

    await alice.closed()
    expect(errors).toEqual(['ECONNRESET'])
    expect(await revoked('download')).toBe(1)
    expect(await door.metric('keddah_client_aborts_total{service="nn"}')).toBe(0)
    const lines = await door.audit(3)
    expect(lines.map(({ user, effect, reason, enforced }) => [user, effect, reason, enforced])).toEqual([
      ['alice', 'allow', 'allowed', true],
      ['bo', 'allow', 'allowed', true],
      ['alice', 'deny', 'acl', true],
    ])
    expect(door.log.some((line) => line.includes('a refresh has revoked what was in flight'))).toBe(true)
    await until(() => upstream.connections[0]?.socket.destroyed === true)
    last().socket.write('x'.repeat(995))
    expect((await bo.answers(1))[0]?.body).toHaveLength(1_000)
  })

  test('an upload is refused, and the upstream never sees it complete', async () => {
    await open(null)
    const alice = await send(`${UPLOAD}abc`)
    await until(() => upstream.connections.length === 1 && last().bytes.endsWith('abc'))

    await refreshTo(WITHOUT_ALICE)

    const [answer] = await alice.answers(1)
    expect(answer?.status).toBe(403)
    await until(() => last().socket.destroyed)
    expect(await revoked('upload')).toBe(1)
    expect(await door.metric('keddah_upstream_requests_total{service="nn",outcome="aborted"}')).toBe(1)
    await alice.closed()
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })

  test('a question that waits for its answer is refused, whatever the upstream says then', async () => {
    await open(null)
    const alice = await send(get(`${LIST}alice`))
    await until(() => upstream.connections.length === 1 && last().bytes !== '')

    await refreshTo(WITHOUT_ALICE)
    last().socket.write(OK)

    expect((await alice.answers(1)).map(({ status }) => status)).toEqual([403])
    expect(await revoked('question')).toBe(1)
    alice.write(get(`${LIST}bo`))
    await until(() => upstream.connections.length === 2 && last().bytes !== '')
    last().socket.write(OK)
    expect((await alice.answers(2)).map(({ status }) => status)).toEqual([403, 200])
  })

  test('a change that was sent as a whole is left to end: it may have been made', async () => {
    await open(null)
    const alice = await send(head('PUT /webhdfs/v1/d?op=MKDIRS&user.name=alice HTTP/1.1', 'Host: nn'))
    await until(() => upstream.connections.length === 1 && last().bytes !== '')
    await refreshTo(WITHOUT_ALICE)
    last().socket.write(OK)
    expect((await alice.answers(1)).map(({ status }) => status)).toEqual([200])
  })

  test('whoever keeps the right goes on and is not decided about twice in the audit', async () => {
    await open(BEGUN)
    const alice = await send(get(`${LIST}alice`))
    await until(() => alice.received.endsWith('first'))
    for (let round = 0; round < 3; round += 1) await refreshTo(POLICY)
    last().socket.write('x'.repeat(995))
    expect((await alice.answers(1))[0]?.body).toHaveLength(1_000)
    expect(await door.metric('keddah_decisions_total{service="nn",effect="allow",reason="allowed"}')).toBe(1)
    expect(await door.audit(1)).toHaveLength(1)
  })
})

test('with `revokeOnRefresh` off, what has begun goes on', async () => {
  await open(BEGUN, { revokeOnRefresh: false })
  const alice = await send(get(`${LIST}alice`))
  await until(() => alice.received.endsWith('first'))
  await refreshTo(WITHOUT_ALICE)
  last().socket.write('x'.repeat(995))
  expect((await alice.answers(1))[0]?.body).toHaveLength(1_000)
})

test('a service that observes cuts nothing, and says what it would have cut', async () => {
  await open(BEGUN, { enforcement: 'observe' })
  const alice = await send(get(`${LIST}alice`))
  await until(() => alice.received.endsWith('first'))
  await refreshTo(WITHOUT_ALICE)
  last().socket.write('x'.repeat(995))
  expect((await alice.answers(1))[0]?.body).toHaveLength(1_000)
  expect(await door.metric('keddah_decisions_total{service="nn",effect="would_deny",reason="acl"}')).toBe(1)
  expect((await door.audit(2))[1]).toMatchObject({ effect: 'deny', reason: 'acl', enforced: false })
  expect(await revoked('download')).toBe(0)
})

const groupsOf = (groups: readonly string[] | null): GroupService =>
  createGroupService({
    provider: {
      name: 'test',
      groupsOf: async () => {
        await sleep(20)
        if (groups === null) throw new Error('the directory is away')
        return groups
      },
    },
    overrides: new Map(),
    cache: { refreshMs: 60_000, negativeMs: 0, warnMs: 60_000, backgroundReload: false },
  })

test.each([
  ['has left the group that allowed it', ['others'], 'acl'],
  ['is in groups that nobody can look up any more', null, 'groups_unavailable'],
])('a download of somebody who %s is cut before the refresh is over', async (_, after, reason) => {
  let groups = groupsOf(['staff'])
  await open(BEGUN, { dependencies: { groups: () => groups }, policy: { [CLIENT]: ' staff' } })
  const carol = await send(get(`${LIST}carol`))
  await until(() => carol.received.endsWith('first'))
  groups = groupsOf(after)
  await door.judgeAgain()
  expect(await revoked('download')).toBe(1)
  await carol.closed()
  expect((await door.audit(2))[1]).toMatchObject({ user: 'carol', effect: 'deny', reason })
})

test('a download of somebody who is not believed any more is cut', async () => {
  let identifier = identifierOf([createPseudoAuthenticator({ pattern })])
  await open(BEGUN, { dependencies: { identifier: () => identifier } })
  const alice = await send(get(`${LIST}alice`))
  await until(() => alice.received.endsWith('first'))
  identifier = identifierOf([])
  await door.judgeAgain()
  await alice.closed()
  expect(await revoked('download')).toBe(1)
  expect((await door.audit(2))[1]).toMatchObject({ effect: 'deny', reason: 'unauthenticated' })
})

test('a download by a route that is not there any more is cut', async () => {
  await open(BEGUN)
  const alice = await send(get(`${LIST}alice`))
  await until(() => alice.received.endsWith('first'))
  door.update({ ...door.service, routes: { match: () => ({ kind: 'unlisted' }) } })
  await door.judgeAgain()
  await alice.closed()
  expect((await door.audit(2))[1]).toMatchObject({ user: 'alice', effect: 'deny', reason: 'service_unknown' })
})

test('an acknowledged refresh has taken back what it had to, in a whole Keddah', async () => {
  await open(BEGUN)
  const files = {
    policy: { [CLIENT]: 'alice' },
    settings: {
      services: [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [upstream.url] }],
    },
  }
  const keddah = await startTestApp(files)
  try {
    const alice = await call(keddah.url('nn'))
    callers.push(alice)
    alice.write(get(`${LIST}alice`))
    await until(() => alice.received.endsWith('first'))
    writeFileSync(keddah.policyFile, hadoopXml({ [CLIENT]: 'bo' }))
    expect(await keddah.app.refresh('admin', 'service-acl')).toMatchObject({ ok: true, changed: true })
    expect(await keddah.app.telemetry.metrics.text()).toContain(
      'keddah_revoked_total{service="nn",kind="download"} 1',
    )
    await alice.closed()
  } finally {
    await keddah.stop()
  }
})

test('so it has in every worker', async () => {
  await open(BEGUN)
  const admins = { 'security.refresh.policy.protocol.acl': '*' }
  const keddah = await startKeddah({
    policy: { [CLIENT]: 'alice', ...admins },
    settings: {
      workers: 3,
      watch: { enabled: false },
      services: [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [upstream.url] }],
    },
  })
  try {
    const url = keddah.urls.get('nn') ?? ''
    for (let count = 0; count < 24; count += 1) {
      const alice = await call(url)
      callers.push(alice)
      alice.write(get(`${LIST}alice`))
    }
    await until(() => callers.every(({ received }) => received.endsWith('first')))
    writeFileSync(keddah.policyFile, hadoopXml({ [CLIENT]: 'bo', ...admins }))
    const headers = { Authorization: `Bearer ${keddah.token()}` }
    const answer = await fetch(`${keddah.admin}/admin/v1/refresh/service-acl`, { method: 'POST', headers })
    expect(answer.status).toBe(200)
    expect(await (await fetch(`${keddah.admin}/metrics`)).text()).toContain(
      'keddah_revoked_total{service="nn",kind="download"} 24',
    )
    await Promise.all(callers.map((caller) => caller.closed()))
  } finally {
    await keddah.stop()
  }
})

test('a second step goes on when its link has expired, and is cut by the key of DataNodes', async () => {
  const DATANODE = 'security.client.datanode.protocol.acl'
  const dataNode = await startRawUpstream(({ socket }) => {
    socket.on('data', () => socket.write(BEGUN))
  })
  try {
    let now = Date.now()
    const location = `${dataNode.url}/webhdfs/v1/f?op=OPEN&namenoderpcaddress=127.0.0.1:8020&offset=0`
    await open(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`, {
      dataNodes: parseDataNodes([new URL(dataNode.url).host], 'dataNodes', []),
      policy: { [CLIENT]: 'alice', [DATANODE]: 'alice' },
      now: () => now,
    })
    const first = await send(get('/webhdfs/v1/f?op=OPEN&user.name=alice'))
    const [answer] = await first.answers(1)
    const [link = ''] = answer === undefined ? [] : valuesOf(answer, 'location')
    const alice = await send(get(link.replace(/^http:\/\/[^/]*/, '')))
    await until(() => alice.received.endsWith('first'))

    now += 3_600_000
    await refreshTo({ [CLIENT]: 'nobody', [DATANODE]: 'alice' })
    expect(await revoked('download')).toBe(0)
    expect(alice.isClosed).toBe(false)
    await refreshTo({ [CLIENT]: 'alice', [DATANODE]: 'nobody' })
    expect(await revoked('download')).toBe(1)
    await alice.closed()
  } finally {
    await dataNode.close()
  }
})
