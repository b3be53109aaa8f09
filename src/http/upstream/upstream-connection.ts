import type { Socket } from 'node:net'
import type { ReceivedHead } from './answer-head.ts'
import { AnswerParser, type AnswerSink } from './answer-parser.ts'
import { type BodySink, BodyWriter } from './body-writer.ts'
import { UpstreamFault } from '../faults.ts'
import { requestText, type UpstreamRequest } from './request-text.ts'

/** How long an answer may take: until its head is there, and the longest silence in its body; in milliseconds. */
export interface AnswerTimeouts {
  readonly headers: number
  readonly body: number
}

/**
 * Told of an answer. Exactly one of `onEnd` and `onError` is called in the end, and nothing afterwards; what they throw
 * before that becomes the error.
 */
export interface AnswerHandler {
  onHead(head: ReceivedHead): void
  /** The piece is the handler's own. `isLast` where it is known that no other follows. */
  onData(piece: Buffer, isLast: boolean): void
  onEnd(): void
  /** `hasBegun`: some of the request may have been sent, so that it may have been carried out. */
  onError(error: unknown, hasBegun: boolean): void
  /** Instead of all others where a WebSocket was asked for and there is one: the handler has to `detach`. */
  onSwitch?(head: ReceivedHead, early: Buffer): void
}

/** How a connection is made: the socket, the event at which it can be used, and how long that may take. */
export interface Dialled {
  readonly socket: Socket
  readonly readyEvent: 'connect' | 'secureConnect'
  readonly timeoutMs: number
}

type Phase = 'connecting' | 'waiting' | 'answering' | 'idle' | 'closed'

interface Work {
  readonly request: UpstreamRequest
  readonly handler: AnswerHandler
  readonly timeouts: AnswerTimeouts
}

/**
 * One connection to one upstream. It carries one request at a time, so nothing is ever queued behind another, and
 * whatever goes wrong on it concerns one request. It is used again only where both sides have said all they had to say.
 */
export class UpstreamConnection implements AnswerSink, BodySink {
  readonly origin: number
  readonly #host: string
  readonly #onClosed: (connection: UpstreamConnection) => void
  readonly #idleMs: number
  #socket: Socket
  #phase: Phase = 'connecting'
  #deadline: number
  #work: Work | null = null
  #parser: AnswerParser | null = null
  #writer: BodyWriter | null = null
  #keepsFor: number | null = null
  #isPaused = false
  #isKept = false
  #isHeard = false

  constructor(
    dialled: Dialled,
    options: {
      readonly origin: number
      readonly host: string
      readonly idleMs: number
      readonly onClosed: (connection: UpstreamConnection) => void
    },
  ) {
    this.origin = options.origin
    this.#host = options.host
    this.#idleMs = options.idleMs
    this.#onClosed = options.onClosed
    this.#socket = dialled.socket
    this.#deadline = performance.now() + dialled.timeoutMs
    dialled.socket
      .on(dialled.readyEvent, () => this.#connected())
      .on('data', (bytes: Buffer) => this.#read(bytes))
      .on('end', () => this.#ended())
      .on('error', (error) => this.#fail(error))
      .on('close', () => this.#fail(new UpstreamFault('reset')))
  }

  get isIdle(): boolean {
    return this.#phase === 'idle'
  }

  /** Whether it had carried a request before this one, to which not a byte has come back. */
  get isUnheard(): boolean {
    return this.#isKept && !this.#isHeard
  }

  /** Sends a request. The connection is new, or idle. */
  send(request: UpstreamRequest, timeouts: AnswerTimeouts, handler: AnswerHandler): void {
    this.#work = { request, handler, timeouts }
    this.#isHeard = false
    if (this.#phase === 'idle') this.#start(this.#work)
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#touch()
    this.#socket.resume()
  }

  /** Gives the request up, and the connection with it. The handler hears of it at once, by `error`. */
  abort(error: unknown): void {
    this.#fail(error)
  }

  /** Closes a connection that nobody uses. */
  close(): void {
    this.#fail(new UpstreamFault('reset'))
  }

  /** Ends whatever has taken too long. Units: `now` is a `performance.now()`. */
  expire(now: number): void {
    if (now < this.#deadline || this.#isPaused) return
    if (this.#phase === 'connecting') this.#fail(new UpstreamFault('connect_timeout'))
    else if (this.#phase === 'answering') this.#fail(new UpstreamFault('body_timeout'))
    else this.#fail(new UpstreamFault('headers_timeout'))
  }

  onHead(head: ReceivedHead): void {
    this.#keepsFor = head.keepsFor
    this.#phase = 'answering'
    this.#touch()
    this.#work?.handler.onHead(head)
  }

  onData(piece: Buffer, isLast: boolean): void {
    this.#work?.handler.onData(piece, isLast)
  }

  onComplete(isClean: boolean): void {
    const work = this.#work
    const keepsFor = Math.min(this.#keepsFor ?? this.#idleMs, this.#idleMs)
    // An answer may come before the request is sent: what is left of it would be read as the next one.
    const isSent = this.#writer === null && this.#socket.writableLength === 0
    this.#work = null
    this.#parser = null
    if (isClean && isSent && keepsFor > 0) this.#rest(keepsFor)
    else this.#close()
    work?.handler.onEnd()
  }

  onSwitch(head: ReceivedHead, early: Buffer): void {
    this.#work?.handler.onSwitch?.(head, early)
  }

  /** Gives the socket away after a switch; nothing is told of it any more. It is paused. */
  detach(): Socket {
    const socket = this.#socket
    this.#work = null
    this.#phase = 'closed'
    for (const event of ['data', 'end', 'error', 'close']) socket.removeAllListeners(event)
    socket.pause()
    this.#onClosed(this)
    return socket
  }

  onSent(): void {
    this.#writer = null
    this.#touch()
  }

  onFailed(error: Error | null): void {
    this.#writer = null
    this.#fail(error ?? new UpstreamFault('reset'))
  }

  #connected(): void {
    if (this.#phase !== 'connecting') return
    if (this.#work === null) this.#rest(this.#idleMs)
    else this.#start(this.#work)
  }

  #rest(ms: number): void {
    this.#phase = 'idle'
    this.#isKept = true
    this.#deadline = performance.now() + ms
    if (this.#isPaused) this.resume()
  }

  #start(work: Work): void {
    const { request } = work
    try {
      const { text, length } = requestText(request, this.#host)
      this.#parser = new AnswerParser(request.method, this, request.upgrades)
      this.#phase = 'waiting'
      if (typeof request.body === 'function') {
        this.#socket.write(text, 'latin1')
        this.#writer = new BodyWriter(this.#socket, request.body(), length, this)
      } else if (request.body === null) this.#socket.write(text, 'latin1')
      else this.#socket.write(joined(text, request.body))
      this.#touch()
    } catch (error) {
      this.#fail(error)
    }
  }

  #read(bytes: Buffer): void {
    this.#isHeard = true
    const parser = this.#parser
    if (parser === null) {
      // Bytes that nobody asked for: an answer that would be taken for the one to the next request.
      this.#fail(new UpstreamFault('protocol'))
      return
    }
    if (this.#phase === 'answering') this.#touch()
    try {
      parser.feed(bytes)
    } catch (error) {
      this.#fail(error)
    }
  }

  #ended(): void {
    try {
      if (this.#parser?.end() !== true) this.#fail(new UpstreamFault('reset'))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** A body on its way is watched where it is read: as long as it flows, it may take any time. */
  #touch(): void {
    if (this.#work === null) return
    const { body, headers } = this.#work.timeouts
    if (this.#writer !== null) this.#deadline = Number.POSITIVE_INFINITY
    else this.#deadline = performance.now() + (this.#phase === 'answering' ? body : headers)
  }

  #fail(error: unknown): void {
    if (this.#phase === 'closed') return
    const hasBegun = this.#phase !== 'connecting'
    const work = this.#work
    this.#work = null
    this.#close()
    work?.handler.onError(error, hasBegun)
  }

  #close(): void {
    this.#phase = 'closed'
    this.#parser?.stop()
    this.#writer?.stop()
    this.#writer = null
    this.#socket.destroy()
    this.#onClosed(this)
  }
}

/** Head and body in one piece, so that they leave in one packet. */
function joined(head: string, body: Buffer): Buffer {
  const all = Buffer.allocUnsafe(head.length + body.length)
  all.write(head, 0, 'latin1')
  body.copy(all, head.length)
  return all
}
