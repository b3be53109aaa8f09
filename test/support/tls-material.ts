import { printOf, type ServerTls } from '../../src/tls/material.ts'
import type { TestAuthority } from './certificates.ts'

/** What a listener shows, with a pair of this authority where `parts` has none; no certificate is asked of clients. */
export function serverTlsOf(
  authority: TestAuthority,
  parts: Partial<Omit<ServerTls, 'print'>> = {},
): ServerTls {
  const tls: Omit<ServerTls, 'print'> = {
    pair: authority.issue(),
    clientCa: null,
    clientAuth: 'none',
    minVersion: 'TLSv1.2',
    names: [],
    ...parts,
  }
  return { ...tls, print: printOf(tls) }
}
