import { setTimeout as sleep } from 'node:timers/promises'
import type { FeedClock } from './admin-feed.ts'

/** The clock of the system. None of its timers keeps the process. */
export const SYSTEM_CLOCK: FeedClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
  // Whoever waits looks at the signal: that it was given is no failure.
  wait: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
}
