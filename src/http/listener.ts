import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'
import { ConfigError } from '../errors.ts'
import { ServerContexts } from '../tls/server.ts'
import { Door } from './door.ts'
import { Entrance } from './arrival/entrance.ts'
import { handle } from './handler.ts'
import { requireStrictParser } from './node-options.ts'
import { answerBrokenRequest, answerConnect } from './raw-answer.ts'
import { asksForWebSocket } from './upgrade/switching.ts'
import type { DrainTimes, HttpDependencies, HttpListener, ProtectedService } from './service.ts'

const CHECK_MS = 1_000
const SWEEP_MS = 20

/**
 * Binds the address of one service. Requests that come before `serve` is called wait, and are decided after it.
 *
 * Errors: `ERR_CONFIG_LISTEN` naming service and address; `ERR_CONFIG_SETTINGS` where Node's HTTP parser was weakened.
 */
export async function startListener(
  service: ProtectedService,
  dependencies: HttpDependencies,
): Promise<HttpListener> {
  requireStrictParser(dependencies.nodeOptions)
  const door = new Door(service, dependencies, handle)
  const contexts = service.tls === null ? null : new ServerContexts(service.tls, dependencies.ticketSecret)
  const options = {
    insecureHTTPParser: false,
    // Bodies may take as long as they need, as long as they flow: that is watched where they are read.
    requestTimeout: 0,
    connectionsCheckingInterval: CHECK_MS,
    keepAliveTimeoutBuffer: 0,
    requireHostHeader: false,
    optimizeEmptyRequests: true,
    highWaterMark: 65_536,
    shouldUpgradeCallback: (request: IncomingMessage) => asksForWebSocket(door, request),
  }
  const server: Server =
    contexts === null
      ? createServer(options)
      : createTlsServer({
          ...options,
          ...contexts.options(),
          handshakeTimeout: service.timeouts.headers,
        })
  // No bound: with one, Node drops what is beyond it and says nothing. Size and number are bounded by us.
  server.maxHeadersCount = 0
  configure(server, service)
  server.on('drop', () => door.refused('too_many'))
  const entrance = new Entrance(server, door)
  let early: (() => void)[] | null = []
  const take = (request: () => void): void => {
    if (early === null) request()
    else early.push(request)
  }
  for (const event of ['request', 'checkContinue', 'checkExpectation'])
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      take(() => door.arrived(request, response))
    })
  server.on('upgrade', (request, _socket, rest: Buffer) => take(() => door.upgraded(request, rest)))
  server.on('connect', (_request, socket: Duplex) => answerConnect(door, socket))
  server.on('clientError', (error, socket) => {
    if (!entrance.hasFailed(error, socket)) answerBrokenRequest(door, error, socket)
  })
  try {
    await listen(server, service, dependencies.sharesPorts)
  } catch (error) {
    door.close()
    throw error
  }
  // What the system says when it cannot accept: the connection is lost, and the next one may be taken again.
  server.on('error', () => door.refused('exhausted'))
  const address = server.address() as AddressInfo
  const host = service.listen.host.includes(':') ? `[${service.listen.host}]` : service.listen.host
  return {
    name: service.name,
    url: `${contexts === null ? 'http' : 'https'}://${host}:${address.port}`,
    serve() {
      const waiting = early ?? []
      early = null
      for (const request of waiting) request()
    },
    update(next) {
      configure(server, next)
      if (next.tls !== null && server instanceof TlsServer) contexts?.update(next.tls, server)
      door.update(next)
    },
    judgeAgain: () => door.judgeAgain(),
    warnings: () => door.warnings(),
    close: (times) => close(server, entrance, door, times),
  }
}

/** What Node itself keeps; connections that are open already keep the size of their heads. */
function configure(
  server: Server & { maxHeaderSize?: number },
  { timeouts, limits }: ProtectedService,
): void {
  server.headersTimeout = timeouts.headers
  server.keepAliveTimeout = timeouts.idle
  server.maxHeaderSize = limits.headerBytes
  server.maxConnections = limits.connections
}

async function listen(
  server: Server,
  service: Pick<ProtectedService, 'name' | 'listen'>,
  reusePort: boolean,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error): void => reject(cannotListen(service, cause))
    server.once('error', failed)
    server.listen({ ...service.listen, reusePort }, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

/** What is said where the address of a service cannot be listened on. */
export function cannotListen(
  { name, listen: { host, port } }: Pick<ProtectedService, 'name' | 'listen'>,
  cause: Error,
): ConfigError {
  const message = `service \`${name}\`: cannot listen on ${host}:${port}: ${cause.message}`
  return new ConfigError('ERR_CONFIG_LISTEN', message, { cause })
}

/** Connections that wait for a request end at once, the others with their answer, and all of them after the grace. */
async function close(
  server: Server,
  entrance: Entrance,
  door: Door,
  { delayMs = 0, graceMs }: DrainTimes,
): Promise<void> {
  door.isClosing = true
  if (delayMs > 0) await sleep(delayMs)
  entrance.close()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const sweep = setInterval(() => {
    server.closeIdleConnections()
    // To Node, a connection that has not sent anything yet is not idle.
    for (const { socket } of door.connections.values()) if (socket.bytesRead === 0) socket.destroy()
  }, SWEEP_MS)
  const cut = setTimeout(() => {
    for (const { current } of door.connections.values()) current?.cut()
    server.closeAllConnections()
  }, graceMs)
  await closed
  clearInterval(sweep)
  clearTimeout(cut)
  // Node is done with a connection shortly before it says so.
  for (const connection of door.connections.values()) connection.lost()
  door.close()
}
