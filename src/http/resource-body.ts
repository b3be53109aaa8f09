import { KeddahError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import { reading } from './forward.ts'
import type { RequestHead } from './precheck.ts'
import { refuseError } from './refuse-error.ts'
import { bodyTooLarge, collectBody } from './request-body.ts'

/** A body that says what the request is about is read as a whole, so it has to fit. */
const MAX_RESOURCE_BYTES = 1_048_576

const NO_BYTES = Buffer.alloc(0)

/**
 * Reads the body of a request that is decided on by what it holds. Once read it is kept with the exchange, and sent on as
 * it is.
 *
 * Shape: `done` is called at once where it is known already, which is so when a refresh has the request decided anew. It
 * is not called where the body does not come whole: that is answered from here.
 * Errors: `ERR_HTTP_LIMIT` (`body_too_large`) where the head says so already.
 */
export function readResourceBody(exchange: Exchange, head: RequestHead, done: (body: Buffer) => void): void {
  if (head.length === 0) return done(NO_BYTES)
  if (exchange.collected !== null) return done(exchange.collected)
  if (head.length !== null && head.length > MAX_RESOURCE_BYTES) throw bodyTooLarge(MAX_RESOURCE_BYTES)
  const options = {
    ...reading(exchange, head),
    holdBytes: MAX_RESOURCE_BYTES,
    tooLarge: () => bodyTooLarge(MAX_RESOURCE_BYTES),
    hold: (bytes: number) => exchange.hold(bytes),
  }
  const collecting = collectBody(exchange.request, options, (result) => {
    exchange.ongoing = null
    if (exchange.isOver) return
    if (!(result instanceof Error)) {
      exchange.collected = result
      done(result)
    } else if (result instanceof KeddahError) {
      // A client that hangs up is seen by its connection.
      refuseError(exchange, result)
    }
  })
  exchange.ongoing = { abandon: () => collecting.stop() }
}
