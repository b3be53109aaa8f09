import { describe, expect, test } from 'vitest'
import { send } from '../../support/attack/client.ts'
import { valuesOf } from '../../support/attack/messages.ts'
import { head, lastGet } from '../../support/attack/stage.ts'
import type { TestDoor } from '../../support/door.ts'
import { answerJson, STANDBY_BODY } from '../../support/ha.ts'
import { openPair } from '../../support/pair.ts'

/**
 * Two servers of which one is active. Who can make Keddah take the other one for it, or ask both for one request, moves
 * a cluster's traffic about, doubles its load or has a change made twice.
 */

const list = (path: string): string => lastGet(`/webhdfs/v1${path}?op=LISTSTATUS&user.name=alice`)
const failovers = (door: TestDoor): Promise<number> =>
  door.metric('keddah_failovers_total{service="nn",cause="standby"}')

// Attack (Knox, `AbstractHdfsHaDispatch`): a name or path with the word in it, which the daemon repeats in its refusal,
// is taken for the word of a standby.
describe('a name that says what a standby says', () => {
  test.each([
    '/StandbyException',
    '/org.apache.hadoop.ipc.StandbyException',
    '/%22exception%22:%22StandbyException%22',
  ])('%s sends nobody to the other server', async (path) => {
    const { door, first, second } = await openPair()
    expect((await send(door.url, list('/'))).body).toContain('first')
    first.activeAnswer = (request, response) =>
      answerJson(
        response,
        403,
        JSON.stringify({
          RemoteException: {
            exception: 'AccessControlException',
            message: `Permission denied: inode="${decodeURIComponent(request.url ?? '')}"`,
          },
        }),
      )
    const reply = await send(door.url, list(path))
    expect([reply.status, second.received]).toEqual([403, []])
    expect(await failovers(door)).toBe(0)
  })
})

// Attack: a file that holds the answer of a standby, read through Keddah, or one that is longer than is looked at.
test.each([
  ['with 200', 200, STANDBY_BODY],
  ['of 70 KB', 403, STANDBY_BODY.replace('"message":"', `"message":"${'x'.repeat(70_000)}`)],
])('content %s that looks like the word of a standby is content', async (_, status, body) => {
  const { door, first, second } = await openPair()
  first.activeAnswer = (__, response) => answerJson(response, status, body)
  const reply = await send(door.url, list('/f'))
  expect([reply.status, reply.body, second.received]).toEqual([status, body, []])
})

// Attack: an active server that was taken over says of itself, for ever, that it is a standby.
test('a server that denies that it is active is not asked without end', async () => {
  const { door, first } = await openPair()
  first.activeAnswer = (_, response) => answerJson(response, 403, STANDBY_BODY)
  const reply = await send(door.url, list('/'))
  expect([reply.status, reply.reason]).toEqual([503, 'upstream_standby'])
  expect(first.received.length).toBeLessThanOrEqual(3)
})

// Attack: a standby ResourceManager copies path and query into its redirect, so that `//evil.example/x` is a host of the
// caller's choice; one that was taken over names any.
test.each([
  'http://evil.example:8088/ws/v1/cluster/apps?user.name=alice',
  '//evil.example/ws/v1/cluster/apps',
  'http://127.0.0.1@evil.example/ws/v1/cluster/apps',
])('the redirect of a standby to %s is neither followed nor handed out', async (location) => {
  const { door, first, second } = await openPair({ kind: 'resourcemanager' })
  first.role = 'standby'
  first.standbyAnswer = (_, response) =>
    response.writeHead(307, { Location: location }).end('This is standby RM. The redirect url is: /x\n')
  second.standbyAnswer = first.standbyAnswer
  const reply = await send(door.url, lastGet('/ws/v1/cluster/apps?user.name=alice'))
  expect(reply.status).toBeGreaterThanOrEqual(500)
  expect(valuesOf(reply, 'location')).toEqual([])
  expect(reply.received).not.toContain('evil')
})

// Attack: a connection that breaks behind a change has it made a second time, at the other server.
test('a change that may have been made is made once', async () => {
  const { door, first, second } = await openPair()
  expect((await send(door.url, list('/'))).status).toBe(200)
  first.role = 'lost'
  const put = 'PUT /webhdfs/v1/d?op=MKDIRS&user.name=alice HTTP/1.1'
  const reply = await send(door.url, `${head(put, 'Host: nn', 'Content-Length: 2', 'Connection: close')}ab`)
  expect([reply.status, first.done.slice(1), second.received]).toEqual([502, ['ab'], []])
})

// Attack: requests that fail at one server, each of which is sent to the other as well, double the load of an outage.
test('without a budget nothing that was sent is sent once more', async () => {
  const { door, first, second } = await openPair({ highAvailability: { retryBudget: 0 } })
  expect((await send(door.url, list('/'))).status).toBe(200)
  first.role = 'lost'
  for (let round = 0; round < 5; round += 1) expect((await send(door.url, list('/'))).status).toBe(502)
  expect([first.done.length, second.received]).toEqual([6, []])
})
