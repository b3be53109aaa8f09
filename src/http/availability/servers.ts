import type { ActiveServer } from './active-server.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { Patient, WaitingRoom } from './waiting-room.ts'

/**
 * Why a request is to go to another server: nothing could be sent; the server is not the active one, or asks to come
 * again, and has done nothing; or the connection was lost, and what it has done is unknown. `stale`: it was lost too, but
 * it was a kept one, which the server may have closed before the request came: the same server is asked.
 */
export type RetryCause = 'refused' | 'standby' | 'retriable' | 'lost' | 'stale'

/** Says which of the upstreams of a service a request goes to. The numbers are their indexes. */
export interface Servers {
  /** Whether one of them is active and the others are not, so that an answer may come from the wrong one. */
  readonly hasRoles: boolean
  /** Who is asked first; null: `next` has to find one. */
  first(): number | null
  /** Notes a failure, whether the request goes on or not. */
  failed(index: number, cause: RetryCause): void
  /**
   * Who is asked next, after a failure or because there was no first one; null: nobody. A request that has to wait for
   * that has its patience from here, and gives it back.
   */
  next(index: number | null, cause: RetryCause, patient: Patient): number | null | Promise<number | null>
  /** Whether a request that has waited for a place there is to be sent there still. */
  isAsked(index: number): boolean
  /** A sentence where none of them can be asked now; null otherwise. */
  readonly warning: string | null
  close(): void
}

/** Servers that are all the same: one after the other is asked, where nothing was done by those before. */
export class EqualServers implements Servers {
  readonly hasRoles: boolean = false
  readonly warning: null = null
  readonly #count: number
  readonly #budget: RetryBudget

  /** `budget` bounds what is sent to the same server once more. */
  constructor(count: number, budget: RetryBudget) {
    this.#count = count
    this.#budget = budget
  }

  first(): number {
    this.#budget.requested()
    return 0
  }

  failed(): void {}

  next(index: number | null, cause: RetryCause): number | null {
    if (cause === 'stale') return this.#budget.take() ? index : null
    const next = (index ?? -1) + 1
    return cause !== 'lost' && next < this.#count ? next : null
  }

  isAsked(): boolean {
    return true
  }

  close(): void {}
}

/** Servers of which one is active: it alone is asked, whatever for. */
export class ServersWithRoles implements Servers {
  readonly hasRoles: boolean = true
  readonly #active: ActiveServer
  readonly #budget: RetryBudget
  readonly #room: WaitingRoom
  readonly #close: () => void

  /** `room` is where requests wait for one to become active. */
  constructor(
    active: ActiveServer,
    options: { readonly budget: RetryBudget; readonly room: WaitingRoom; readonly close: () => void },
  ) {
    this.#active = active
    this.#budget = options.budget
    this.#room = options.room
    this.#close = options.close
  }

  get warning(): string | null {
    return this.#active.current === null ? 'no server is active' : null
  }

  first(): number | null {
    this.#budget.requested()
    return this.#active.current
  }

  failed(index: number, cause: RetryCause): void {
    this.#active.note(index, cause === 'refused' ? 'down' : cause === 'standby' ? 'standby' : 'unknown')
  }

  async next(index: number | null, cause: RetryCause, patient: Patient): Promise<number | null> {
    const patience = (patient.patience ??= this.#room.enter())
    if (patience === null) return null
    const waitMs = patience.until - performance.now()
    const found = await this.#active.find(cause === 'retriable' ? index : null, waitMs, patience.signal)
    // Nobody has had any work with what was not sent.
    const isFree = index === null || cause === 'refused'
    return found === null || (!isFree && !this.#budget.take()) ? null : found
  }

  isAsked(index: number): boolean {
    return this.#active.current === index
  }

  close(): void {
    this.#active.close()
    this.#close()
  }
}
