import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ServerOptions } from 'node:https'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'

/** What was asked of the stand-in. `query` by name, `headers` as they came. */
export interface AskedOfAdmin {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingMessage['headers']
}

/** One service as an Admin has it: JSON of the download, and of its roles. */
export interface AdminService {
  policies?: Readonly<Record<string, unknown>>
  roles?: Readonly<Record<string, unknown>>
  /** Sent instead of a full set to whoever takes deltas and has the version named here. */
  deltas?: { readonly from: number; readonly body: Readonly<Record<string, unknown>> }
  /** The service exists, and this user may not download. */
  isForbidden?: boolean
}

/** Answers instead of the stand-in. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => void

/**
 * A stand-in for Ranger Admin that speaks its documented download API: versions, deltas, 304, the two forms of 404, basic
 * authentication, session cookies, TLS; and faults on demand.
 *
 * Source: org.apache.ranger.rest.ServiceREST, RoleREST, ServiceDBStore (2.9).
 */
export class RangerAdmin {
  readonly services: Map<string, AdminService> = new Map()
  readonly asked: AskedOfAdmin[] = []
  /** Answers the next requests, one each. */
  readonly faults: Fault[] = []
  /** Answers every request that no fault of `faults` does; null: the stand-in itself. */
  fault: Fault | null = null
  user: { readonly name: string; readonly password: string } | null = null
  session: string | null = null
  packs: boolean = false
  url: string = ''

  /** How many times something was asked whose path has this in it. */
  count(part = ''): number {
    return this.asked.filter(({ path }) => path.includes(part)).length
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://admin')
    const query = Object.fromEntries(url.searchParams)
    this.asked.push({ path: decodeURIComponent(url.pathname), query, headers: request.headers })
    const fault = this.faults.shift() ?? this.fault
    if (fault !== null) return fault(request, response)
    if (!this.#isAuthenticated(request)) return say(response, 401, 'text/html', '<html>sign in</html>')
    if (this.session !== null)
      response.setHeader('set-cookie', `RANGERADMINSESSIONID=${this.session}; Path=/; HttpOnly`)
    const [, kind, name] =
      /^\/service\/(plugins\/(?:secure\/)?policies|roles(?:\/secure)?)\/download\/([^/]+)$/.exec(
        url.pathname,
      ) ?? []
    if (kind === undefined || name === undefined) return say(response, 404, 'text/html', '<html>404</html>')
    const service = this.services.get(decodeURIComponent(name))
    if (service === undefined) {
      const text = `"RANGER_ERROR_SERVICE_NOT_FOUND: ServiceName=${decodeURIComponent(name)}"`
      return say(response, 404, 'application/json', text)
    }
    if (service.isForbidden === true)
      return say(response, 403, 'application/json', "User doesn't have permission to download policy")
    if (kind.startsWith('roles'))
      this.#send(response, service.roles, 'roleVersion', query['lastKnownRoleVersion'])
    else this.#sendPolicies(response, service, query)
  }

  #sendPolicies(
    response: ServerResponse,
    service: AdminService,
    query: Readonly<Record<string, string>>,
  ): void {
    const { deltas, policies } = service
    const known = query['lastKnownVersion']
    if (query['supportsPolicyDeltas'] === 'true' && deltas !== undefined && String(deltas.from) === known)
      return this.#json(response, deltas.body)
    this.#send(response, policies, 'policyVersion', known)
  }

  #send(
    response: ServerResponse,
    body: Readonly<Record<string, unknown>> | undefined,
    versionKey: string,
    known: string | undefined,
  ): void {
    if (body === undefined || String(body[versionKey]) === known) {
      response.writeHead(304).end()
      return
    }
    this.#json(response, body)
  }

  #json(response: ServerResponse, body: unknown): void {
    const bytes = Buffer.from(JSON.stringify(body))
    const packed = this.packs ? gzipSync(bytes) : bytes
    response.writeHead(200, {
      'content-type': 'application/json',
      ...(this.packs ? { 'content-encoding': 'gzip' } : {}),
      'content-length': packed.length,
    })
    response.end(packed)
  }

  #isAuthenticated({ headers: { authorization, cookie } }: IncomingMessage): boolean {
    if (this.user === null) return true
    if (this.session !== null && cookie === `RANGERADMINSESSIONID=${this.session}`) return true
    const { name, password } = this.user
    return authorization === `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  }
}

const say = (response: ServerResponse, status: number, type: string, text: string): void => {
  response.writeHead(status, { 'content-type': type }).end(text)
}

/** Starts a stand-in on loopback that ends with the test; with `tls` it speaks TLS. */
export async function startRangerAdmin(tls: ServerOptions | null = null): Promise<RangerAdmin> {
  const admin = new RangerAdmin()
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    admin.answer(request, response)
  const server = tls === null ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  admin.url = `${tls === null ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  return admin
}
