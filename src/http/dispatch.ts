import { ProtocolError } from '../errors.ts'
import type { ReceivedHead } from './upstream/answer-head.ts'
import type { Exchange, Ongoing } from './exchange.ts'
import { type Fault, faultOf, faultOfKind } from './faults.ts'
import type { InFlight, Waiter } from './upstream/in-flight.ts'
import { refuseError, refuseFault } from './refuse-error.ts'
import { endAfterAnswer } from './refuse.ts'
import type { RequestBody } from './request-body.ts'
import type { UpstreamRequest } from './upstream/request-text.ts'
import { clientHeaders } from './response-headers.ts'
import {
  type Away,
  type BodyFilter,
  HeldAnswer,
  type Refuse,
  review,
  type Reviewed,
  type Reviewer,
} from './review.ts'
import type { RetryCause, Servers } from './availability/servers.ts'
import { openTunnel } from './upgrade/open-tunnel.ts'
import type { AnswerHandler, UpstreamConnection } from './upstream/upstream-connection.ts'
import type { Upstreams } from './upstream/upstreams.ts'
import { giveBack } from './upstream/written-memory.ts'

/** What is sent. A body that streams is made anew for each attempt; nothing of it is read before it can be sent. */
export interface Attempt extends Omit<UpstreamRequest, 'body'> {
  readonly body: Buffer | null | (() => RequestBody)
  /** Whether what decided is still in force; where it is not, once there was a wait, `again` decides anew. */
  holds(): boolean
  again(): void
}

/** Which servers are asked, in what order, and who sees their answers first. A refresh may replace them meanwhile. */
export interface Way {
  readonly upstreams: Upstreams
  readonly servers: Servers
  readonly reviewers: readonly Reviewer[]
}

const OUTCOMES = ['error', '1xx', '2xx', '3xx', '4xx', '5xx']

/** However many servers say that another one is active. */
const MAX_TRIES = 3
/** What may be done twice, for it changes nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Sends to the first server; to another one where nothing could be sent, where its answer says that nothing was done, or
 * where the connection was lost and doing it twice changes nothing. It is the same server, by a new connection, where
 * that is the only one and the lost connection was a kept one.
 */
export function dispatch(exchange: Exchange, attempt: Attempt, way: Way): void {
  new Forwarding(exchange, attempt, way).start()
}

/** One request at an upstream, and its answer on the way back. */
class Forwarding implements AnswerHandler, Ongoing, Waiter {
  readonly #exchange: Exchange
  readonly #attempt: Attempt
  /** Those of the start: a refresh may replace them meanwhile. */
  readonly #upstreams: Upstreams
  readonly #servers: Servers
  readonly #reviewers: readonly Reviewer[]
  #origin = 0
  #tries = 0
  /** No kept connection is to be used: one was lost. */
  #wantsNew = false
  #queue: InFlight | null = null
  #connection: UpstreamConnection | null = null
  #body: RequestBody | null = null
  /** Zero until the answer has begun. */
  #status = 0
  /** The answer as far as it is read, while the client must not see any of it. */
  #held: HeldAnswer | null = null
  /** What its body is led through; null for nearly all. */
  #filter: BodyFilter | null = null
  /** The last piece of the answer, which leaves with its end. */
  #last: Buffer | null = null
  #stall: NodeJS.Timeout | null = null
  #isAbandoned = false

  constructor(exchange: Exchange, attempt: Attempt, { upstreams, servers, reviewers }: Way) {
    this.#exchange = exchange
    this.#attempt = attempt
    this.#upstreams = upstreams
    this.#servers = servers
    this.#reviewers = reviewers
  }

  start(): void {
    const first = this.#servers.first()
    if (first !== null) this.#ask(first)
    else this.#goOn(null, 'standby', () => this.#refuse(faultOfKind('standby')))
  }

  /** Asks a server, once there is a place for it there. */
  #ask(origin: number): void {
    this.#origin = origin
    this.#tries += 1
    const exchange = this.#exchange
    const { patience } = exchange
    const places = this.#upstreams.placesAt(origin)
    if (places.enter()) this.#send()
    else if (places.wait(this, patience?.until)) {
      this.#queue = places
      // Who is patient is counted already.
      if (patience === null) exchange.door.queued.inc()
      exchange.ongoing = this
    } else this.#refuse(faultOfKind(places.waiting > 0 ? 'queue_full' : 'busy'))
  }

  /** While it waited, a refresh may have come: then it is decided anew; or the server may not be the active one now. */
  admitted(): void {
    const places = this.#leaveQueue()
    this.#guarded(() => {
      const holds = this.#attempt.holds()
      if (holds && this.#servers.isAsked(this.#origin)) return this.#send()
      places?.leave()
      if (!holds) return this.#attempt.again()
      // It was not asked.
      this.#tries -= 1
      this.#goOn(null, 'standby', () => this.#refuse(faultOfKind('standby')))
    })
  }

  expired(): void {
    this.#leaveQueue()
    this.#guarded(() => this.#refuse(faultOfKind('busy')))
  }

  #leaveQueue(): InFlight | null {
    const queue = this.#queue
    this.#queue = null
    if (queue === null) return null
    this.#exchange.ongoing = null
    if (this.#exchange.patience === null) this.#exchange.door.queued.dec()
    return queue
  }

  /** Sends it, having a place. */
  #send(): void {
    this.#connection = this.#upstreams.take(this.#origin, this.#wantsNew)
    this.#exchange.ongoing = this
    this.#status = 0
    this.#last = null
    const { method, path, headers, body, upgrades = false } = this.#attempt
    this.#body = null
    const { timeouts } = this.#exchange.door.service
    this.#exchange.isSent = true
    this.#exchange.endPatience()
    this.#connection.send(
      {
        method,
        path,
        headers,
        body: typeof body === 'function' ? () => (this.#body = body()) : body,
        upgrades,
      },
      { headers: timeouts.upstreamHeaders, body: timeouts.body },
      this,
    )
  }

  abandon(): void {
    this.#isAbandoned = true
    this.#leaveQueue()?.cancel(this)
    this.#connection?.abort(new Error('the client is gone'))
  }

  onHead(received: ReceivedHead): void {
    const { status } = received
    const upstream = this.#upstreams.originOf(this.#origin)
    const head = { status, headers: clientHeaders(received), upstream, target: this.#attempt.path }
    this.#status = status
    const outcome = review(this.#reviewers, head, null, this.#exchange)
    if (outcome.kind === 'reviewed') this.#begin(outcome)
    else if (outcome.kind === 'refuse') throw outcome.error
    else this.#held = new HeldAnswer(head, this.#exchange)
  }

  onSwitch(head: ReceivedHead, early: Buffer): void {
    const connection = this.#connection
    if (connection === null) return
    this.#exchange.answered(head.status)
    this.#exchange.ongoing = openTunnel(this.#exchange, head, early, {
      take: () => connection.detach(),
      give: () => this.#release(),
    })
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
    this.#guarded(() => this.#ended(held))
  }

  #ended(held: HeldAnswer | null): void {
    const exchange = this.#exchange
    const { door } = exchange
    let outcome: Reviewed | Away | Refuse | null = null
    try {
      if (held !== null && !this.#isAbandoned)
        outcome = review(this.#reviewers, held.head, held.take(), exchange)
      // Before the place is free: whoever gets it next is not to be sent to a server that is not the active one.
      if (outcome?.kind === 'elsewhere') this.#servers.failed(this.#origin, outcome.cause)
    } finally {
      this.#release()
    }
    door.dependencies.telemetry.metrics.upstream(
      door.service.name,
      OUTCOMES[Math.floor(this.#status / 100)] ?? 'error',
    )
    if (held === null) this.#finish(this.#last)
    else if (outcome?.kind === 'elsewhere') this.#goElsewhere(outcome)
    else if (outcome?.kind === 'refuse') this.#refuse(faultOf(outcome.error))
    else if (outcome !== null) this.#answer(outcome)
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

  #begin({ status, headers, filter }: Reviewed): void {
    const exchange = this.#exchange
    this.#filter = filter
    // The rest of the body is not wanted any more, and must not be read as a request.
    if (exchange.isLast) endAfterAnswer(exchange, headers)
    else if (exchange.door.keepsNothing) headers.push('Connection', 'close')
    exchange.answered(status)
    exchange.response.writeHead(status, headers)
  }

  #pass(received: Buffer): void {
    const { response, door } = this.#exchange
    const piece = this.#filter === null ? received : this.#filter.next(received)
    // What the upstream has sent before it hung up comes in one go, paused or not.
    if (response.write(piece, giveBack(piece)) || this.#stall !== null) return
    this.#connection?.pause()
    this.#stall = setTimeout(() => this.#exchange.cut(), door.service.timeouts.body)
    response.once('drain', () => {
      if (this.#stall !== null) clearTimeout(this.#stall)
      this.#stall = null
      this.#connection?.resume()
    })
  }

  #answer(answer: Reviewed): void {
    this.#begin(answer)
    this.#finish(answer.body)
  }

  #finish(last: Buffer | null): void {
    this.#exchange.finish(this.#filter === null ? last : this.#filter.end(last))
  }

  #goElsewhere({ cause, otherwise }: Away): void {
    const giveUp = (): void => {
      if (otherwise === null) this.#refuse(faultOfKind('standby'))
      else this.#answer(otherwise)
    }
    if (this.#canSendAgain) this.#goOn(this.#origin, cause, giveUp)
    else giveUp()
  }

  /** Asks whoever is next, once it is known who that is, or gives up. */
  #goOn(failed: number | null, cause: RetryCause, giveUp: () => void): void {
    if (this.#tries >= MAX_TRIES) return giveUp()
    const next = this.#servers.next(failed, cause, this.#exchange)
    const go = (found: number | null): void => {
      const { door } = this.#exchange
      this.#exchange.ongoing = null
      if (this.#isAbandoned || this.#exchange.isOver) return
      if (!this.#attempt.holds()) return this.#attempt.again()
      if (found === null) return giveUp()
      if (failed !== null) door.dependencies.telemetry.metrics.retried(door.service.name, cause)
      this.#ask(found)
    }
    if (!(next instanceof Promise)) return go(next)
    this.#exchange.ongoing = this
    next.then(
      (found) => this.#guarded(() => go(found)),
      (defect: unknown) => refuseError(this.#exchange, defect),
    )
  }

  #refuse(fault: Fault): void {
    const { dependencies, service } = this.#exchange.door
    dependencies.telemetry.metrics.upstreamError(service.name, fault.kind)
    refuseFault(this.#exchange, fault, this.#upstream)
  }

  /** The server that was asked last as `host:port`; null: none yet. */
  get #upstream(): string | null {
    return this.#tries === 0 ? null : new URL(this.#upstreams.originOf(this.#origin)).host
  }

  get #canSendAgain(): boolean {
    return this.#body === null || !this.#body.hasBegun
  }

  #failed(error: unknown, hasBegun: boolean): void {
    const exchange = this.#exchange
    const { metrics } = exchange.door.dependencies.telemetry
    const { name } = exchange.door.service
    const isGone = this.#isAbandoned || exchange.isOver || exchange.request.errored !== null
    if (isGone || error instanceof ProtocolError) {
      this.#release()
      metrics.upstream(name, 'aborted')
      if (!isGone) refuseError(exchange, error)
      return
    }
    const fault = faultOf(error, exchange.response.headersSent)
    const cause = this.#causeOf(fault, hasBegun)
    // Before the place is free, as above.
    if (cause !== null) this.#servers.failed(this.#origin, cause)
    this.#wantsNew = cause === 'stale'
    this.#release()
    metrics.upstreamError(name, fault.kind)
    metrics.upstream(name, 'error')
    if (cause === null) return refuseFault(exchange, fault, this.#upstream)
    const isSafe = cause === 'refused' || SAFE.has(this.#attempt.method)
    // Where one is active and the others are not, that none could be reached means that none is active.
    const answer = cause === 'refused' && this.#servers.hasRoles ? faultOfKind('standby', error) : fault
    if (isSafe && this.#canSendAgain)
      this.#goOn(this.#origin, cause, () => refuseFault(exchange, answer, this.#upstream))
    else refuseFault(exchange, fault, this.#upstream)
  }

  /** Null: neither says whether the server is there, nor may be tried elsewhere. */
  #causeOf({ kind }: Fault, hasBegun: boolean): RetryCause | null {
    if (this.#exchange.response.headersSent) return null
    if (hasBegun) return kind === 'reset' ? this.#causeOfReset() : null
    if (kind === 'connect_refused') return 'refused'
    const isUnreached = kind === 'connect_timeout' || kind === 'dns' || kind === 'reset'
    return isUnreached && this.#servers.hasRoles ? 'refused' : null
  }

  #causeOfReset(): RetryCause | null {
    if (this.#servers.hasRoles) return 'lost'
    return this.#connection?.isUnheard === true && this.#attempt.body === null ? 'stale' : null
  }

  #release(): void {
    if (this.#stall !== null) clearTimeout(this.#stall)
    this.#exchange.ongoing = null
    this.#held = null
    if (this.#connection !== null) this.#upstreams.give(this.#connection)
    this.#connection = null
  }
}
