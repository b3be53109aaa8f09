import { Prober } from './prober.ts'
import type { ServerRole } from './server-role.ts'

/** Why a server is not the active one any more: what it says or does, or that another one became active. */
export type LossCause = 'standby' | 'down' | 'promoted'

/** What happens to the active server. The numbers are indexes; each is told once. */
export interface ActiveObserver {
  /** `to` is the one to ask from now on; `from` was it before, null at the beginning; they are equal if it came back. */
  found(to: number, from: number | null, cause: LossCause): void
  lost(from: number, cause: LossCause): void
  probed(index: number, role: ServerRole): void
}

/** How long the word of a server outweighs a probe that cannot tell. */
const WORD_MS = 1_000
const POLL_MS = 100

/** Who waits for another one than `not` to become active. */
interface Seeker {
  readonly not: number | null
  end(found: number | null): void
}

/**
 * Knows which of several servers is the active one: by probes and by what servers answer to requests.
 *
 * It stays with a server until that one says that it is not active, takes no connections, or another one is active. One
 * that only does not answer is kept: a pause of its memory is no reason to refuse everything.
 */
export class ActiveServer {
  readonly #probers: readonly Prober[]
  readonly #observer: ActiveObserver
  readonly #roles: ServerRole[]
  readonly #wordAt: number[]
  #current: number | null = null
  #last: number | null = null
  #cause: LossCause = 'promoted'
  #timer: NodeJS.Timeout
  /** In the order in which they came, which is the one in which they are told. */
  readonly #seekers = new Set<Seeker>()
  #poll: NodeJS.Timeout | null = null
  #isClosed = false

  /** Units: `intervalMs` between probes. The probes never fail; they end once the server is closed. */
  constructor(
    probes: readonly (() => Promise<ServerRole>)[],
    options: { readonly intervalMs: number; readonly observer: ActiveObserver },
  ) {
    this.#observer = options.observer
    this.#roles = probes.map(() => 'silent')
    this.#wordAt = probes.map(() => -WORD_MS)
    this.#probers = probes.map(
      (probe, index) =>
        new Prober(async () => {
          if (this.#isClosed) return 'silent'
          const role = await probe()
          this.#learn(index, role)
          return role
        }),
    )
    this.#timer = setInterval(() => void this.look(), options.intervalMs)
    this.#timer.unref()
    void this.look()
  }

  /** The one to ask; null: none is active, as far as is known. */
  get current(): number | null {
    return this.#current
  }

  /** Notes what a server has shown of itself, and looks around at once. */
  note(index: number, role: 'standby' | 'down' | 'unknown'): void {
    if (role !== 'unknown') {
      this.#roles[index] = role
      this.#wordAt[index] = performance.now()
      this.#choose()
    }
    void this.look()
  }

  /**
   * Looks until one is active that is not `not`.
   *
   * Shape: null where there is none after one look and `waitMs` milliseconds, or once `signal` is aborted. What is found
   * was so after the call. Those who wait are told in the order in which they came.
   */
  async find(not: number | null, waitMs: number, signal?: AbortSignal): Promise<number | null> {
    const deadline = performance.now() + waitMs
    await this.look()
    if (this.#isClosed || signal?.aborted === true) return null
    if (this.#current !== null && this.#current !== not) return this.#current
    const left = deadline - performance.now()
    return left > 0 ? this.#seek(not, left, signal) : null
  }

  /** Probes all; resolves as soon as one is known to be active, else when all have answered. */
  look(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      let left = this.#probers.length
      for (const prober of this.#probers)
        void prober.ask().then((role) => {
          left -= 1
          if (left === 0 || role === 'active') resolve()
        })
    })
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    for (const seeker of this.#seekers) seeker.end(null)
  }

  #seek(not: number | null, waitMs: number, signal?: AbortSignal): Promise<number | null> {
    this.#poll ??= setInterval(() => void this.look(), POLL_MS).unref()
    return new Promise((resolve) => {
      const stop = (): void => seeker.end(null)
      const timer = setTimeout(stop, waitMs)
      timer.unref()
      signal?.addEventListener('abort', stop)
      const seeker: Seeker = {
        not,
        end: (found) => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', stop)
          this.#seekers.delete(seeker)
          if (this.#seekers.size === 0) this.#endPoll()
          resolve(found)
        },
      }
      this.#seekers.add(seeker)
    })
  }

  #endPoll(): void {
    if (this.#poll !== null) clearInterval(this.#poll)
    this.#poll = null
  }

  #learn(index: number, role: ServerRole): void {
    if (this.#isClosed) return
    this.#observer.probed(index, role)
    const hasSaid = performance.now() - (this.#wordAt[index] ?? 0) < WORD_MS
    if (role !== 'unknown' || !hasSaid) this.#roles[index] = role
    this.#choose()
  }

  #choose(): void {
    const current = this.#current
    const role = current === null ? null : this.#roles[current]
    if (role === 'active') return
    const active = this.#roles.indexOf('active')
    if (active !== -1) this.#follow(active, role === 'standby' || role === 'down' ? role : 'promoted')
    else if (current !== null && (role === 'standby' || role === 'down')) this.#lose(current, role)
    else if (current === null && this.#roles.includes('unknown'))
      this.#follow(this.#roles.indexOf('unknown'), 'promoted')
  }

  #follow(to: number, cause: LossCause): void {
    const why = this.#current === null ? this.#cause : cause
    const from = this.#last
    this.#current = to
    this.#last = to
    this.#observer.found(to, from, why)
    for (const seeker of this.#seekers) if (seeker.not !== to) seeker.end(to)
  }

  #lose(from: number, cause: 'standby' | 'down'): void {
    this.#current = null
    this.#cause = cause
    this.#observer.lost(from, cause)
    this.#choose()
  }
}
