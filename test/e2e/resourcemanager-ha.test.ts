import { describe, expect, test } from 'vitest'
import type { DoorOptions, TestDoor } from '../support/door.ts'
import { answerJson, sendTo } from '../support/ha.ts'
import { openPair, type Pair, promote } from '../support/pair.ts'

const APPS = '/ws/v1/cluster/apps?state=RUNNING&user.name=alice'
const KILL = '/ws/v1/cluster/apps/application_1_0001/state?user.name=alice'

/** Two ResourceManagers: the standby sends its callers to the other one. */
async function openManagers(options: Partial<DoorOptions> = {}): Promise<Pair> {
  const pair = await openPair({ kind: 'resourcemanager', ...options })
  const { first, second } = pair
  for (const [server, other] of [
    [first, second],
    [second, first],
  ] as const)
    server.standbyAnswer = (request, response) => sendTo(other.url)(request, response)
  return pair
}

const ask = async (door: TestDoor, target = APPS, init: RequestInit = {}): Promise<[number, string]> => {
  const answer = await fetch(`${door.url}${target}`, { redirect: 'manual', ...init })
  return [answer.status, await answer.text()]
}

const SECOND = [200, '{"server":"second"}']

describe('a pair of ResourceManagers', () => {
  test.each([
    ['GET', APPS, ''],
    ['PUT', KILL, '{"state":"KILLED"}'],
    ['HEAD', APPS, ''],
  ])('is one server: what the standby redirects is followed inside, %s', async (method, target, body) => {
    const { door, first, second } = await openManagers()
    expect((await ask(door))[0]).toBe(200)
    promote(second, first)
    const init = { method, ...(body === '' ? {} : { body, headers: { 'Content-Type': 'application/json' } }) }
    expect((await ask(door, target, init))[0]).toBe(200)
    expect(second.received).toEqual([{ method, target, body }])
    expect(await door.metric('keddah_failovers_total{service="nn",cause="standby"}')).toBe(1)
  })

  test('asks only the active one for what a standby does not redirect', async () => {
    const { door, first, second } = await openManagers()
    promote(second, first)
    for (const target of ['/cluster/cluster', '/cluster'])
      expect((await ask(door, `${target}?user.name=alice`)).at(-1)).toBe(SECOND[1])
    expect(first.received).toEqual([])
  })

  // The attack: path and query come back in the `Location` unchecked, so `//evil.example` is a host of the caller's
  // choice for whoever follows or hands out the redirect; and a standby whose own settings are wrong names any host.
  test.each([
    ['another host', 'http://evil.example:8088/ws/v1/cluster/apps?user.name=alice&state=RUNNING'],
    ['the host of a path', 'http://127.0.0.1:1//evil.example/x'],
    ['no address at all', 'nonsense'],
    ['another scheme', 'file:///etc/passwd'],
  ])('never follows or hands out a redirect to %s', async (_what, location) => {
    const { door, first, second } = await openManagers()
    expect((await ask(door))[0]).toBe(200)
    first.standbyAnswer = (_, response) =>
      response.writeHead(307, { Location: location }).end('This is standby RM. The redirect url is: /x\n')
    promote(second, first)
    expect(await ask(door)).toEqual(SECOND)
    second.standbyAnswer = first.standbyAnswer
    second.role = 'standby'
    const answer = await fetch(`${door.url}${APPS}`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location'), answer.headers.get('retry-after')]).toEqual([
      503,
      null,
      '1',
    ])
  })

  test('has no active one where a redirect has no place to go', async () => {
    const { door, first, second } = await openManagers()
    expect((await ask(door))[0]).toBe(200)
    for (const server of [first, second]) server.standbyAnswer = sendTo(null)
    first.role = 'standby'
    const answer = await fetch(`${door.url}${APPS}`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('refresh'), answer.headers.get('retry-after')]).toEqual([
      503,
      null,
      '1',
    ])
    second.role = 'active'
    expect(await ask(door)).toEqual(SECOND)
  })

  test('has no active one where a standby has given up looking for it, and says so with 200', async () => {
    const { door, first, second } = await openManagers()
    expect((await ask(door))[0]).toBe(200)
    first.standbyAnswer = (_, response) => {
      const text = 'There is no active RM right now.\n'
      response.writeHead(200, { 'Content-Type': 'text/plain;charset=utf-8', 'Content-Length': text.length })
      response.end(text)
    }
    promote(second, first)
    expect(await ask(door)).toEqual(SECOND)
  })

  test('is found by its state where it has no servlet for that', async () => {
    const { door, first, second } = await openManagers()
    for (const server of [first, second])
      server.probeAnswer = (request, response) => {
        if (request.url?.startsWith('/ws/v1/cluster/info') !== true) sendTo(first.url)(request, response)
        else answerJson(response, 200, `{"clusterInfo":{"haState":"${server.role.toUpperCase()}"}}`)
      }
    promote(second, first)
    expect(await ask(door)).toEqual(SECOND)
  })

  // The attack: whoever runs an application answers under /proxy, and could send all traffic from one server to the
  // other by playing a standby there.
  test('does not take an application for a standby', async () => {
    const { door, first, second } = await openManagers({
      policy: { 'security.client.protocol.acl': 'alice', 'security.applicationclient.protocol.acl': 'alice' },
    })
    expect((await ask(door))[0]).toBe(200)
    const probes = first.probes.length
    first.activeAnswer = (request, response) => {
      response.writeHead(307, { Location: `http://evil.example${request.url}` })
      response.end('This is standby RM. The redirect url is: /x\n')
    }
    await ask(door, '/proxy/application_1_0001/x?user.name=alice')
    expect(first.received.at(-1)?.target).toContain('/proxy/application_1_0001/x')
    expect([first.probes.length, second.received]).toEqual([probes, []])
  })
})
