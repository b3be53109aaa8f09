import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onTestFinished, beforeAll, describe, expect, test } from 'vitest'
import { type KeepAliveClient, openKeepAlive } from '../support/keep-alive-client.ts'
import { hadoopXml, type KeddahFiles, type KeddahProcess, runKeddah } from '../support/keddah.ts'
import { startKeddah, waitFor, writeKeddahFiles } from '../support/keddah.ts'
import type { Ill } from '../support/worker-ills.ts'

const CLIENT = 'security.client.protocol.acl'
const ILLS = pathToFileURL(resolve(import.meta.dirname, '../support/worker-ills.ts')).href
const CONNECTIONS = 32

let upstream = ''
beforeAll(async () => {
  const server = createHttpServer((request, response) => {
    if (request.url?.includes('hang') !== true) response.end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  server.unref()
  upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

const namenode = (): object => ({
  name: 'namenode',
  kind: 'namenode',
  listen: '127.0.0.1:0',
  upstreams: [upstream],
})

const files = (settings: object = {}): KeddahFiles => ({
  policy: { [CLIENT]: 'alice' },
  settings: { workers: 3, watch: { enabled: false }, services: [namenode()], ...settings },
})

async function start(settings: object = {}, nodeArgs: readonly string[] = []): Promise<KeddahProcess> {
  const keddah = await startKeddah(files(settings), { nodeArgs: ['--import', ILLS, ...nodeArgs] })
  onTestFinished(async () => void (await keddah.stop()))
  return keddah
}

const fall = (keddah: KeddahProcess, ill: Ill): void => keddah.tell(ill)

const ask = (user: string, path = ''): string =>
  `GET /webhdfs/v1/${path}?op=LISTSTATUS&user.name=${user} HTTP/1.1\r\nHost: nn\r\n\r\n`

const urlOf = (keddah: KeddahProcess, service = 'namenode'): string => keddah.urls.get(service) ?? ''

/** So many that each worker has some: the kernel spreads them by their ports. */
const openMany = (keddah: KeddahProcess): Promise<KeepAliveClient[]> =>
  Promise.all(Array.from({ length: CONNECTIONS }, () => openKeepAlive(urlOf(keddah))))

const askAll = (clients: readonly KeepAliveClient[], user: string): Promise<number[]> =>
  Promise.all(clients.map((client) => client.ask(ask(user))))

async function admin(
  keddah: KeddahProcess,
  method: 'GET' | 'POST',
  path: string,
): Promise<[number, unknown]> {
  const headers = { Authorization: `Bearer ${keddah.token()}` }
  const answer = await fetch(`${keddah.admin}${path}`, { method, headers })
  return [answer.status, await answer.json()]
}

async function workersOf(keddah: KeddahProcess): Promise<{ id: number; revision: string }[]> {
  const [, body] = await admin(keddah, 'GET', '/admin/v1/policy')
  return (body as { workers: { id: number; revision: string }[] }).workers
}

async function metric(keddah: KeddahProcess, series: string): Promise<number> {
  const text = await (await fetch(`${keddah.admin}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? Number.NaN)
}

const inFlight = (keddah: KeddahProcess): Promise<number> =>
  metric(keddah, 'keddah_in_flight_requests{service="namenode"}')

const ALLOWED = 'keddah_decisions_total{service="namenode",effect="allow",reason="allowed"}'

const refresh = (keddah: KeddahProcess): Promise<[number, unknown]> =>
  admin(keddah, 'POST', '/admin/v1/refresh/service-acl')

const REFRESHER = { 'security.refresh.policy.protocol.acl': '*' }

describe('several workers', () => {
  test('decide alike, are counted together, and each is named with its revision', async () => {
    const keddah = await start()
    const clients = await openMany(keddah)
    expect(new Set(await askAll(clients, 'alice'))).toEqual(new Set([200]))
    expect(new Set(await askAll(clients, 'mallory'))).toEqual(new Set([403]))
    expect(await metric(keddah, ALLOWED)).toBe(CONNECTIONS)
    expect(await metric(keddah, 'keddah_request_seconds_count{service="namenode"}')).toBe(2 * CONNECTIONS)
    expect(await metric(keddah, 'keddah_connections{service="namenode"}')).toBe(CONNECTIONS)
    expect(await metric(keddah, 'keddah_workers')).toBe(3)
    const workers = await workersOf(keddah)
    expect(workers.map(({ id }) => id)).toEqual([1, 2, 3])
    expect(new Set(workers.map(({ revision }) => revision)).size).toBe(1)
    const log = keddah.log().filter(({ msg, worker }) => msg === 'listening' && worker !== undefined)
    expect(new Set(log.map(({ worker }) => worker))).toEqual(new Set([1, 2, 3]))
  })

  test.each(['outOfMemory', 'exit'] as const)(
    'one that ends (%s) is replaced, and what others carry and all have counted is untouched',
    async (kind) => {
      const keddah = await start({}, ['--max-old-space-size=96'])
      const clients = await openMany(keddah)
      await askAll(clients, 'alice')
      expect(await metric(keddah, ALLOWED)).toBe(CONNECTIONS)
      fall(keddah, { worker: 2, kind })
      await waitFor(async () => (await metric(keddah, 'keddah_worker_restarts_total')) === 1)
      const statuses = await askAll(clients, 'alice')
      const kept = statuses.filter((status) => status === 200).length
      expect(statuses.filter((status) => status === 0).length).toBe(CONNECTIONS - kept)
      expect(kept).toBeGreaterThan(0)
      expect(kept).toBeLessThan(CONNECTIONS)
      await waitFor(async () => (await workersOf(keddah)).length === 3)
      expect(await metric(keddah, ALLOWED)).toBe(CONNECTIONS + kept)
      const again = await openMany(keddah)
      expect(new Set(await askAll(again, 'alice'))).toEqual(new Set([200]))
      const ended = keddah.log().find(({ msg }) => msg === 'a worker has ended and is replaced')
      expect(ended).toMatchObject({ level: 'error', worker: 2, err: { message: expect.any(String) } })
    },
  )

  test('a defect that nobody caught is logged with its worker and counted, and it goes on', async () => {
    const keddah = await start()
    fall(keddah, { worker: 3, kind: 'throw' })
    await waitFor(async () => (await metric(keddah, 'keddah_defects_total')) === 1)
    expect(keddah.log().find(({ err }) => err !== undefined)).toMatchObject({
      worker: 3,
      err: { message: 'thrown by nobody' },
    })
    expect(await metric(keddah, 'keddah_worker_restarts_total')).toBe(0)
  })

  test('an own end in the middle of a request breaks that answer and no other', async () => {
    const keddah = await start()
    const clients = await openMany(keddah)
    let cut = 0
    for (const client of clients) void client.ask(ask('alice', 'hang')).then(() => (cut += 1))
    await waitFor(async () => (await inFlight(keddah)) === CONNECTIONS)
    fall(keddah, { worker: 1, kind: 'exit' })
    await waitFor(async () => (await metric(keddah, 'keddah_worker_restarts_total')) === 1)
    const left = await inFlight(keddah)
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(CONNECTIONS)
    // What it had in flight is gone with it; what the others have in flight still waits.
    await waitFor(() => cut === CONNECTIONS - left)
    expect(await inFlight(keddah)).toBe(left)
    for (const client of clients) client.hangUp()
  })
})

describe('a refresh', () => {
  const policy = { ...REFRESHER, [CLIENT]: 'alice' }
  const startRefreshable = async (settings: object = {}): Promise<KeddahProcess> => {
    const keddah = await startKeddah({ ...files(settings), policy }, { nodeArgs: ['--import', ILLS] })
    onTestFinished(async () => void (await keddah.stop()))
    return keddah
  }
  const change = (keddah: KeddahProcess, acl: string): void => {
    writeFileSync(`${keddah.policyFile}.new`, hadoopXml({ ...policy, [CLIENT]: acl }))
    renameSync(`${keddah.policyFile}.new`, keddah.policyFile)
  }

  test('that is acknowledged holds in every worker, also where one stands still and where one is on its way', async () => {
    const keddah = await startRefreshable()
    const clients = await openMany(keddah)
    expect(new Set(await askAll(clients, 'alice'))).toEqual(new Set([200]))
    // One will not answer any more, one is just gone.
    fall(keddah, { worker: 1, kind: 'standStill' })
    fall(keddah, { worker: 2, kind: 'exit' })
    change(keddah, 'bob')
    const [status, body] = await refresh(keddah)
    expect([status, body]).toMatchObject([200, { changed: true }])
    const { revision } = body as { revision: string }
    for (const worker of await workersOf(keddah)) expect(worker.revision).toBe(revision)
    const statuses = new Set(await askAll(clients, 'alice'))
    expect(statuses).toEqual(new Set([0, 403]))
    await waitFor(async () => (await workersOf(keddah)).length === 3)
    const again = await openMany(keddah)
    expect(new Set(await askAll(again, 'alice'))).toEqual(new Set([403]))
    expect(new Set(await askAll(again, 'bob'))).toEqual(new Set([200]))
    for (const worker of await workersOf(keddah)) expect(worker.revision).toBe(revision)
    expect(await metric(keddah, 'keddah_worker_restarts_total')).toBe(2)
  })

  test('while workers end one after the other is never acknowledged with one on the old policy', async () => {
    const keddah = await startRefreshable()
    let round = 0
    const flip = async (): Promise<void> => {
      round += 1
      const [right, wrong] = round % 2 === 0 ? ['alice', 'bob'] : ['bob', 'alice']
      change(keddah, right)
      const [status, body] = await refresh(keddah)
      expect([status, body]).toMatchObject([200, { changed: true }])
      for (const worker of await workersOf(keddah))
        expect(worker.revision).toBe((body as { revision: string }).revision)
      const clients = await Promise.all(Array.from({ length: 8 }, () => openKeepAlive(urlOf(keddah))))
      expect(new Set(await askAll(clients, wrong)).has(200)).toBe(false)
      for (const client of clients) client.hangUp()
    }
    // One refresh follows the other, so that each worker that comes meets one.
    for (const [ends, worker] of [1, 2, 3, 1, 2].entries()) {
      fall(keddah, { worker, kind: 'exit' })
      const isReplaced = async (): Promise<boolean> =>
        (await metric(keddah, 'keddah_worker_restarts_total')) === ends + 1 &&
        (await workersOf(keddah)).length === 3
      do await flip()
      while (!(await isReplaced()))
    }
  })

  test('is vetoed by what cannot be listened for, with file and line, and holds nowhere', async () => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as AddressInfo
    const keddah = await startRefreshable()
    const clients = await openMany(keddah)
    const written: Record<string, unknown> = JSON.parse(readFileSync(keddah.configFile, 'utf8'))
    const other = { ...namenode(), name: 'other', listen: `127.0.0.1:${port}` }
    writeFileSync(keddah.configFile, JSON.stringify({ ...written, services: [namenode(), other] }, null, 2))
    change(keddah, 'bob')
    keddah.signal('SIGHUP')
    await waitFor(() => keddah.log().some(({ code }) => code === 'ERR_CONFIG_LISTEN'))
    const failure = keddah.log().find(({ code }) => code === 'ERR_CONFIG_LISTEN')
    expect(failure).toMatchObject({
      problems: [{ file: keddah.configFile, line: expect.any(Number), key: 'services[1].listen' }],
    })
    expect(new Set(await askAll(clients, 'alice'))).toEqual(new Set([200]))
    expect(new Set(await askAll(clients, 'bob'))).toEqual(new Set([403]))
  })

  test('is vetoed by a worker, and dropped in all of them', async () => {
    const keddah = await startRefreshable()
    const clients = await openMany(keddah)
    const { port } = new URL(urlOf(keddah))
    // The port is ours already, so nobody proves that it is free; on another address somebody else has it.
    const foreign = createServer()
    await new Promise<void>((done) => foreign.listen(Number(port), '127.0.0.2', done))
    onTestFinished(() => void foreign.close())
    const written: Record<string, unknown> = JSON.parse(readFileSync(keddah.configFile, 'utf8'))
    const settings = { ...written, services: [{ ...namenode(), listen: `0.0.0.0:${port}` }] }
    writeFileSync(keddah.configFile, JSON.stringify(settings, null, 2))
    change(keddah, 'bob')
    keddah.signal('SIGHUP')
    await waitFor(() => keddah.log().some(({ code }) => code === 'ERR_CONFIG_LISTEN'))
    expect(keddah.log().find(({ code }) => code === 'ERR_CONFIG_LISTEN')).toMatchObject({
      problems: [{ file: keddah.configFile, line: expect.any(Number), key: 'services[0].listen' }],
    })
    expect(new Set(await askAll(clients, 'alice'))).toEqual(new Set([200]))
    await new Promise((done) => foreign.close(done))
    keddah.signal('SIGHUP')
    await waitFor(() => keddah.log().some(({ msg }) => msg === 'refreshed'))
    const again = await openMany(keddah)
    expect(new Set(await askAll(again, 'bob'))).toEqual(new Set([200]))
    expect(await metric(keddah, 'keddah_worker_restarts_total')).toBe(0)
  })

  test('that no worker lives to take up is refused, and those that come go on as before', async () => {
    const keddah = await startRefreshable({ workers: 2 })
    const [before] = await workersOf(keddah)
    for (const worker of [1, 2]) fall(keddah, { worker, kind: 'standStill' })
    change(keddah, 'bob')
    expect(await refresh(keddah)).toMatchObject([422, { error: { code: 'ERR_CONFIG_WORKERS' } }])
    await waitFor(async () => (await workersOf(keddah)).length === 2)
    for (const worker of await workersOf(keddah)) expect(worker.revision).toBe(before?.revision)
    const clients = await openMany(keddah)
    expect(new Set(await askAll(clients, 'alice'))).toEqual(new Set([200]))
    expect(await refresh(keddah)).toMatchObject([200, { changed: true }])
    expect(new Set(await askAll(clients, 'alice'))).toEqual(new Set([403]))
  })

  test('lets two services exchange their ports', async () => {
    const keddah = await startRefreshable({ services: [namenode(), { ...namenode(), name: 'other' }] })
    const written: Record<string, unknown> = JSON.parse(readFileSync(keddah.configFile, 'utf8'))
    const hostOf = (service: string): string => new URL(urlOf(keddah, service)).host
    const [first, second] = [hostOf('namenode'), hostOf('other')]
    const services = [
      { ...namenode(), listen: second },
      { ...namenode(), name: 'other', listen: first },
    ]
    writeFileSync(keddah.configFile, JSON.stringify({ ...written, services }))
    keddah.signal('SIGHUP')
    await waitFor(() => keddah.log().some(({ msg }) => msg === 'refreshed'))
    const one = await openKeepAlive(`http://${first}`)
    const before = await metric(
      keddah,
      'keddah_decisions_total{service="other",effect="allow",reason="allowed"}',
    )
    expect(before).toBeNaN()
    expect(await one.ask(ask('alice'))).toBe(200)
    expect(
      await metric(keddah, 'keddah_decisions_total{service="other",effect="allow",reason="allowed"}'),
    ).toBe(1)
    one.hangUp()
  })
})

describe('a port that somebody else has', () => {
  test.each([
    ['alone', false],
    // The attack: the kernel would let any process of this user share it, and give it a part of our clients.
    ['and is ready to share', true],
  ])('%s is no port for workers: the start ends with 78', async (_, reusePort) => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen({ port: 0, host: '127.0.0.1', reusePort }, done))
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as AddressInfo
    const folder = writeKeddahFiles(files({ services: [{ ...namenode(), listen: `127.0.0.1:${port}` }] }))
    onTestFinished(() => folder.remove())
    const ended = await runKeddah(['serve', '--config', folder.configFile])
    expect(ended.code).toBe(78)
    expect(ended.stderr).toMatch(
      /keddah\.yaml:\d+:\d+: error: `services\[0\]\.listen`: .*cannot listen on .*EADDRINUSE/,
    )
  })
})

describe('the record', () => {
  test('is whole lines and all of them, whichever worker decided, over a rotation', async () => {
    const keddah = await start()
    const clients = await openMany(keddah)
    const ROUNDS = 60
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round === 20) renameSync(keddah.auditFile, `${keddah.auditFile}.1`)
      if (round === 20) keddah.signal('SIGHUP')
      await askAll(clients, round % 2 === 0 ? 'alice' : 'mallory')
    }
    const read = (file: string): Record<string, unknown>[] =>
      readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line): Record<string, unknown> => JSON.parse(line))
    const all = (): Record<string, unknown>[] => [...read(`${keddah.auditFile}.1`), ...read(keddah.auditFile)]
    await waitFor(() => all().length >= ROUNDS * CONNECTIONS)
    expect(all()).toHaveLength(ROUNDS * CONNECTIONS)
    expect(new Set(all().map(({ requestId }) => requestId)).size).toBe(ROUNDS * CONNECTIONS)
    expect(await metric(keddah, 'keddah_audit_dropped_total{effect="deny"}')).toBe(0)
  })
})

describe('the end', () => {
  test('lets requests in every worker finish, and loses no line', async () => {
    const keddah = await startKeddah(files())
    const clients = await openMany(keddah)
    await askAll(clients, 'alice')
    const audit = keddah.auditFile
    let lines = 0
    const ended = keddah.ended.then((code) => {
      lines = readFileSync(audit, 'utf8').split('\n').length - 1
      return code
    })
    keddah.signal('SIGTERM')
    expect(await ended).toBe(0)
    expect(lines).toBe(CONNECTIONS)
    await keddah.stop()
  })

  test('is at once at the second SIGTERM, whatever is in flight', async () => {
    const keddah = await startKeddah(files())
    const clients = await openMany(keddah)
    const cut = Promise.all(clients.map((client) => client.ask(ask('alice', 'hang'))))
    await waitFor(async () => (await inFlight(keddah)) === CONNECTIONS)
    keddah.signal('SIGTERM')
    await waitFor(() => keddah.log().some(({ msg }) => String(msg).startsWith('stopping')))
    keddah.signal('SIGTERM')
    expect(await keddah.ended).toBe(0)
    expect(new Set(await cut)).toEqual(new Set([0]))
    await keddah.stop()
  })
})

test('one worker is the main thread, and no other thread is started', async () => {
  const keddah = await start({ workers: 1 })
  expect(await workersOf(keddah)).toEqual([])
  expect(await metric(keddah, 'keddah_workers')).toBe(0)
  const client = await openKeepAlive(urlOf(keddah))
  expect(await client.ask(ask('alice'))).toBe(200)
  client.hangUp()
  expect(keddah.log().some(({ worker }) => worker !== undefined)).toBe(false)
})
