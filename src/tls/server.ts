import { constants, hkdfSync } from 'node:crypto'
import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls'
import type { KeyPair, ServerTls } from './material.ts'

/** What Node's TLS server takes anew while it runs (`setSecureContext`). */
type ContextOptions = Pick<
  TlsOptions,
  'cert' | 'key' | 'ca' | 'minVersion' | 'ciphers' | 'secureOptions' | 'ticketKeys'
>

/** HTTP/2 is not spoken. Who offers only that is told so in the handshake (RFC 7301). */
const PROTOCOLS = ['http/1.1']

/**
 * The TLS side of a listener: what it shows at the moment, by the name a client asks for.
 *
 * Only ciphers with forward secrecy and authentication of what is encrypted are offered.
 */
export class ServerContexts {
  #named: ReadonlyMap<string, SecureContext>
  readonly #ticketSecret: Uint8Array | null
  #tls: ServerTls

  /**
   * With a `ticketSecret` whoever has the same and shows the same resumes each other's sessions; null: nobody else
   * does.
   */
  constructor(tls: ServerTls, ticketSecret: Uint8Array | null = null) {
    this.#ticketSecret = ticketSecret
    this.#tls = tls
    this.#named = namedContexts(tls, ticketSecret)
  }

  /** Options for `https.createServer`. Whether clients show certificates stays as it is for as long as it listens. */
  options(): TlsOptions {
    const { clientAuth } = this.#tls
    return {
      ...contextOptions(this.#tls, this.#tls.pair, this.#ticketSecret),
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
      ALPNProtocols: PROTOCOLS,
      SNICallback: (name, done) => this.#choose(name, done),
    }
  }

  /** Shows something else from the next handshake on; what was agreed with earlier ones cannot be resumed. */
  update(tls: ServerTls, server: { setSecureContext(options: TlsOptions): void }): void {
    if (tls.print === this.#tls.print) return
    const named = namedContexts(tls, this.#ticketSecret)
    server.setSecureContext(contextOptions(tls, tls.pair, this.#ticketSecret))
    this.#tls = tls
    this.#named = named
  }

  /** Whatever is thrown here would bring the process down (CVE-2026-21637), so nothing is. */
  #choose(name: string, done: (error: Error | null, context?: SecureContext) => void): void {
    let context: SecureContext | undefined
    try {
      const host = name.toLowerCase()
      context = this.#named.get(host) ?? this.#named.get(`*${host.slice(host.indexOf('.'))}`)
    } catch (error) {
      done(error instanceof Error ? error : new Error('no certificate could be chosen'))
      return
    }
    done(null, context)
  }
}

/** The strongest first; those of TLS 1.3 are all of this kind. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

const TICKET_KEYS_BYTES = 48

function contextOptions(
  { clientCa, minVersion, print }: ServerTls,
  pair: KeyPair,
  ticketSecret: Uint8Array | null,
): ContextOptions {
  // Other certificates or authorities make other keys: nothing that was agreed with earlier ones is resumed.
  const ticketKeys =
    ticketSecret === null
      ? null
      : Buffer.from(hkdfSync('sha256', ticketSecret, '', `tickets ${print}`, TICKET_KEYS_BYTES))
  return {
    cert: pair.certificate,
    key: Buffer.from(pair.key.reveal()),
    ...(clientCa === null ? {} : { ca: clientCa }),
    ...(ticketKeys === null ? {} : { ticketKeys }),
    minVersion,
    ciphers: CIPHERS,
    // Each costs the server more than the client, and nothing here needs one.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  }
}

/** By host in lower case; `*.example.com` for every name one label below. */
function namedContexts(tls: ServerTls, ticketSecret: Uint8Array | null): ReadonlyMap<string, SecureContext> {
  return new Map(
    tls.names.flatMap(({ hosts, pair }) => {
      const context = createSecureContext(contextOptions(tls, pair, ticketSecret))
      return hosts.map((host) => [host, context] as const)
    }),
  )
}
