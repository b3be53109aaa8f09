import { Permit } from '../decision/permit.ts'
import { KeddahError } from '../errors.ts'
import { type CanonicalTarget, type OwnIdentity, targetText } from '../routes/target.ts'
import { dispatch, type Way } from './dispatch.ts'
import type { Exchange } from './exchange.ts'
import { formTooLarge, MAX_FORM_BYTES, withoutIdentity } from './form-body.ts'
import { upstreamHeaders } from './headers.ts'
import type { RequestHead } from './precheck.ts'
import { refuseError } from './refuse-error.ts'
import { bodyTooLarge, collectBody, type ReadingOptions, RequestBody } from './request-body.ts'

/**
 * What goes to the upstream besides the request itself.
 *
 * Shape: `form`: the body is a form and is to be cleaned. `holds` says whether what decided is still in force; where it
 * is not, once a body was waited for, `again` decides anew.
 */
export interface Outgoing {
  readonly head: RequestHead
  readonly target: CanonicalTarget
  readonly identity: OwnIdentity
  readonly address: string | null
  readonly form: boolean
  readonly way: Way
  holds(): boolean
  again(): void
}

/** A body up to this size is read first and then sent in one go, so that a slow client holds no upstream. */
const MAX_COLLECTED_BYTES = 65_536
const COLLECTED = { holdBytes: MAX_COLLECTED_BYTES, tooLarge: () => bodyTooLarge(MAX_COLLECTED_BYTES) }

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
  if (exchange.collected !== null) return sendCollected(exchange, outgoing, path, exchange.collected)
  if (form) return collect(exchange, outgoing, path, { holdBytes: MAX_FORM_BYTES, tooLarge: formTooLarge })
  if (head.length !== null && head.length <= MAX_COLLECTED_BYTES && !head.expectsContinue)
    return collect(exchange, outgoing, path, COLLECTED)
  stream(exchange, outgoing, path, head.length)
}

/** Reads the whole body before anything is sent. A refresh that comes meanwhile holds for the request as well. */
function collect(exchange: Exchange, outgoing: Outgoing, path: string, bound: typeof COLLECTED): void {
  const options = {
    ...reading(exchange, outgoing.head),
    ...bound,
    hold: (bytes: number) => exchange.hold(bytes),
  }
  const collecting = collectBody(exchange.request, options, (result) => {
    exchange.ongoing = null
    if (exchange.isOver) return
    if (result instanceof Error) {
      // A client that hangs up is seen by its connection.
      if (result instanceof KeddahError) refuseError(exchange, result)
      return
    }
    exchange.collected = result
    if (outgoing.holds()) sendCollected(exchange, outgoing, path, result)
    else outgoing.again()
  })
  exchange.ongoing = { abandon: () => collecting.stop() }
}

function sendCollected(exchange: Exchange, outgoing: Outgoing, path: string, body: Buffer): void {
  try {
    send(exchange, outgoing, path, outgoing.form ? withoutIdentity(body) : body)
  } catch (error) {
    refuseError(exchange, error)
  }
}

function send(exchange: Exchange, outgoing: Outgoing, path: string, body: Buffer | null): void {
  dispatch(
    exchange,
    {
      method: outgoing.head.method,
      path,
      headers: headersFor(exchange, outgoing, null),
      body,
      upgrades: exchange.handshake !== null,
      holds: () => outgoing.holds(),
      again: () => outgoing.again(),
    },
    outgoing.way,
  )
}

function stream(exchange: Exchange, outgoing: Outgoing, path: string, length: number | null): void {
  const { head, way } = outgoing
  const options = reading(exchange, head)
  dispatch(
    exchange,
    {
      method: head.method,
      path,
      headers: headersFor(exchange, outgoing, length),
      body: () => new RequestBody(exchange.request, options),
      holds: () => outgoing.holds(),
      again: () => outgoing.again(),
    },
    way,
  )
}

const headersFor = ({ connection }: Exchange, { head, address }: Outgoing, length: number | null): string[] =>
  upstreamHeaders(head, { address, length, isTls: connection.tls !== null })

/** A client that waits for a `100 Continue` gets it when the first byte of its body is wanted, and not before. */
export const reading = ({ response, door }: Exchange, { expectsContinue }: RequestHead): ReadingOptions => ({
  silenceMs: door.service.timeouts.body,
  minRate: door.service.limits.minBodyRate,
  maxBytes: door.service.limits.bodyBytes,
  begin: () => {
    if (expectsContinue && !response.headersSent) response.writeContinue()
  },
})
