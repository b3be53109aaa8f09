import { isIP } from 'node:net'
import { buildConnector, Client } from 'undici'
import { clientOptions, serverNameFor } from '../tls/client.ts'
import { swallowInterim, type InterimFilter } from './interim.ts'
import type { ProtectedService } from './service.ts'

/** Shorter than what the daemons' web servers allow (30 s), so that they never close under a request of ours. */
const IDLE_MS = 4_000
const MAX_HEAD_BYTES = 65_536

/**
 * One connection to one upstream. It carries one request at a time, so nothing is ever queued behind another, and
 * whatever goes wrong on it concerns one request.
 */
export interface Connection {
  readonly client: Client
  readonly origin: number
  filter: InterimFilter | null
}

/**
 * The connections to the upstreams of one service: made when they are needed, kept for the next request, and never
 * more than are allowed to be in use at one time.
 *
 * No undici `Pool`: with a bound on its connections, it stands still for ever after as many refused dispatches.
 */
export class Upstreams {
  readonly #origins: readonly string[]
  readonly #max: number
  readonly #connect: ReturnType<typeof buildConnector>
  readonly #idle: Connection[][]
  readonly #serverNames: readonly string[]
  #inUse = 0
  #isClosed = false

  constructor(service: Pick<ProtectedService, 'upstreams' | 'maxInFlight' | 'timeouts' | 'upstreamTls'>) {
    this.#origins = service.upstreams
    this.#max = service.maxInFlight
    this.#connect = buildConnector({
      timeout: service.timeouts.connect,
      allowH2: false,
      ...clientOptions(service.upstreamTls),
    })
    this.#serverNames = service.upstreams.map((url) => serverNameFor(url, service.upstreamTls))
    this.#idle = service.upstreams.map(() => [])
  }

  get count(): number {
    return this.#origins.length
  }

  /** The upstream of that index, as it stands in the settings. */
  originOf(index: number): string {
    return this.#origins[index] ?? ''
  }

  /**
   * The name that an upstream has to prove. Said for each request: without it undici takes the client's `Host` for it,
   * and a client could choose which certificate is good.
   */
  serverNameOf(index: number): string {
    return this.#serverNames[index] ?? ''
  }

  /** A connection to the upstream of that index; null where as many as allowed are in use. */
  take(origin: number): Connection | null {
    if (this.#inUse >= this.#max) return null
    this.#inUse += 1
    return this.#idle[origin]?.pop() ?? this.#open(origin)
  }

  /** Gives a connection back. Its request is over, well or badly. */
  give(connection: Connection): void {
    this.#inUse -= 1
    if (this.#isClosed) void connection.client.destroy()
    else this.#idle[connection.origin]?.push(connection)
  }

  /** Closes what is idle now, and each of the others when it is given back. */
  close(): void {
    this.#isClosed = true
    for (const idle of this.#idle) for (const { client } of idle.splice(0)) void client.destroy()
  }

  #open(origin: number): Connection {
    const client = new Client(this.originOf(origin), {
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: IDLE_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
      connect: (options, callback) => {
        const servername = isIP(this.serverNameOf(origin)) === 0 ? this.serverNameOf(origin) : ''
        this.#connect(
          { ...options, servername },
          (...[error, socket]: Parameters<buildConnector.Callback>) => {
            if (error !== null) return callback(error, null)
            connection.filter = swallowInterim(socket)
            callback(null, socket)
          },
        )
      },
    })
    const connection: Connection = { client, origin, filter: null }
    return connection
  }
}
