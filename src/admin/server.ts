import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { Server as TlsServer, type TLSSocket } from 'node:tls'
import { ConfigError } from '../errors.ts'
import type { ConnectionReason } from '../errors/connection-reasons.ts'
import { canonicalAddress } from '../hadoop/addresses.ts'
import { OnceASecond } from '../telemetry/once-a-second.ts'
import { handshakeFailure } from '../tls/handshake.ts'
import type { ServerTls } from '../tls/material.ts'
import { ServerContexts } from '../tls/server.ts'
import { authenticate } from './authenticate.ts'
import type { AdminDependencies } from './dependencies.ts'
import { adminEntry, type AdminRequest, readBody, refusal, type Reply } from './exchange.ts'
import { type AdminRoute, adminRouteAt } from './handlers.ts'
import type { Admin } from './tokens.ts'

/**
 * Shape: `listen.port` 0 takes a free port; `tls` null: plain HTTP; `loopbackUser` is the user for whom callers on this
 * very machine are taken without a token (the demo), null where a token is always needed.
 */
export interface AdminOptions {
  readonly listen: { readonly host: string; readonly port: number }
  readonly tls: ServerTls | null
  readonly loopbackUser: string | null
}

/** The admin listener, listening. `url` is its base address without a trailing slash. */
export interface AdminServer {
  readonly url: string
  /** Shows other certificates from the next handshake on. Whether TLS is spoken stays as it is. */
  update(tls: ServerTls | null): void
  close(): Promise<void>
}

const TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 256
const CLOSE_MS = 1_000

/**
 * Starts the admin listener: metrics, health, and the API. It shares nothing with the data listeners.
 *
 * Errors: `ERR_CONFIG_LISTEN` when the address cannot be listened on.
 */
export async function createAdminServer(
  options: AdminOptions,
  dependencies: AdminDependencies,
): Promise<AdminServer> {
  const peers = new WeakMap<Socket, string>()
  const contexts = options.tls === null ? null : new ServerContexts(options.tls)
  const times = { headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, connectionsCheckingInterval: 1_000 }
  const server: Server =
    contexts === null
      ? createServer(times)
      : createTlsServer({ ...times, ...contexts.options(), handshakeTimeout: TIMEOUT_MS })
  server.on('request', (request, response) => {
    const peer = peers.get(request.socket)
    if (peer === undefined) request.socket.destroy()
    else void serve(request, response, peer, options, dependencies)
  })
  server.maxConnections = MAX_CONNECTIONS
  // A connection that was reset has no address any more, and an address that nobody knows is on no blocked list.
  server.on(contexts === null ? 'connection' : 'secureConnection', (socket: Socket) => {
    const peer = canonicalAddress(socket.remoteAddress ?? '')
    if (peer === null) socket.destroy()
    else peers.set(socket, peer)
  })
  await listen(server, options.listen)
  watchRefused(server, dependencies)
  return {
    url: urlOf(server, options.listen.host),
    update(tls) {
      if (tls !== null && server instanceof TlsServer) contexts?.update(tls, server)
    },
    close: () => closeServer(server),
  }
}

function listen(server: Server, { host, port }: AdminOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `cannot listen on \`${host}:${port}\` (admin.listen): ${cause.message}`
      reject(new ConfigError('ERR_CONFIG_LISTEN', message, { cause }))
    })
    server.listen(port, host, resolve)
  })
}

/** A connection that cannot be accepted, or whose handshake fails, is counted, and logged at most once a second. */
function watchRefused(server: Server, { metrics, log }: AdminDependencies): void {
  const seldom = new OnceASecond()
  const refused = (reason: ConnectionReason): void => {
    metrics.connectionRefused('admin', reason)
    seldom.tell((notLogged) => log.warn({ service: 'admin', reason, notLogged }, 'a connection was refused'))
  }
  server.on('error', () => refused('exhausted'))
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => refused(handshakeFailure(error, socket)))
}

function urlOf(server: Server, host: string): string {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `${server instanceof TlsServer ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  peer: string,
  options: AdminOptions,
  dependencies: AdminDependencies,
): Promise<void> {
  const id = randomUUID()
  try {
    send(response, id, request.method === 'HEAD', await replyTo(request, { id, peer }, options, dependencies))
  } catch (err) {
    // A client that went away while its body was read is not a defect.
    if (request.destroyed && !request.complete) return
    dependencies.log.error({ err, requestId: id }, 'the admin listener failed')
    send(response, id, false, refusal(500, 'internal', 'the request failed; the log knows more'))
  }
}

async function replyTo(
  request: IncomingMessage,
  from: Pick<AdminRequest, 'id' | 'peer'>,
  options: AdminOptions,
  dependencies: AdminDependencies,
): Promise<Reply> {
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  const route = adminRouteAt(path)
  if (route === undefined) return refusal(404, 'not_found', `nothing is at \`${path.slice(0, 256)}\``)
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '')
  if (method !== route.method) {
    const allow = route.method === 'GET' ? 'GET, HEAD' : route.method
    return refusal(405, 'method_not_allowed', `only ${allow} is answered here`, { Allow: allow })
  }
  const known = knownBy(request, route, options, dependencies)
  const asked = (admin: Admin | null, body: string): AdminRequest => ({
    ...from,
    method,
    path,
    admin,
    body,
    ifMatch: request.headers['if-match'] ?? null,
  })
  if (known !== null && 'status' in known) {
    if (route.method !== 'GET') auditUnknown(asked(null, ''), known, dependencies)
    return known
  }
  if (route.method === 'GET') return route.handle(asked(known, ''), dependencies)
  // Whoever shows a token is no page of another site: `curl -d` may call its questions a form.
  const read = await readBody(request, route.hasBody && request.headers.authorization !== undefined)
  return 'refused' in read ? read.refused : route.handle(asked(known, read.body), dependencies)
}

function knownBy(
  request: IncomingMessage,
  route: AdminRoute,
  options: AdminOptions,
  dependencies: AdminDependencies,
): Admin | Reply | null {
  if (route.open) return null
  return authenticate(request, { tokens: dependencies.tokens(), loopbackUser: options.loopbackUser })
}

function auditUnknown(request: AdminRequest, reply: Reply, dependencies: AdminDependencies): void {
  dependencies.audit.record({
    ...adminEntry(request),
    op: null,
    key: null,
    effect: 'deny',
    reason: reply.status === 401 ? 'unauthenticated' : 'foreign_page',
    rule: null,
    file: null,
    line: null,
    revision: dependencies.snapshot().revision,
  })
}

function send(response: ServerResponse, id: string, head: boolean, reply: Reply): void {
  const text = typeof reply.body === 'string'
  const body = Buffer.from(typeof reply.body === 'string' ? reply.body : `${JSON.stringify(reply.body)}\n`)
  response.writeHead(reply.status, {
    'Content-Type': text ? 'text/plain; charset=utf-8' : 'application/json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Keddah-Request-Id': id,
    ...reply.headers,
  })
  response.end(head ? undefined : body)
}
