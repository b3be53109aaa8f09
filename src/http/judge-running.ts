import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import type { ClientConnection } from './client-connection.ts'
import type { Exchange } from './exchange.ts'

/** As many at a time: each may look up groups, and thousands of tunnels must not hold up everybody else. */
const AT_ONCE = 32
/** Who is still being asked about by then is judged when the answer comes, and nobody waits for it. */
const WAIT_MS = 5_000

/**
 * Decides anew about whatever is in flight on these connections: a right that was lost ends what has begun with it.
 *
 * Shape: `judge` decides about one of them, and refuses or cuts it if need be; done when all are judged, or after 5 s.
 */
export async function judgeRunning(
  connections: Iterable<ClientConnection>,
  judge: (exchange: Exchange) => void,
): Promise<void> {
  const running = [...connections].flatMap(({ current }) => (current?.canBeRevoked === true ? [current] : []))
  if (running.length === 0) return
  const late = new AbortController()
  await Promise.race([
    judgeAll(running, judge).finally(() => late.abort()),
    // Rejects only where it is not needed any more: when all are judged.
    sleep(WAIT_MS, undefined, { signal: late.signal }).catch(() => {}),
  ])
}

async function judgeAll(running: readonly Exchange[], judge: (exchange: Exchange) => void): Promise<void> {
  for (let at = 0; at < running.length; at += AT_ONCE) {
    const some = running.slice(at, at + AT_ONCE).filter(({ isOver }) => !isOver)
    await Promise.all(some.map((exchange) => exchange.judgeAgain(judge)))
    await turn()
  }
}
