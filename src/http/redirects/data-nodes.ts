import { lookup as lookUp, type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { UnavailableError } from '../../errors.ts'
import { RetryBudget } from '../availability/retry-budget.ts'
import { EqualServers, type Servers } from '../availability/servers.ts'
import type { ProtectedService } from '../service.ts'
import { Upstreams } from '../upstream/upstreams.ts'

/** The busiest ones of a large cluster; connections to the others are made anew. */
const MAX_KEPT = 256

type Settings = Pick<
  ProtectedService,
  'maxInFlight' | 'limits' | 'timeouts' | 'upstreamTls' | 'dataNodes' | 'highAvailability'
>

/**
 * The connections to DataNodes, by origin: made when a second step asks for one, forgotten for others once there are
 * many. Every address that a name resolves to is checked before it is connected to.
 */
export class DataNodes {
  readonly #settings: Settings
  /** Each DataNode is the only one that is asked. */
  readonly servers: Servers
  readonly #kept = new Map<string, Upstreams>()

  constructor(settings: Settings) {
    this.#settings = settings
    const { highAvailability, maxInFlight } = settings
    this.servers = new EqualServers(1, new RetryBudget(highAvailability.retryBudget, maxInFlight))
  }

  /** The one at an origin; null where the settings in force allow none there. */
  at(origin: string): Upstreams | null {
    const { dataNodes, maxInFlight, limits, timeouts, upstreamTls } = this.#settings
    const { hostname, port, protocol } = new URL(origin)
    const host = hostname.replace(/^\[|\]$/g, '')
    const server = { host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) }
    if (!dataNodes.mayBe(server)) return null
    const known = this.#kept.get(origin)
    this.#kept.delete(origin)
    const upstreams =
      known ??
      new Upstreams(
        {
          upstreams: [origin],
          maxInFlight,
          limits,
          timeouts,
          // The name that an upstream has to prove is not that of a DataNode, which proves its own.
          upstreamTls: upstreamTls === null ? null : { ...upstreamTls, serverName: null },
        },
        checkedLookup((address) => dataNodes.isAt(server, address)),
      )
    this.#kept.set(origin, upstreams)
    for (const [oldest, forgotten] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT) break
      this.#kept.delete(oldest)
      forgotten.close()
    }
    return upstreams
  }

  /** Closes what is idle now, and each of the others when its request is over. */
  close(): void {
    for (const upstreams of this.#kept.values()) upstreams.close()
    this.#kept.clear()
  }
}

/** Resolves a name to those of its addresses that may be connected to; an error where there is none. */
function checkedLookup(isAllowed: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    lookUp(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, [])
      const allowed = addresses.filter(({ address }) => isAllowed(address))
      const [first] = allowed
      if (first === undefined) callback(notAllowed(), [])
      else if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

const notAllowed = (): UnavailableError =>
  new UnavailableError('ERR_UPSTREAM_REDIRECT', 'the name of a DataNode resolves to no address of one', {
    retryable: false,
  })
