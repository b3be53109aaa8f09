import { cookiesForUpstream } from './cookies.ts'
import type { RequestHead } from './precheck.ts'

/**
 * The headers for the upstream, as a flat list of names and values: what may pass, and what Keddah says itself.
 *
 * Shape: `address` is where the request comes from, as decided; null: unknown, and then nothing is claimed. `length`
 * is that of the body that is sent, null where it comes in chunks or there is none.
 */
export function upstreamHeaders(
  head: RequestHead,
  own: { readonly address: string | null; readonly length: number | null; readonly isTls: boolean },
): string[] {
  const headers = head.passed
  if (head.host !== null) headers.push('host', head.host)
  if (own.address !== null) headers.push('x-forwarded-for', own.address)
  // A server that takes itself for the first one means `http`, which is right where nothing is said.
  if (own.isTls) headers.push('x-forwarded-proto', 'https')
  if (head.cookies.length > 0) {
    const cookies = cookiesForUpstream(head.cookies)
    if (cookies !== null) headers.push('cookie', cookies)
  }
  if (own.length !== null) headers.push('content-length', String(own.length))
  return headers
}
