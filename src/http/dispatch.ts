import { ProtocolError } from '../errors.ts'
import type { ReceivedHead } from './answer-head.ts'
import type { Exchange, Ongoing } from './exchange.ts'
import { type Fault, faultOf, faultOfKind } from './faults.ts'
import { refuseError, refuseFault } from './refuse-error.ts'
import { endAfterAnswer } from './refuse.ts'
import type { RequestBody } from './request-body.ts'
import type { UpstreamRequest } from './request-text.ts'
import { clientHeaders } from './response-headers.ts'
import { HeldAnswer, review, type Reviewed, type Reviewer } from './review.ts'
import type { AnswerHandler, UpstreamConnection } from './upstream-connection.ts'
import type { Upstreams } from './upstreams.ts'

/** What is sent. A body that streams is made anew for each attempt; nothing of it is read before it can be sent. */
export interface Attempt extends Omit<UpstreamRequest, 'body'> {
  readonly body: Buffer | null | (() => RequestBody)
}

/** Which servers are asked, and who sees their answers first. A refresh may replace both meanwhile. */
export interface Way {
  readonly upstreams: Upstreams
  readonly reviewers: readonly Reviewer[]
}

const OUTCOMES = ['error', '1xx', '2xx', '3xx', '4xx', '5xx']

/**
 * Sends to the first upstream; to the next one only where a connection is refused, or its answer says that nothing was
 * done, so that nothing is done twice.
 */
export function dispatch(exchange: Exchange, attempt: Attempt, way: Way): void {
  new Forwarding(exchange, attempt, way).start()
}

/** One request at an upstream, and its answer on the way back. */
class Forwarding implements AnswerHandler, Ongoing {
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  /** Those of the start: a refresh may replace them meanwhile. */
  readonly #upstreams: Upstreams
  readonly #reviewers: readonly Reviewer[]
  #origin = 0
  #connection: UpstreamConnection | null = null
  #body: RequestBody | null = null
  /** Zero until the answer has begun. */
  #status = 0
  /** The answer as far as it is read, while the client must not see any of it. */
  #held: HeldAnswer | null = null
  /** The last piece of the answer, which leaves with its end. */
  #last: Buffer | null = null
  #stall: NodeJS.Timeout | null = null
  #isAbandoned = false

  constructor(exchange: Exchange, attempt: Attempt, { upstreams, reviewers }: Way) {
    this.#exchange = exchange
    this.#attempt = attempt
    this.#upstreams = upstreams
    this.#reviewers = reviewers
  }

  start(): void {
    this.#connection = this.#upstreams.take(this.#origin)
    if (this.#connection === null) {
      refuseFault(this.#exchange, faultOfKind('busy'))
      return
    }
    this.#exchange.ongoing = this
    this.#status = 0
    const { method, path, headers, body } = this.#attempt
    this.#body = null
    const { timeouts } = this.#exchange.door.service
    this.#exchange.isSent = true
    this.#connection.send(
      { method, path, headers, body: typeof body === 'function' ? () => (this.#body = body()) : body },
      { headers: timeouts.upstreamHeaders, body: timeouts.body },
      this,
    )
  }

  abandon(): void {
    this.#isAbandoned = true
    this.#connection?.abort(new Error('the client is gone'))
  }

  onHead({ status, headers }: ReceivedHead): void {
    const upstream = this.#upstreams.originOf(this.#origin)
    const head = { status, headers: clientHeaders(headers, status), upstream }
    this.#status = status
    const outcome = review(this.#reviewers, head, null, this.#exchange)
    if (outcome.kind === 'reviewed') this.#begin(outcome)
    else if (outcome.kind === 'refuse') throw outcome.error
    else this.#held = new HeldAnswer(head, this.#exchange)
  }

  onData(piece: Buffer, isLast: boolean): void {
    if (this.#held === null) {
      if (isLast) this.#last = piece
      else this.#pass(piece)
    } else if (!this.#held.add(piece)) {
      const { head } = this.#held
      const outcome = review(this.#reviewers, head, 'too long', this.#exchange)
      if (outcome.kind === 'refuse') throw outcome.error
      this.#begin(outcome)
      this.#pass(this.#held.take())
      this.#held = null
    }
  }

  onEnd(): void {
    const held = this.#held
    this.#release()
    const { door } = this.#exchange
    door.dependencies.telemetry.metrics.upstream(
      door.service.name,
      OUTCOMES[Math.floor(this.#status / 100)] ?? 'error',
    )
    if (held === null) this.#exchange.finish(this.#last)
    else this.#guarded(() => this.#endHeld(held))
  }

  onError(error: unknown, hasBegun: boolean): void {
    this.#guarded(() => this.#failed(error, hasBegun))
  }

  /** Nobody would answer for what is thrown after the end of an answer. */
  #guarded(step: () => void): void {
    try {
      step()
    } catch (defect) {
      refuseError(this.#exchange, defect)
    }
  }

  #begin({ status, headers }: Reviewed): void {
    const exchange = this.#exchange
    // The rest of the body is not wanted any more, and must not be read as a request.
    if (exchange.hasUnreadBody) endAfterAnswer(exchange, headers)
    else if (exchange.door.keepsNothing) headers.push('Connection', 'close')
    exchange.response.writeHead(status, headers)
  }

  #pass(piece: Buffer): void {
    const { response, door } = this.#exchange
    // What the upstream has sent before it hung up comes in one go, paused or not.
    if (response.write(piece) || this.#stall !== null) return
    this.#connection?.pause()
    this.#stall = setTimeout(() => this.#exchange.cut(), door.service.timeouts.body)
    response.once('drain', () => {
      if (this.#stall !== null) clearTimeout(this.#stall)
      this.#stall = null
      this.#connection?.resume()
    })
  }

  #endHeld(held: HeldAnswer): void {
    if (this.#isAbandoned) return
    const exchange = this.#exchange
    const outcome = review(this.#reviewers, held.head, held.take(), exchange)
    if (outcome.kind === 'elsewhere') this.#goElsewhere()
    else if (outcome.kind === 'refuse') this.#refuse(faultOf(outcome.error))
    else {
      this.#begin(outcome)
      exchange.finish(outcome.body)
    }
  }

  /** Asks the next one, if all of the request can be sent once more. */
  #goElsewhere(): void {
    if (this.#canSendAgain && this.#origin + 1 < this.#upstreams.count) {
      this.#origin += 1
      this.start()
    } else this.#refuse(faultOfKind('standby'))
  }

  #refuse(fault: Fault): void {
    const { dependencies, service } = this.#exchange.door
    dependencies.telemetry.metrics.upstreamError(service.name, fault.kind)
    refuseFault(this.#exchange, fault)
  }

  get #canSendAgain(): boolean {
    return this.#body === null || !this.#body.hasBegun
  }

  #failed(error: unknown, hasBegun: boolean): void {
    this.#release()
    const exchange = this.#exchange
    const { metrics } = exchange.door.dependencies.telemetry
    const { name } = exchange.door.service
    if (this.#isAbandoned || exchange.isOver || exchange.request.errored) {
      metrics.upstream(name, 'aborted')
      return
    }
    if (error instanceof ProtocolError) {
      metrics.upstream(name, 'aborted')
      refuseError(exchange, error)
      return
    }
    const fault = faultOf(error)
    metrics.upstreamError(name, fault.kind)
    if (!hasBegun && fault.kind === 'connect_refused' && this.#origin + 1 < this.#upstreams.count) {
      this.#origin += 1
      this.start()
      return
    }
    metrics.upstream(name, 'error')
    refuseFault(exchange, fault)
  }

  #release(): void {
    if (this.#stall !== null) clearTimeout(this.#stall)
    this.#exchange.ongoing = null
    this.#held = null
    if (this.#connection !== null) this.#upstreams.give(this.#connection)
    this.#connection = null
  }
}
