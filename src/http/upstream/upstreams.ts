import type { LookupFunction } from 'node:net'
import { Dialer } from './dial.ts'
import { InFlight } from './in-flight.ts'
import type { ProtectedService } from '../service.ts'
import { UpstreamConnection } from './upstream-connection.ts'

/** Shorter than what the daemons' web servers allow (30 s), so that they never close under a request of ours. */
const IDLE_MS = 4_000
/** How exact the timeouts are. One look at all connections costs less than a timer for each request. */
const SWEEP_MS = 100

/**
 * The connections to the upstreams of one service: made when they are needed, kept for the next request, and never
 * more than are allowed to be in use at one time.
 */
export class Upstreams {
  readonly #origins: readonly string[]
  readonly #places: readonly InFlight[]
  readonly #dialers: readonly Dialer[]
  readonly #idle: UpstreamConnection[][]
  readonly #open = new Set<UpstreamConnection>()
  #sweep: NodeJS.Timeout | null = null
  #isClosed = false

  /** `lookup` resolves the names of the upstreams; left out: the system does. */
  constructor(
    service: Pick<ProtectedService, 'upstreams' | 'maxInFlight' | 'limits' | 'timeouts' | 'upstreamTls'>,
    lookup?: LookupFunction,
  ) {
    const { maxInFlight, limits } = service
    this.#origins = service.upstreams
    this.#places = service.upstreams.map(() => new InFlight(maxInFlight, limits.queue))
    this.#dialers = service.upstreams.map((origin) => new Dialer(origin, service, lookup))
    this.#idle = service.upstreams.map(() => [])
  }

  get count(): number {
    return this.#origins.length
  }

  /** The upstream of that index, as it stands in the settings. */
  originOf(index: number): string {
    return this.#origins[index] ?? ''
  }

  /** The places for requests at the upstream of that index. */
  placesAt(origin: number): InFlight {
    const places = this.#places[origin]
    if (places === undefined) throw new TypeError(`there is no upstream ${origin}`)
    return places
  }

  /** A connection to the upstream of that index, for who has a place there; `isNew`: none that was kept. */
  take(origin: number, isNew = false): UpstreamConnection {
    try {
      return (isNew ? undefined : this.#idle[origin]?.pop()) ?? this.#dial(origin)
    } catch (error) {
      this.placesAt(origin).leave()
      throw error
    }
  }

  /** Gives a connection back, and the place with it. Its request is over, well or badly. */
  give(connection: UpstreamConnection): void {
    const { origin } = connection
    if (connection.isIdle) {
      if (this.#isClosed) connection.close()
      else this.#idle[origin]?.push(connection)
    }
    this.placesAt(origin).leave()
  }

  /** Closes what is idle now, and each of the others when it is given back. */
  close(): void {
    this.#isClosed = true
    for (const idle of this.#idle) for (const connection of idle.splice(0)) connection.close()
  }

  #dial(origin: number): UpstreamConnection {
    const dialer = this.#dialers[origin]
    if (dialer === undefined) throw new TypeError(`there is no upstream ${origin}`)
    const connection = new UpstreamConnection(dialer.dial(), {
      origin,
      host: dialer.host,
      idleMs: IDLE_MS,
      onClosed: (closed) => this.#forget(closed),
    })
    this.#open.add(connection)
    this.#sweep ??= setInterval(() => {
      const now = performance.now()
      for (const open of this.#open) open.expire(now)
    }, SWEEP_MS)
    return connection
  }

  #forget(connection: UpstreamConnection): void {
    this.#open.delete(connection)
    const idle = this.#idle[connection.origin] ?? []
    const at = idle.indexOf(connection)
    if (at !== -1) idle.splice(at, 1)
    if (this.#open.size > 0 || this.#sweep === null) return
    clearInterval(this.#sweep)
    this.#sweep = null
  }
}
