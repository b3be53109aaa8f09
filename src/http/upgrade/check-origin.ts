import { ProtocolError } from '../../errors.ts'
import { valuesOf } from '../header-list.ts'

/**
 * Refuses a WebSocket that a page of another site asks for. Browsers let any page open one to any server, with the
 * visitor's cookies and certificate; `Origin` is all there is against it. What is no browser sends none, and could send
 * any: it is believed as far as its credentials are.
 *
 * Shape: `headers` is the flat list that was sent; `origins` null: the page has to be of the host that is asked for,
 * whatever scheme is written in front of it, for a proxy before us may speak TLS.
 * Errors: `ERR_HTTP_UPGRADE` (`origin`).
 * Source: RFC 6455 section 10.2.
 */
export function checkOrigin(
  headers: readonly string[],
  host: string | null,
  origins: ReadonlySet<string> | null,
): void {
  const sent = valuesOf(headers, 'origin')
  if (sent.length === 0) return
  const [origin = ''] = sent
  const isAllowed = origins === null ? isOf(host, origin) : origins.has(origin.toLowerCase())
  if (sent.length === 1 && isAllowed) return
  throw new ProtocolError('ERR_HTTP_UPGRADE', 'origin', 'pages of this site may not open a WebSocket here')
}

const isOf = (host: string | null, origin: string): boolean =>
  host !== null && /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase() === host.toLowerCase()
