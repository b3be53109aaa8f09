import { describe, expect, test } from 'vitest'
import type { TestDoor } from '../support/door.ts'
import { answerJson, type PairServer, STANDBY_BODY } from '../support/ha.ts'
import { openPair, promote } from '../support/pair.ts'
import { until } from '../support/until.ts'

const LIST = '/webhdfs/v1/f?op=LISTSTATUS&user.name=alice'
const MKDIRS = '/webhdfs/v1/f?op=MKDIRS&user.name=alice'
const CREATE = '/webhdfs/v1/f?op=CREATE&user.name=alice'

/** What the active one answered; or status and reason. */
async function ask(door: TestDoor, target = LIST, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(`${door.url}${target}`, { redirect: 'manual', ...init })
  const text = await answer.text()
  if (answer.ok) return (JSON.parse(text) as { server: string }).server
  return `${answer.status} ${answer.headers.get('x-keddah-reason')}`
}

describe('a pair of NameNodes', () => {
  test('is one server: only the active one is asked, whatever for', async () => {
    const { door, first, second } = await openPair()
    promote(second, first)
    for (const [target, method] of [
      [LIST, 'GET'],
      [MKDIRS, 'PUT'],
      [CREATE, 'PUT'],
    ] as const)
      expect(await ask(door, target, { method })).toBe('second')
    expect(first.received).toEqual([])
    expect(await door.metric(`keddah_upstream_active{service="nn",upstream="${second.url}"}`)).toBe(1)
    expect(await door.metric(`keddah_upstream_active{service="nn",upstream="${first.url}"}`)).toBe(0)
  })

  test('changes hands by the answer of the one that is not active any more', async () => {
    const { door, first, second } = await openPair()
    expect(await ask(door)).toBe('first')
    promote(second, first)
    expect(await ask(door, MKDIRS, { method: 'PUT', body: 'x'.repeat(1_000) })).toBe('second')
    expect(second.received.map(({ body }) => body.length)).toEqual([1_000])
    expect(await door.metric('keddah_failovers_total{service="nn",cause="standby"}')).toBe(1)
    expect(await door.metric('keddah_upstream_retries_total{service="nn",cause="standby"}')).toBe(1)
    const line = door.log.find((text) => text.includes('failed over'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      service: 'nn',
      from: first.url,
      to: second.url,
      cause: 'standby',
      time: expect.anything() as unknown,
    })
    promote(first, second)
    expect(await ask(door)).toBe('first')
  })

  test('changes hands by a probe, before a request finds out', async () => {
    const { door, first, second } = await openPair({ highAvailability: { probe: 20 } })
    expect(await ask(door)).toBe('first')
    promote(second, first)
    await until(() => door.log.some((line) => line.includes('failed over')))
    // A standby NameNode answers CREATE with a redirect of its own, so it must not be asked at all.
    expect(await ask(door, CREATE, { method: 'PUT' })).toBe('second')
    expect(first.received).toHaveLength(1)
  })

  test('changes hands when the active one dies', async () => {
    const { door, first, second } = await openPair()
    expect(await ask(door)).toBe('first')
    await first.kill()
    second.role = 'active'
    expect(await ask(door, MKDIRS, { method: 'PUT', body: 'x'.repeat(500_000) })).toBe('second')
    expect(second.received.map(({ body }) => body.length)).toEqual([500_000])
    expect(await door.metric('keddah_failovers_total{service="nn",cause="down"}')).toBe(1)
    expect(await door.metric('keddah_upstream_retries_total{service="nn",cause="refused"}')).toBe(1)
  })

  test('without an active one answers that there is none, asks nobody, and says so to operators', async () => {
    const { door, first } = await openPair()
    first.role = 'standby'
    for (const target of [LIST, CREATE]) {
      const method = target === LIST ? 'GET' : 'PUT'
      const answer = await fetch(`${door.url}${target}`, { method })
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
      expect(answer.headers.get('x-keddah-reason')).toBe('upstream_standby')
      expect(await answer.text()).toContain('"exception":"RetriableException"')
    }
    expect(first.received).toEqual([])
    expect(door.warnings()).toEqual(['service `nn`: no server is active'])
    first.role = 'active'
    expect(await ask(door)).toBe('first')
    expect(door.warnings()).toEqual([])
  })

  test('is waited for where the settings say so, and a client that hangs up meanwhile is not', async () => {
    const { door, first, second } = await openPair({ highAvailability: { failoverWait: 60_000 } })
    first.role = 'standby'
    const leaving = new AbortController()
    const left = ask(door, LIST, { signal: leaving.signal }).catch((error: Error) => error.name)
    const waiting = ask(door, MKDIRS, { method: 'PUT', body: 'x' })
    await until(() => second.probes.length > 2)
    leaving.abort()
    expect(await left).toBe('AbortError')
    second.role = 'active'
    expect(await waiting).toBe('second')
    expect(second.received.map(({ target }) => target)).toEqual([MKDIRS])
    expect(first.received).toEqual([])
  })

  // The attack: an outage for which hundreds wait, all of whom would come to the new active one in the same moment.
  test('that is promoted serves all that have waited, however few places it has, and in their order', async () => {
    const { door, first, second } = await openPair({
      maxInFlight: 2,
      limits: { queue: { length: 1, wait: 60_000 } },
      highAvailability: { failoverWait: 60_000 },
    })
    first.role = 'standby'
    const queued = (): Promise<number> => door.metric('keddah_queued_requests{service="nn"}')
    const waiting: Promise<string>[] = []
    for (let count = 0; count < 60; count += 1) {
      waiting.push(ask(door, `/webhdfs/v1/${count}?op=LISTSTATUS&user.name=alice`))
      await expect.poll(queued).toBe(count + 1)
    }
    second.role = 'active'
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => 'second'))
    const order = second.received.map(({ target }) => Number(/\d+(?=\?)/.exec(target)?.[0]))
    // Two are there at one time.
    for (const [index, count] of order.entries()) expect(Math.abs(index - count)).toBeLessThanOrEqual(1)
    expect([first.received, await queued()]).toEqual([[], 0])
  })

  test('is waited for by so many at most; one more hears at once that none is active', async () => {
    const { door, first, second } = await openPair({
      highAvailability: { failoverWait: 60_000, failoverQueue: 2 },
    })
    first.role = 'standby'
    const queued = (): Promise<number> => door.metric('keddah_queued_requests{service="nn"}')
    const leaving = new AbortController()
    const left = ask(door, LIST, { signal: leaving.signal }).catch((error: Error) => error.name)
    const waiting = [ask(door)]
    await expect.poll(queued).toBe(2)
    const answer = await fetch(`${door.url}${LIST}`)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(answer.headers.get('x-keddah-reason')).toBe('upstream_standby')
    // Who hangs up makes room.
    leaving.abort()
    expect(await left).toBe('AbortError')
    await expect.poll(queued).toBe(1)
    waiting.push(ask(door))
    await expect.poll(queued).toBe(2)
    second.role = 'active'
    expect([await Promise.all(waiting), await queued()]).toEqual([['second', 'second'], 0])
  })

  test('that steps down is not asked by those that still wait for a place there, and none of them fails', async () => {
    const { door, first, second } = await openPair({
      maxInFlight: 2,
      limits: { queue: { length: 20, wait: 60_000 } },
      highAvailability: { failoverWait: 60_000 },
    })
    const queued = (): Promise<number> => door.metric('keddah_queued_requests{service="nn"}')
    const answers: (() => void)[] = []
    first.standbyAnswer = (_, response) => answers.push(() => answerJson(response, 403, STANDBY_BODY))
    expect(await ask(door)).toBe('first')
    first.role = 'standby'
    const waiting = Array.from({ length: 22 }, () => ask(door))
    await until(() => answers.length === 2)
    await expect.poll(queued).toBe(20)
    for (const answer of answers) answer()
    await expect.poll(queued).toBe(22)
    second.role = 'active'
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => 'second'))
    expect([first.received.length, await queued()]).toEqual([3, 0])
  })

  test('is waited for across a refresh that comes meanwhile, and none fails', async () => {
    const { door, first, second } = await openPair({
      maxInFlight: 1,
      highAvailability: { failoverWait: 60_000 },
    })
    first.role = 'standby'
    const waiting = Array.from({ length: 10 }, () => ask(door))
    await expect.poll(() => door.metric('keddah_queued_requests{service="nn"}')).toBe(10)
    door.refresh({ 'security.client.protocol.acl': 'alice' })
    second.role = 'active'
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => 'second'))
    expect(await door.metric('keddah_queued_requests{service="nn"}')).toBe(0)
  })

  test('is not asked by a policy that was replaced while a request waited', async () => {
    const { door, first, second } = await openPair({ highAvailability: { failoverWait: 60_000 } })
    first.role = 'standby'
    const waiting = ask(door)
    await until(() => second.probes.length > 2)
    door.refresh({ 'security.client.protocol.acl': 'nobody-else' })
    second.role = 'active'
    expect(await waiting).toBe('403 acl')
    expect(second.received).toEqual([])
  })

  test('that flaps is followed, and no write is done twice', async () => {
    const { door, first, second } = await openPair({ maxInFlight: 500 })
    const servers = [first, second] as const
    let answered = 0
    for (let round = 0; round < 20; round += 1) {
      promote(servers[(round + 1) % 2] ?? second, servers[round % 2] ?? first)
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          ask(door, MKDIRS, { method: 'PUT', body: `${round}-${index}` }),
        ),
      )
      answered += results.filter((result) => result === 'first' || result === 'second').length
    }
    const done = [...first.done, ...second.done]
    expect([answered, done.length, new Set(done).size]).toEqual([160, 160, 160])
    expect(await door.metric('keddah_failovers_total{service="nn",cause="standby"}')).toBeGreaterThan(0)
  })
})

describe('what a server says', () => {
  test.each([
    ['pretty-printed', JSON.stringify(JSON.parse(STANDBY_BODY), null, 2)],
    [
      'in another order',
      '{"RemoteException":{"message":"m","exception":"StandbyException","javaClassName":"c"}}',
    ],
  ])('is understood %s', async (_what, body) => {
    const { door, first, second } = await openPair()
    expect(await ask(door)).toBe('first')
    first.standbyAnswer = (_, response) => answerJson(response, 403, body)
    promote(second, first)
    expect(await ask(door)).toBe('second')
  })

  // The attack (Knox, `AbstractHdfsHaDispatch`): a gateway that looks for the word `StandbyException` anywhere in a 403
  // is sent from one server to the other by whoever names a file so.
  test.each([
    '{"RemoteException":{"exception":"AccessControlException","javaClassName":"org.apache.hadoop.security.AccessControlException","message":"Permission denied: user=alice, access=READ, inode=\\"/StandbyException\\":root:supergroup:drwx------"}}',
    '{"RemoteException":{"exception":"FileNotFoundException","message":"File does not exist: /RetriableException"}}',
    '{"StandbyException":{"exception":"x"}}',
    'StandbyException: org.apache.hadoop.ipc.StandbyException',
  ])('changes nothing where the word is only mentioned: %s', async (body) => {
    const { door, first, second } = await openPair()
    expect(await ask(door)).toBe('first')
    const probes = first.probes.length
    first.activeAnswer = (_, response) => answerJson(response, 403, body)
    const answer = await fetch(`${door.url}${LIST}`)
    expect([answer.status, await answer.text()]).toEqual([403, body])
    expect([second.received, first.probes.length]).toEqual([[], probes])
    expect(await door.metric('keddah_failovers_total{service="nn",cause="standby"}')).toBe(0)
  })

  test('is passed on unread where it is longer than any of them', async () => {
    const { door, first, second } = await openPair()
    const body = STANDBY_BODY.replace('"message":"', `"message":"${'x'.repeat(70_000)}`)
    first.activeAnswer = (_, response) => answerJson(response, 403, body)
    const answer = await fetch(`${door.url}${LIST}`)
    expect([answer.status, await answer.text(), second.received]).toEqual([403, body, []])
  })

  test('counts as what it is: a status or type that Hadoop does not use for it is content', async () => {
    const { door, first, second } = await openPair()
    first.activeAnswer = (request, response) => {
      const isText = request.url?.includes('text') === true
      response.writeHead(isText ? 403 : 200, { 'Content-Type': isText ? 'text/plain' : 'application/json' })
      response.end(STANDBY_BODY)
    }
    for (const target of [LIST, '/webhdfs/v1/text?op=LISTSTATUS&user.name=alice'])
      expect(await (await fetch(`${door.url}${target}`)).text()).toBe(STANDBY_BODY)
    expect(second.received).toEqual([])
  })

  test('of the safe mode of the active one goes to the client', async () => {
    const { door, first, second } = await openPair()
    first.role = 'safemode'
    const answer = await fetch(`${door.url}${MKDIRS}`, { method: 'PUT' })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([403, null])
    expect(await answer.text()).toContain('"exception":"SafeModeException"')
    expect([first.received.length, second.received.length]).toEqual([1, 0])
  })

  test('of being asked again later goes to the other one only if that is active', async () => {
    const { door, first, second } = await openPair()
    first.role = 'retriable'
    const answer = await fetch(`${door.url}${MKDIRS}`, { method: 'PUT', body: 'x' })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    // The words are the server's own: clients of Hadoop act on the exception, and all others on the status.
    expect(await answer.json()).toMatchObject({
      RemoteException: { exception: 'RetriableException', message: 'first: not yet' },
    })
    expect([first.received.length, second.received.length]).toEqual([1, 0])
    second.role = 'active'
    first.probeAnswer = (_, response) => response.writeHead(500).end()
    expect(await ask(door, MKDIRS, { method: 'PUT', body: 'x' })).toBe('second')
  })

  test('without a body is asked again if another server is active, and is else what the client gets', async () => {
    const { door, first, second } = await openPair()
    first.activeAnswer = (_, response) => answerJson(response, 403, STANDBY_BODY)
    const head = (): Promise<number> =>
      fetch(`${door.url}${LIST}`, { method: 'HEAD' }).then(({ status }) => status)
    expect([await head(), first.received.length]).toEqual([403, 1])
    promote(second, first)
    expect([await head(), second.received.length]).toEqual([200, 1])
  })

  test('is not believed for ever: who says that another one is active, and is the active one, is asked no more than thrice', async () => {
    const { door, first, second } = await openPair()
    first.activeAnswer = (_, response) => answerJson(response, 403, STANDBY_BODY)
    expect(await ask(door)).toBe('503 upstream_standby')
    expect([first.received.length, second.received.length]).toEqual([3, 0])
  })
})

describe('a connection that is lost', () => {
  test.each([
    ['GET', LIST, 2],
    ['HEAD', LIST, 2],
    ['PUT', MKDIRS, 1],
    ['POST', '/webhdfs/v1/f?op=CONCAT&sources=/g&user.name=alice', 1],
    ['DELETE', '/webhdfs/v1/f?op=DELETE&user.name=alice', 1],
  ])('lets a %s be done again only if nothing changes by it', async (method, target, times) => {
    const { door, first } = await openPair()
    let count = 0
    first.activeAnswer = (request, response) => {
      count += 1
      if (count === 1) request.socket.destroy()
      else answerJson(response, 200, '{"server":"first"}')
    }
    const answer = await fetch(`${door.url}${target}`, { method })
    expect(answer.status).toBe(times === 2 ? 200 : 502)
    expect(first.received).toHaveLength(times)
  })

  test('after a part of the answer is a broken answer, not another one', async () => {
    const { door, first, second } = await openPair()
    first.activeAnswer = (request, response) => {
      response.writeHead(200, { 'Content-Length': 10 })
      response.write('half', () => request.socket.destroy())
      second.role = 'active'
    }
    const answer = await fetch(`${door.url}${LIST}`)
    await expect(answer.text()).rejects.toThrow('terminated')
    expect([first.received.length, second.received.length]).toEqual([1, 0])
  })
})

describe('the retry budget', () => {
  test('keeps an outage from being doubled in load', async () => {
    const { door, first } = await openPair({ maxInFlight: 10, highAvailability: { retryBudget: 0.2 } })
    first.role = 'lost'
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(`${door.url}${LIST}`)))
      expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(502))
    }
    // Ten for whatever was in flight, and a fifth of what came: not the two hundred more that could be tried.
    expect(first.received.length).toBeGreaterThan(100)
    expect(first.received.length).toBeLessThanOrEqual(130)
  })

  test('of 0 sends nothing once more but what could not be sent', async () => {
    const { door, first, second } = await openPair({ highAvailability: { retryBudget: 0 } })
    expect(await ask(door)).toBe('first')
    promote(second, first)
    expect(await ask(door)).toBe('503 upstream_standby')
    expect(await ask(door)).toBe('second')
    promote(first, second)
    await second.kill()
    expect(await ask(door)).toBe('first')
  })
})

describe('probes', () => {
  test('say nothing of anybody, and leave nothing behind', async () => {
    const { door, first, second } = await openPair({ highAvailability: { probe: 10 } })
    expect(await ask(door)).toBe('first')
    await until(() => second.probes.length > 5)
    for (const { target, headers } of [...first.probes, ...second.probes]) {
      expect(target).toBe('/isActive')
      expect(Object.keys(headers).toSorted()).toEqual(['connection', 'host', 'user-agent'])
    }
    await door.close({ graceMs: 0 })
    const before = second.probes.length
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(second.probes.length).toBeLessThanOrEqual(before + 1)
    expect(await door.metric(`keddah_upstream_active{service="nn",upstream="${first.url}"}`)).toBe(0)
  })

  test('find the active one before a filter that takes nobody without a name', async () => {
    const { door, first, second } = await openPair()
    for (const server of [first, second])
      server.probeAnswer = (request, response) => {
        if (request.url?.includes('user.name=') !== true) response.writeHead(401).end()
        else if (server === second) response.end('I am Active!\n')
        else response.writeHead(405).end()
      }
    promote(second, first)
    expect(await ask(door)).toBe('second')
  })

  test('find it by its state where it has no servlet for that', async () => {
    const { door, first, second } = await openPair()
    for (const server of [first, second])
      server.probeAnswer = (request, response) => {
        if (!request.url?.startsWith('/jmx?')) response.writeHead(404).end()
        else answerJson(response, 200, `{"beans":[{"State":"${server.role}"}]}`)
      }
    promote(second, first)
    expect(await ask(door)).toBe('second')
  })

  test('may all be turned away: then the answers themselves tell', async () => {
    const { door, first, second } = await openPair()
    for (const server of [first, second]) server.probeAnswer = (_, response) => response.writeHead(401).end()
    expect(await ask(door)).toBe('first')
    promote(second, first)
    expect(await ask(door)).toBe('second')
    expect(await ask(door)).toBe('second')
    expect(first.received).toHaveLength(2)
  })

  test('end with the settings that asked for them', async () => {
    const { door, first, second } = await openPair({ highAvailability: { probe: 10 } })
    expect(await ask(door)).toBe('first')
    door.update({ ...door.service, upstreams: [second.url] })
    expect(await ask(door)).toBe('403 null')
    const before = first.probes.length
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(first.probes.length).toBeLessThanOrEqual(before + 1)
  })
})

test('whatever servers do, no write is done twice', async () => {
  const { door, first, second } = await openPair({
    maxInFlight: 500,
    highAvailability: { retryBudget: 1, probe: 50 },
  })
  const roles = ['active', 'standby', 'lost', 'retriable', 'safemode'] as const
  // The same order of roles in each run; what meets which request is up to the machine.
  let seed = 1
  const next = (count: number): number => (seed = (seed * 48_271) % 2_147_483_647) % count
  const over = new AbortController()
  const workers = Array.from({ length: 16 }, async (_, worker) => {
    for (let count = 0; !over.signal.aborted; count += 1)
      await ask(door, MKDIRS, { method: 'PUT', body: `${worker}-${count}` })
  })
  for (let round = 0; round < 100; round += 1) {
    first.role = roles[next(roles.length)] ?? 'active'
    second.role = roles[next(roles.length)] ?? 'active'
    const victim = next(2) === 0 ? first : second
    if (next(4) === 0) await victim.kill().then(victim.start)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  over.abort()
  await Promise.all(workers)
  const done = [...first.done, ...second.done]
  expect(done.length).toBeGreaterThan(100)
  expect(new Set(done).size).toBe(done.length)
})

test('from the promotion of the other one on no request fails', async () => {
  const { door, first, second } = await openPair({ maxInFlight: 200, highAvailability: { probe: 100 } })
  const CONNECTIONS = 64
  const slowly = (name: string) => (_: unknown, response: Parameters<PairServer['activeAnswer']>[1]) =>
    void setTimeout(() => answerJson(response, 200, `{"server":"${name}"}`), 2)
  first.activeAnswer = slowly('first')
  second.activeAnswer = slowly('second')
  const over = new AbortController()
  let promotedAt = Infinity
  const seen = { before: 0, during: new Map<number, number>(), after: 0 }
  const late: string[] = []
  const failures: string[] = []
  const workers = Array.from({ length: CONNECTIONS }, async (_, worker) => {
    for (let count = 0; !over.signal.aborted; count += 1) {
      const isWrite = count % 2 === 1
      const startedAt = performance.now()
      const answer = isWrite
        ? await fetch(`${door.url}${MKDIRS}`, { method: 'PUT', body: `${worker}-${count}` })
        : await fetch(`${door.url}${LIST}`)
      const text = await answer.text()
      const wasPromoted = startedAt >= promotedAt
      if (answer.status === 200) {
        if (wasPromoted) seen.after += 1
        else seen.before += 1
        if (wasPromoted && !text.includes('second')) late.push(text)
      } else if (wasPromoted) failures.push(`${answer.status} ${text}`)
      else seen.during.set(answer.status, (seen.during.get(answer.status) ?? 0) + 1)
    }
  })
  await until(() => seen.before > 500)
  await first.kill()
  // A span of time says nothing: a busy machine may answer nobody in it.
  await until(() => (seen.during.get(503) ?? 0) > CONNECTIONS)
  second.role = 'active'
  promotedAt = performance.now()
  await until(() => seen.after > 2_000, 40_000)
  over.abort()
  await Promise.all(workers)
  expect(failures).toEqual([])
  expect(late).toEqual([])
  // Those that were on the way to it, and those that came while nobody was active.
  expect([...seen.during.keys()].filter((status) => status !== 502 && status !== 503)).toEqual([])
  // Every write reached one server, once.
  const bodies = [...first.received, ...second.received].flatMap(({ body }) => (body === '' ? [] : [body]))
  expect(new Set(bodies).size).toBe(bodies.length)
  expect(await door.metric('keddah_failovers_total{service="nn",cause="down"}')).toBe(1)
  expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
})
