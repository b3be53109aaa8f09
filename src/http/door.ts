import type { Identifier } from '../identity/identifier.ts'
import type { Exchange } from './exchange.ts'
import { HeaderRoles } from './header-roles.ts'
import type { HttpDependencies, ProtectedService } from './service.ts'
import { Upstreams } from './upstreams.ts'

const TELL_INTERVAL_MS = 1_000

/** What the requests of one listener have in common: the service as it is now, and everything it is measured by. */
export class Door {
  readonly dependencies: HttpDependencies
  readonly exchanges: Set<Exchange> = new Set()
  readonly #inFlight: { inc(): void; dec(): void }
  #service: ProtectedService
  #upstreams: Upstreams
  #roles: { readonly identifier: Identifier; readonly roles: HeaderRoles } | null = null
  #quietUntil = 0
  #untold = 0
  /** Nothing new is taken: each answer is the last one of its connection. */
  isClosing = false

  constructor(service: ProtectedService, dependencies: HttpDependencies) {
    this.dependencies = dependencies
    this.#service = service
    this.#upstreams = new Upstreams(service)
    this.#inFlight = dependencies.telemetry.metrics.inFlight(service.name)
  }

  get service(): ProtectedService {
    return this.#service
  }

  get upstreams(): Upstreams {
    return this.#upstreams
  }

  update(service: ProtectedService): void {
    const before = this.#service
    this.#service = service
    const isSame =
      before.maxInFlight === service.maxInFlight &&
      before.timeouts.connect === service.timeouts.connect &&
      before.upstreams.join(' ') === service.upstreams.join(' ')
    if (isSame) return
    this.#upstreams.close()
    this.#upstreams = new Upstreams(service)
  }

  /** The roles of header names for the authenticators in force. */
  rolesFor(identifier: Identifier): HeaderRoles {
    if (this.#roles?.identifier !== identifier)
      this.#roles = { identifier, roles: new HeaderRoles(identifier.managedHeaders) }
    return this.#roles.roles
  }

  /** Logs that a request was refused as malformed: a word of ours and no byte of the caller's, at most once a second. */
  tell(reason: string, requestId: string | null): void {
    if (performance.now() < this.#quietUntil) {
      this.#untold += 1
      return
    }
    const { log } = this.dependencies.telemetry
    log.warn(
      { service: this.#service.name, reason, requestId, before: this.#untold },
      'a request was rejected',
    )
    this.#quietUntil = performance.now() + TELL_INTERVAL_MS
    this.#untold = 0
  }

  entered(exchange: Exchange): void {
    this.exchanges.add(exchange)
    this.#inFlight.inc()
  }

  left(exchange: Exchange): void {
    this.exchanges.delete(exchange)
    this.#inFlight.dec()
    const seconds = (performance.now() - exchange.startedAt) / 1_000
    this.dependencies.telemetry.metrics.requestSeconds(this.#service.name, seconds)
  }
}
