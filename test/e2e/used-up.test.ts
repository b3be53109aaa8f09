import { connect, type Socket } from 'node:net'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { type KeddahProcess, startKeddah, waitFor } from '../support/keddah.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

/** What a process runs out of: file descriptors and the room on its disk. It goes on, and says so. */

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

async function start(
  settings: Record<string, unknown>,
  openFiles?: number,
): Promise<{ keddah: KeddahProcess; upstream: Upstream }> {
  const upstream = await startUpstream()
  const service = { name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [upstream.url] }
  const files = { policy: { 'security.client.protocol.acl': 'alice' } }
  const keddah = await startKeddah(
    { ...files, settings: { services: [service], ...settings } },
    { openFiles },
  )
  onTestFinished(async () => {
    await keddah.stop()
    await upstream.close()
  })
  return { keddah, upstream }
}

/** The status that a user gets; 0 where there is no answer. */
const ask = (keddah: KeddahProcess, user = 'alice'): Promise<number> =>
  fetch(`${keddah.urls.get('nn')}/webhdfs/v1/?op=LISTSTATUS&user.name=${user}`, {
    headers: { Connection: 'close' },
  }).then(
    ({ status }) => status,
    () => 0,
  )

const metrics = async (keddah: KeddahProcess): Promise<string> =>
  (await fetch(`${keddah.admin}/metrics`)).text()

/** Opens so many connections, each of which wants to hear of the daemon; all are ended later. */
function flood(url: string, count: number): void {
  const { hostname, port } = new URL(url)
  for (let at = 0; at < count; at += 1) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write('GET /webhdfs/v1/slow?op=LISTSTATUS&user.name=alice HTTP/1.1\r\nHost: nn\r\n\r\n')
    sockets.push(socket)
  }
}

// Attack: as many connections as there are file descriptors, so that nothing can be opened any more.
test('without file descriptors it refuses, and answers again as soon as there are some', async () => {
  const { keddah } = await start({}, 64)
  expect(await ask(keddah)).toBe(200)
  for (const round of [1, 2]) {
    flood(keddah.urls.get('nn') ?? '', 200 * round)
    await waitFor(async () => (await ask(keddah)) !== 200)
    for (const socket of sockets.splice(0)) socket.destroy()
    await waitFor(async () => (await ask(keddah)) === 200)
  }
  const text = await metrics(keddah)
  expect(text).toMatch(/keddah_upstream_errors_total\{service="nn",kind="exhausted"\} [1-9]/)
  expect(text).toContain('keddah_defects_total 0')
  // At most once a second, however many there were.
  const told = keddah.log().filter(({ reason }) => reason === 'upstream_exhausted')
  expect(told.length).toBeGreaterThan(0)
  const times = told.map(({ time }) => Date.parse(String(time)))
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0))
  expect(gaps.filter((gap) => gap < 900)).toEqual([])
})

// Attack: a full disk under the audit, so that traffic stops, or goes on and nobody learns that there is no record.
test('with a full disk under the audit it answers all the same, and says what is missing', async () => {
  const { keddah } = await start({ audit: { file: '/dev/full', bufferLines: 5 } })
  for (let count = 0; count < 20; count += 1) {
    expect(await ask(keddah)).toBe(200)
    expect(await ask(keddah, 'mallory')).toBe(403)
  }
  await waitFor(async () => /keddah_audit_errors_total [1-9]/.test(await metrics(keddah)))
  expect(await ask(keddah)).toBe(200)
  await waitFor(async () => /keddah_audit_dropped_total\{effect="allow"\} [1-9]/.test(await metrics(keddah)))
  const ready = await fetch(`${keddah.admin}/readyz`)
  const { warnings } = (await ready.json()) as { warnings: string[] }
  expect([ready.status, warnings.join('\n')]).toEqual([200, expect.stringMatching(/audit/)])
})
