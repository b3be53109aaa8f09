import { setTimeout as sleep } from 'node:timers/promises'

/** Two minutes: nothing takes as long, and nothing here depends on speed. */
const DEADLINE_MS = 120_000

/** Asks until the answer is not null. Errors: `what` stayed away until the deadline, or `ask` threw. */
export async function until<T>(what: string, ask: () => Promise<T | null> | T | null): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS
  while (performance.now() < deadline) {
    const answer = await ask()
    if (answer !== null) return answer
    await sleep(100)
  }
  throw new Error(`waited in vain for ${what}`)
}

/** The text of a page, or null as long as nobody answers with 200. */
export async function pageText(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    const text = await response.text()
    return response.ok ? text : null
  } catch {
    return null // not listening yet
  }
}
