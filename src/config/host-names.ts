import { lookup } from 'node:dns/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Finds the first address of a host name; rejects where there is none. */
export type Lookup = (name: string) => Promise<string>

/** Asks the system, IPv4 first, as Java does. */
export const systemLookup: Lookup = async (name) => (await lookup(name, { order: 'ipv4first' })).address

/**
 * Names that were looked up, and their addresses. `stale` are those for which an earlier answer stands in, `unresolved`
 * those without any.
 */
export interface ResolvedNames {
  readonly addresses: ReadonlyMap<string, string>
  readonly stale: readonly string[]
  readonly unresolved: readonly string[]
}

const AT_ONCE = 16
const ONE_MS = 5_000
const ALL_MS = 20_000

/**
 * Looks up host names when a policy is loaded, never for a request, and remembers the last good address of each
 * for the time when the name service is out (D-11).
 */
export class HostNames {
  readonly #lookup: Lookup
  readonly #limits: { readonly oneMs: number; readonly allMs: number }
  #lastGood = new Map<string, string>()

  constructor(lookup: Lookup, limits: { oneMs?: number; allMs?: number } = {}) {
    this.#lookup = lookup
    this.#limits = { oneMs: limits.oneMs ?? ONE_MS, allMs: limits.allMs ?? ALL_MS }
  }

  /** Looks up all names, some at once, within a bounded time. Never rejects. `keepLastGood` false is Hadoop's way. */
  async resolveAll(names: readonly string[], keepLastGood: boolean): Promise<ResolvedNames> {
    const fresh = await this.#askAll(names)
    const stale = keepLastGood ? names.filter((name) => !fresh.has(name) && this.#lastGood.has(name)) : []
    const addresses = new Map(fresh)
    for (const name of stale) addresses.set(name, this.#lastGood.get(name) ?? '')
    this.#lastGood = addresses
    return {
      addresses,
      stale,
      unresolved: names.filter((name) => !addresses.has(name)),
    }
  }

  /** Whether any of the names has an address now. */
  async anyResolves(names: readonly string[]): Promise<boolean> {
    return (await this.#askAll(names)).size > 0
  }

  async #askAll(names: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    const queue = [...new Set(names)]
    const stop = new AbortController()
    const work = async (): Promise<void> => {
      for (let name = queue.shift(); name !== undefined && !stop.signal.aborted; name = queue.shift()) {
        const address = await this.#ask(name)
        if (address !== null) found.set(name, address)
      }
    }
    const workers = Promise.all(Array.from({ length: Math.min(AT_ONCE, queue.length) }, work))
    await this.#within(workers, this.#limits.allMs)
    stop.abort()
    // A worker that is late must not add to what was given out.
    return new Map(found)
  }

  async #ask(name: string): Promise<string | null> {
    try {
      return (await this.#within(this.#lookup(name), this.#limits.oneMs)) ?? null
    } catch {
      // Why a name does not resolve makes no difference; that it does not is reported.
      return null
    }
  }

  async #within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    const timer = new AbortController()
    // Rejects only where it is not needed any more: when the timer is taken back.
    const late = sleep(ms, undefined, { signal: timer.signal, ref: true }).catch(() => undefined)
    try {
      return await Promise.race([promise, late])
    } finally {
      timer.abort()
    }
  }
}
