import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { ConnectionReason } from '../errors/connection-reasons.ts'
import type { Reason } from '../errors/reasons.ts'
import type { Identifier } from '../identity/identifier.ts'
import { OnceASecond } from '../telemetry/once-a-second.ts'
import { type Arrival, ClientConnection } from './client-connection.ts'
import { DataNodes } from './redirects/data-nodes.ts'
import type { Way } from './dispatch.ts'
import { Exchange } from './exchange.ts'
import { addressKey } from './arrival/address-key.ts'
import { HeaderRoles } from './header-roles.ts'
import { judgeRunning } from './judge-running.ts'
import type { HttpDependencies, ProtectedService } from './service.ts'
import type { ServiceLimits } from './limits.ts'
import { Pacing } from './arrival/pacing.ts'
import type { Servers } from './availability/servers.ts'
import { serversOf } from './availability/service-servers.ts'
import { standbyReviewer } from './availability/standby-review.ts'
import { isVouchedFor } from '../tls/vouched.ts'
import { Switching } from './upgrade/switching.ts'
import { Upstreams } from './upstream/upstreams.ts'

/** Bodies that are read as a whole wait in memory, all of them together in so much. */
const MAX_TOGETHER_BYTES = 67_108_864

/** What the requests of one listener have in common: the service as it is now, and everything it is measured by. */
export class Door {
  readonly dependencies: HttpDependencies
  readonly connections: Map<Socket, ClientConnection> = new Map()
  readonly #handle: (exchange: Exchange) => void
  /** Requests that wait for a place at an upstream. */
  readonly queued: { inc(): void; dec(): void }
  readonly #inFlight: { inc(): void; dec(): void }
  #service: ProtectedService
  #pacing: Pacing
  #dataNodes: DataNodes
  #way: Way
  #roles: { readonly identifier: Identifier; readonly roles: HeaderRoles } | null = null
  readonly #log = new OnceASecond()
  readonly #refusedLog = new OnceASecond()
  readonly #linkLog = new OnceASecond()
  readonly #open: { inc(): void; dec(): void }
  /** Connections by address. */
  readonly #byAddress = new Map<string, number>()
  #heldBytes = 0
  /** Nothing new is taken: each answer is the last one of its connection. */
  isClosing = false

  /** `handle` is called for each request, when it is its turn. */
  constructor(
    service: ProtectedService,
    dependencies: HttpDependencies,
    handle: (exchange: Exchange) => void,
  ) {
    this.dependencies = dependencies
    this.#service = service
    this.#handle = handle
    this.#pacing = new Pacing(service.limits)
    this.#open = dependencies.telemetry.metrics.connections(service.name)
    this.#dataNodes = new DataNodes(service)
    this.#way = wayTo(service, new Upstreams(service), serversOf(service, dependencies.telemetry))
    this.queued = dependencies.telemetry.metrics.queued(service.name)
    this.#inFlight = dependencies.telemetry.metrics.inFlight(service.name)
  }

  get service(): ProtectedService {
    return this.#service
  }

  get pacing(): Pacing {
    return this.#pacing
  }

  get dataNodes(): DataNodes {
    return this.#dataNodes
  }

  /** To the daemon that the service stands for. */
  get way(): Way {
    return this.#way
  }

  /** Whether a connection is given up with its answer. */
  get keepsNothing(): boolean {
    return this.isClosing || this.#service.timeouts.idle === 0
  }

  update(service: ProtectedService): void {
    const before = this.#service
    this.#service = service
    if (!isSameRate(before.limits, service.limits)) this.#pacing = new Pacing(service.limits)
    if (before.tls?.clientCa !== service.tls?.clientCa) this.#distrust(service.tls?.clientCa ?? null)
    const isSame =
      before.maxInFlight === service.maxInFlight &&
      isDeepStrictEqual(before.limits.queue, service.limits.queue) &&
      before.timeouts.connect === service.timeouts.connect &&
      before.upstreamTls?.print === service.upstreamTls?.print
    const hasOthers = before.upstreams.join(' ') !== service.upstreams.join(' ')
    let { upstreams, servers } = this.#way
    if (!isSame || hasOthers) {
      upstreams.close()
      upstreams = new Upstreams(service)
    }
    if (!isSame || hasOthers || !isDeepStrictEqual(before.highAvailability, service.highAvailability)) {
      servers.close()
      servers = serversOf(service, this.dependencies.telemetry)
    }
    this.#way = wayTo(service, upstreams, servers)
    const hasSameBudget = before.highAvailability.retryBudget === service.highAvailability.retryBudget
    if (isSame && hasSameBudget && before.dataNodes.print === service.dataNodes.print) return
    this.#dataNodes.close()
    this.#dataNodes = new DataNodes(service)
  }

  /** Gives up the connections that were let in by an authority which is not among these. */
  #distrust(clientCa: string | null): void {
    for (const connection of this.connections.values()) {
      const certificate = connection.tls?.certificate ?? null
      if (certificate !== null && !isVouchedFor(certificate, clientCa)) connection.distrust()
    }
  }

  /** See `HttpListener.warnings`. */
  warnings(): readonly string[] {
    const { warning } = this.#way.servers
    return warning === null ? [] : [`service \`${this.#service.name}\`: ${warning}`]
  }

  /** Closes what is idle at the servers behind, and the rest when it is over. */
  close(): void {
    this.#way.upstreams.close()
    this.#way.servers.close()
    this.#dataNodes.close()
  }

  /**
   * Counts a connection that was accepted, until it closes. False: it was closed, since too many come from there.
   *
   * Shape: `transport` is the TCP connection, `peer` the canonical address that is counted.
   */
  admit(transport: Socket, peer: string): boolean {
    const key = addressKey(peer)
    const before = this.#byAddress.get(key) ?? 0
    const max = this.#service.limits.connectionsPerAddress
    if (max > 0 && before >= max && this.dependencies.trustedProxies()?.includes(peer) !== true) {
      this.refused('too_many_from_address')
      transport.destroy()
      return false
    }
    this.#byAddress.set(key, before + 1)
    this.#open.inc()
    transport.on('close', () => {
      this.#open.dec()
      this.#forget(key)
    })
    return true
  }

  /** Takes a connection that has come through: from now on it brings requests. */
  connected(socket: Socket, arrival: Arrival): void {
    const connection = new ClientConnection(socket, arrival)
    this.connections.set(socket, connection)
    socket.on('close', () => {
      this.connections.delete(socket)
      this.lost(connection)
    })
  }

  /** Counts a connection that is not taken, and logs it once a second. */
  refused(reason: ConnectionReason): void {
    const { metrics, log } = this.dependencies.telemetry
    const { name } = this.#service
    metrics.connectionRefused(name, reason)
    this.#refusedLog.tell((notLogged) =>
      log.warn({ service: name, reason, notLogged }, 'a connection was refused'),
    )
  }

  /** The client is gone, which is an abort where an answer was on the way. */
  lost(connection: ClientConnection): void {
    if (connection.current?.isCut === false)
      this.dependencies.telemetry.metrics.clientAborted(this.#service.name)
    connection.lost()
  }

  #forget(key: string): void {
    const left = (this.#byAddress.get(key) ?? 1) - 1
    if (left > 0) this.#byAddress.set(key, left)
    else this.#byAddress.delete(key)
  }

  /** Takes a request, at once or after those that came before it on the same connection. */
  arrived(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.connections.get(request.socket)
    if (connection === undefined) request.socket.destroy()
    else if (connection.isEnding) return
    else if (connection.current !== null) connection.wait(request, response)
    else this.#handle(new Exchange(this, connection, request, response))
  }

  /** Takes a request for a WebSocket, whose connection Node has let go of; `early` is what came behind it. */
  upgraded(request: IncomingMessage, early: Buffer): void {
    const { socket } = request
    const connection = this.connections.get(socket)
    if (connection === undefined || connection.isEnding) {
      socket.destroy()
      return
    }
    const switching = new Switching(socket, request)
    const exchange = new Exchange(this, connection, request, switching.response, switching)
    connection.isEnding = true
    switching.begin(exchange, early, this.#handle)
  }

  /** Decides anew about all that is in flight, unless the service does not ask for it. */
  async judgeAgain(): Promise<void> {
    if (this.#service.revokeOnRefresh) await judgeRunning(this.connections.values(), this.#handle)
  }

  /** Counts and logs that something in flight has lost its right; it is cut by whoever calls. */
  revoked(exchange: Exchange, reason: Reason): void {
    const { request, response, id } = exchange
    exchange.isRevoked = true
    const kind = exchange.isTunnel
      ? 'tunnel'
      : response.headersSent
        ? 'download'
        : request.complete
          ? 'question'
          : 'upload'
    this.dependencies.telemetry.metrics.revoked(this.#service.name, kind)
    this.tell('a refresh has revoked what was in flight', { reason, requestId: id })
  }

  /** Counts bytes that are held in memory; negative ones are given back. False: there is no room for them. */
  hold(bytes: number): boolean {
    if (bytes > 0 && this.#heldBytes + bytes > MAX_TOGETHER_BYTES) return false
    this.#heldBytes += bytes
    return true
  }

  /** The roles of header names for the authenticators in force. */
  rolesFor(identifier: Identifier): HeaderRoles {
    if (this.#roles?.identifier !== identifier)
      this.#roles = { identifier, roles: new HeaderRoles(identifier.managedHeaders) }
    return this.#roles.roles
  }

  entered(): void {
    this.#inFlight.inc()
  }

  left({ startedAt, connection, isTunnel }: Exchange): void {
    this.#inFlight.dec()
    const seconds = (performance.now() - startedAt) / 1_000
    if (!isTunnel) this.dependencies.telemetry.metrics.requestSeconds(this.#service.name, seconds)
    const next = connection.next()
    if (next !== null) this.arrived(...next)
  }

  /** Logs where an upstream sends its clients, that an operator may see whether it is right: host and port alone. */
  strayed(server: string, requestId: string): void {
    const { log } = this.dependencies.telemetry
    const fields = { service: this.#service.name, reason: 'upstream_redirect_target', server, requestId }
    const what = 'an upstream sends its clients to a server that is not known'
    this.#linkLog.tell((notLogged) => log.warn({ ...fields, notLogged }, what))
  }

  /** Logs what went wrong: in words of ours, without a byte of the caller's, and at most once a second. */
  tell(
    what: string,
    fields: {
      readonly reason: Reason
      readonly requestId: string
      readonly upstream?: string | null
      readonly cause?: string | null
    },
  ): void {
    const { log } = this.dependencies.telemetry
    this.#log.tell((notLogged) => log.warn({ service: this.#service.name, ...fields, notLogged }, what))
  }
}

const isSameRate = (one: ServiceLimits, other: ServiceLimits): boolean =>
  one.requestsPerSecondPerUser === other.requestsPerSecondPerUser &&
  one.requestsPerSecondPerAddress === other.requestsPerSecondPerAddress &&
  one.burstPerUser === other.burstPerUser &&
  one.burstPerAddress === other.burstPerAddress

/** Whether an answer is from the right server is asked before anything else about it. */
function wayTo({ kind, reviewers }: ProtectedService, upstreams: Upstreams, servers: Servers): Way {
  return {
    upstreams,
    servers,
    reviewers: servers.hasRoles ? [standbyReviewer(kind), ...reviewers] : reviewers,
  }
}
