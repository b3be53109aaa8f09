import { Permit } from '../decision/permit.ts'
import { ProtocolError } from '../errors.ts'
import { targetText, type CanonicalTarget } from '../routes/target.ts'
import { type Attempt, dispatch } from './dispatch.ts'
import type { Exchange } from './exchange.ts'
import { formTooLarge, MAX_FORM_BYTES, withoutIdentity } from './form-body.ts'
import { upstreamHeaders } from './headers.ts'
import type { RequestHead } from './precheck.ts'
import { refuseError } from './refuse-error.ts'
import { collectBody, RequestBody } from './request-body.ts'

/** What goes to the upstream besides the request itself. `form`: the body is a form and is to be cleaned. */
export interface Outgoing {
  readonly head: RequestHead
  readonly target: CanonicalTarget
  readonly identity: { readonly userName: string | null; readonly doAs: string | null }
  readonly address: string | null
  readonly form: boolean
}

/** A body up to this size is read first and then sent in one go, so that a slow client holds no upstream. */
const SMALL_BYTES = 65_536

/**
 * Sends a request on. Only who holds a permit can call it.
 *
 * Errors: `ERR_HTTP_PARAMETER` where the target cannot be written; what goes wrong later is answered from here.
 */
export function forward(permit: Permit, exchange: Exchange, outgoing: Outgoing): void {
  if (!Permit.isIssued(permit)) throw new TypeError('forwarding takes a permit that was issued')
  const { head, form } = outgoing
  const path = targetText(outgoing.target, outgoing.identity)
  if (head.length === 0) {
    send(exchange, outgoing, path, null)
    return
  }
  if (form) return collect(exchange, outgoing, path, MAX_FORM_BYTES)
  if (head.length !== null && head.length <= SMALL_BYTES && !head.expectsContinue)
    return collect(exchange, outgoing, path, SMALL_BYTES)
  stream(exchange, outgoing, path, head.length)
}

function collect(exchange: Exchange, outgoing: Outgoing, path: string, maxBytes: number): void {
  const options = { ...reading(exchange, outgoing.head), maxBytes, tooLarge: formTooLarge }
  const collecting = collectBody(exchange.request, options, (result) => {
    exchange.ongoing = null
    if (exchange.isOver) return
    // A client that hangs up is seen by its connection.
    if (result instanceof Error && !(result instanceof ProtocolError)) return
    try {
      if (result instanceof Error) throw result
      send(exchange, outgoing, path, outgoing.form ? withoutIdentity(result) : result)
    } catch (error) {
      refuseError(exchange, error)
    }
  })
  exchange.ongoing = { abandon: () => collecting.stop() }
}

function send(exchange: Exchange, outgoing: Outgoing, path: string, body: Buffer | null): void {
  const { head, address } = outgoing
  dispatch(exchange, {
    method: head.method,
    path,
    headers: upstreamHeaders(head, { address, length: null }),
    body,
  })
}

function stream(exchange: Exchange, outgoing: Outgoing, path: string, length: number | null): void {
  const { head, address } = outgoing
  const options = reading(exchange, head)
  const attempt: Attempt = {
    method: head.method,
    path,
    headers: upstreamHeaders(head, { address, length }),
    body: () => new RequestBody(exchange.request, options),
  }
  dispatch(exchange, attempt)
}

/** A client that waits for a `100 Continue` gets it when the first byte of its body is wanted, and not before. */
const reading = (
  { response, door }: Exchange,
  { expectsContinue }: RequestHead,
): { silenceMs: number; begin: () => void } => ({
  silenceMs: door.service.timeouts.body,
  begin: () => {
    if (expectsContinue && !response.headersSent) response.writeContinue()
  },
})
