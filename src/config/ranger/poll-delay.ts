const MAX_BACK_OFF_MS = 300_000
const JITTER = 0.1

/**
 * How long to wait for the next download, in milliseconds: the interval give or take a tenth, so that many proxies do not
 * ask at once, and after failures twice as long for each, up to five minutes.
 *
 * Shape: `random` is from 0 to below 1.
 */
export function pollDelay(intervalMs: number, failures: number, random: number): number {
  const longest = Math.max(intervalMs, MAX_BACK_OFF_MS)
  const grown = Math.min(intervalMs * 2 ** Math.min(failures, 30), longest)
  return Math.round(Math.min(grown * (1 - JITTER + 2 * JITTER * random), failures > 0 ? longest : Infinity))
}
