import { X509Certificate } from 'node:crypto'
import type { ConnectionOptions } from 'node:tls'
import type { ClientTls } from './material.ts'

/** The name or address that the certificate of an upstream has to have; without brackets. */
export function serverNameFor(url: string, tls: ClientTls | null): string {
  return tls?.serverName ?? new URL(url).hostname.replace(/^\[|\]$/g, '')
}

/**
 * Options for a connection to a server that has to prove who it is.
 *
 * Shape: `tls` null asks for what Node's own list of authorities vouches for. That verification is on is said here, so
 * that no variable of the environment switches it off.
 */
export function clientOptions(
  tls: ClientTls | null,
): Pick<ConnectionOptions, 'rejectUnauthorized' | 'minVersion' | 'ALPNProtocols' | 'ca' | 'cert' | 'key'> {
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    ...(tls === null || tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls === null || tls.pair === null
      ? {}
      : { cert: tls.pair.certificate, key: Buffer.from(tls.pair.key.reveal()) }),
  }
}

/** Options for a connection to a server that shows one certain certificate, whatever name it is asked by. */
export function onlyCertificate(certificate: string): ConnectionOptions {
  const { fingerprint256: wanted } = new X509Certificate(certificate)
  return {
    ...clientOptions(null),
    ca: certificate,
    // It vouches for itself, whoever has issued it.
    allowPartialTrustChain: true,
    checkServerIdentity: (_, { fingerprint256 }) =>
      fingerprint256 === wanted
        ? undefined
        : new Error('it shows another certificate than that of the running instance or its settings'),
  }
}
