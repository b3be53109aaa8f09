import type { Dispatcher } from 'undici'
import { ProtocolError, UnavailableError } from '../errors.ts'
import type { Exchange, Ongoing } from './exchange.ts'
import { type Fault, faultOf, faultOfKind } from './faults.ts'
import { refuseError, refuseFault } from './refuse-error.ts'
import { endAfterAnswer } from './refuse.ts'
import type { RequestBody } from './request-body.ts'
import { clientHeaders } from './response-headers.ts'
import { HeldAnswer, review, type Reviewed, type Reviewer } from './review.ts'
import type { Connection, Upstreams } from './upstreams.ts'

/** What is sent. A body that streams is made anew for each attempt; nothing of it is read before it can be sent. */
export interface Attempt {
  readonly method: string
  readonly path: string
  readonly headers: string[]
  readonly body: Buffer | null | (() => RequestBody)
}

/** undici takes the name that a server has to prove, and does not declare it. */
interface NamedOptions extends Dispatcher.DispatchOptions {
  readonly servername: string
}

const MAX_INTERIM = 32
const OUTCOMES = ['error', '1xx', '2xx', '3xx', '4xx', '5xx']

/**
 * Sends to the first upstream; to the next one only where a connection is refused, or its answer says that nothing was
 * done, so that nothing is done twice.
 */
export function dispatch(exchange: Exchange, attempt: Attempt): void {
  new Forwarding(exchange, attempt).start()
}

/** One request at an upstream, and its answer on the way back. One object a request: undici calls its methods. */
class Forwarding implements Dispatcher.DispatchHandler, Ongoing {
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  /** Those of the start: a refresh may replace them meanwhile. */
  readonly #upstreams: Upstreams
  readonly #reviewers: readonly Reviewer[]
  #origin = 0
  #connection: Connection | null = null
  #controller: Dispatcher.DispatchController | null = null
  #body: RequestBody | null = null
  #interim = 0
  /** Zero until the answer has begun. */
  #status = 0
  /** The answer as far as it is read, while the client must not see any of it. */
  #held: HeldAnswer | null = null
  #stall: NodeJS.Timeout | null = null
  #isAbandoned = false

  constructor(exchange: Exchange, attempt: Attempt) {
    this.#exchange = exchange
    this.#attempt = attempt
    this.#upstreams = exchange.door.upstreams
    this.#reviewers = exchange.door.service.reviewers
  }

  start(): void {
    this.#connection = this.#upstreams.take(this.#origin)
    if (this.#connection === null) {
      refuseFault(this.#exchange, faultOfKind('busy'))
      return
    }
    this.#exchange.ongoing = this
    this.#interim = 0
    this.#status = 0
    const { method, path, headers, body } = this.#attempt
    this.#body = typeof body === 'function' ? body() : null
    // undici hears of it as well while it reads; afterwards nobody has to, and it must not bring the process down.
    this.#body?.on('error', () => this.#body?.destroy())
    const { timeouts } = this.#exchange.door.service
    const options: NamedOptions = {
      method,
      path,
      headers,
      servername: this.#upstreams.serverNameOf(this.#origin),
      body: typeof body === 'function' ? this.#body : body,
      headersTimeout: timeouts.upstreamHeaders,
      bodyTimeout: timeouts.body,
    }
    this.#connection.client.dispatch(options, this)
  }

  abandon(): void {
    this.#isAbandoned = true
    this.#controller?.abort(new Error('the client is gone'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#connection?.filter?.expectAnswer()
    if (this.#isAbandoned) controller.abort(new Error('the client is gone'))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) {
      this.#interim += 1
      if (status < 100 || status === 101 || this.#interim > MAX_INTERIM)
        throw protocolError(`the upstream answered ${status}, which nobody asked for`)
      return
    }
    const raw = controller.rawHeaders
    if (!Array.isArray(raw)) throw protocolError('the upstream sent no headers')
    const upstream = this.#upstreams.originOf(this.#origin)
    const head = { status, headers: clientHeaders(raw, status), upstream }
    this.#status = status
    const outcome = review(this.#reviewers, head, null, this.#exchange)
    if (outcome.kind === 'reviewed') this.#begin(outcome)
    else if (outcome.kind === 'refuse') throw outcome.error
    else this.#held = new HeldAnswer(head, this.#exchange)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isAbandoned) return
    if (this.#held === null) this.#pass(controller, chunk)
    else if (!this.#held.add(chunk)) {
      const { head } = this.#held
      const outcome = review(this.#reviewers, head, 'too long', this.#exchange)
      if (outcome.kind === 'refuse') throw outcome.error
      this.#begin(outcome)
      this.#pass(controller, this.#held.take())
      this.#held = null
    }
  }

  onResponseEnd(): void {
    const held = this.#held
    this.#release()
    const { door } = this.#exchange
    door.dependencies.telemetry.metrics.upstream(
      door.service.name,
      OUTCOMES[Math.floor(this.#status / 100)] ?? 'error',
    )
    if (held === null) this.#exchange.finish()
    else this.#guarded(() => this.#endHeld(held))
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#guarded(() => this.#failed(error))
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

  #pass(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { response, door } = this.#exchange
    // What the upstream has sent before it hung up comes in one go, paused or not.
    if (response.write(chunk) || this.#stall !== null) return
    controller.pause()
    this.#stall = setTimeout(() => this.#exchange.cut(), door.service.timeouts.body)
    response.once('drain', () => {
      if (this.#stall !== null) clearTimeout(this.#stall)
      this.#stall = null
      controller.resume()
    })
  }

  #endHeld(held: HeldAnswer): void {
    if (this.#isAbandoned) return
    const exchange = this.#exchange
    const outcome = review(this.#reviewers, held.head, held.take(), exchange)
    if (outcome.kind === 'elsewhere') this.#goElsewhere()
    else if (outcome.kind === 'refuse') this.#refuse(faultOf(outcome.error, true))
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

  #failed(error: Error): void {
    const hadStarted = this.#controller !== null
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
    const fault = faultOf(error, this.#status !== 0)
    metrics.upstreamError(name, fault.kind)
    if (!hadStarted && fault.kind === 'connect_refused' && this.#origin + 1 < this.#upstreams.count) {
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
    this.#controller = null
    this.#held = null
    this.#body?.destroy()
    if (this.#connection !== null) this.#upstreams.give(this.#connection)
    this.#connection = null
  }
}

const protocolError = (message: string): UnavailableError =>
  new UnavailableError('ERR_UPSTREAM_PROTOCOL', message, { retryable: false })
