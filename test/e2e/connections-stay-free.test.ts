import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openBeforeRaw } from '../support/opened.ts'

const GET = '/webhdfs/v1/f?op=LISTSTATUS&user.name=alice'
const PUT = '/webhdfs/v1/f?op=MKDIRS&user.name=alice'
const MAX_IN_FLIGHT = 8

/** The same numbers in every run: a quarrel that was found can be had again. */
function* numbers(): Generator<number, never> {
  for (let state = 20_261_125; ;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    yield state / 0x7fffffff
  }
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const ANSWERS = [
  OK,
  OK,
  OK,
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  `HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`,
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n',
  `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf`,
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok',
  'nonsense\r\n\r\n',
  `${OK}${OK}`,
  '',
]

test('whatever clients and upstreams do to each other, every connection comes free again', async () => {
  const random = numbers()
  const pick = (below: number): number => Math.floor(random.next().value * below)
  const { door } = await openBeforeRaw(
    ({ socket }) => {
      socket.on('data', () => {
        const answer = ANSWERS[pick(ANSWERS.length)] ?? ''
        setTimeout(() => {
          if (socket.destroyed) return
          socket.write(answer, 'latin1')
          if (pick(5) === 0 || answer === '') socket.destroy()
        }, pick(6))
      })
    },
    { maxInFlight: MAX_IN_FLIGHT, timeouts: { body: 1_000, upstreamHeaders: 1_000 } },
  )
  const { port, hostname } = new URL(door.url)
  const visit = async (): Promise<void> => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    if (pick(3) > 0) socket.resume()
    const size = [0, 10, 5_000, 200_000][pick(4)] ?? 0
    if (size === 0) socket.write(`GET ${GET} HTTP/1.1\r\nHost: nn\r\n\r\n`.repeat(1 + pick(3)))
    else
      socket.write(
        `PUT ${PUT} HTTP/1.1\r\nHost: nn\r\nContent-Length: ${size}\r\n\r\n${'b'.repeat(pick(size + 1))}`,
      )
    await sleep(pick(25))
    if (pick(2) === 0) socket.resetAndDestroy()
    else socket.destroy()
  }
  const visitors = Array.from({ length: 24 }, async () => {
    for (let count = 0; count < 40; count += 1) await visit()
  })
  await Promise.all(visitors)
  const inFlight = async (): Promise<number> => door.metric('keddah_in_flight_requests{service="nn"}')
  await expect.poll(inFlight, { timeout: 20_000 }).toBe(0)
  // All of them at once, and none is told that the others are busy: nothing was lost.
  let statuses: number[] = []
  for (let tries = 0; tries < 20; tries += 1) {
    const asked = Array.from({ length: MAX_IN_FLIGHT }, () =>
      fetch(`${door.url}${GET}`).then(
        async (answer) =>
          answer.status +
          (await answer.text().then(
            () => 0,
            () => 0,
          )),
        () => 0,
      ),
    )
    statuses = await Promise.all(asked)
    if (!statuses.includes(503)) break
    await sleep(100)
  }
  expect(statuses).not.toContain(503)
  expect(door.log.join('')).not.toContain('failed in Keddah')
})
