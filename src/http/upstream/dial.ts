import { connect, isIP, type LookupFunction } from 'node:net'
import { checkServerIdentity, connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import { clientOptions, serverNameFor } from '../../tls/client.ts'
import type { ProtectedService } from '../service.ts'
import type { Dialled } from './upstream-connection.ts'

const KEEP_ALIVE_MS = 60_000

/**
 * Opens connections to one upstream; over TLS where its address says so. Every handshake is a whole one: Node does not
 * compare the name of the server again where a session is taken up.
 */
export class Dialer {
  readonly #url: URL
  readonly #timeoutMs: number
  readonly #serverName: string
  /** Made once: reading certificates anew costs more than the handshake. Null: no TLS. */
  readonly #context: SecureContext | null
  readonly #lookup: LookupFunction | undefined

  /** `lookup` resolves the name of the upstream; left out: the system does. */
  constructor(
    origin: string,
    { timeouts, upstreamTls }: Pick<ProtectedService, 'timeouts' | 'upstreamTls'>,
    lookup?: LookupFunction,
  ) {
    this.#lookup = lookup
    this.#url = new URL(origin)
    this.#timeoutMs = timeouts.connect
    this.#serverName = serverNameFor(origin, upstreamTls)
    this.#context = this.#url.protocol === 'https:' ? createSecureContext(clientOptions(upstreamTls)) : null
  }

  /** What an upstream is called where a request names no host. */
  get host(): string {
    return this.#url.host
  }

  dial(): Dialled {
    const { hostname, port } = this.#url
    const context = this.#context
    const options = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (context === null ? 80 : 443) : Number(port),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      ...(this.#lookup === undefined ? {} : { lookup: this.#lookup }),
    }
    const timeoutMs = this.#timeoutMs
    if (context === null) return { socket: connect(options), readyEvent: 'connect', timeoutMs }
    const name = this.#serverName
    const socket = connectTls({
      ...options,
      secureContext: context,
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      // An address is never said in a handshake, but it has to be proved all the same.
      servername: isIP(name) === 0 ? name : '',
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    })
    return { socket, readyEvent: 'secureConnect', timeoutMs }
  }
}
