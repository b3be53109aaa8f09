import { KeddahError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import { reading } from './forward.ts'
import type { RequestHead } from './precheck.ts'
import { refuseError } from './refuse-error.ts'
import { bodyTooLarge, collectBody } from './request-body.ts'

const NO_BYTES = Buffer.alloc(0)

/**
 * Reads the body of a request that is decided on by what it holds. Once read it is kept with the exchange, and sent on as
 * it is. It may be as large as `limits.resourceBodyBytes`.
 *
 * Shape: `done` is called at once where it is known already, which is so when a refresh has the request decided anew. It
 * is not called where the body does not come whole: that is answered from here.
 * Errors: `ERR_HTTP_LIMIT` (`body_too_large`) where the head says so already.
 */
export function readResourceBody(exchange: Exchange, head: RequestHead, done: (body: Buffer) => void): void {
  if (head.length === 0) return done(NO_BYTES)
  if (exchange.collected !== null) return done(exchange.collected)
  const { resourceBodyBytes } = exchange.door.service.limits
  if (head.length !== null && head.length > resourceBodyBytes) throw bodyTooLarge(resourceBodyBytes)
  const options = {
    ...reading(exchange, head),
    holdBytes: resourceBodyBytes,
    tooLarge: () => bodyTooLarge(resourceBodyBytes),
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
