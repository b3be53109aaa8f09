import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition; fails after a deadline that no machine should need. */
export async function until(condition: () => boolean, deadlineMs = 20_000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${condition.toString()}`)
    await sleep(5)
  }
}
