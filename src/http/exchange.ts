import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Origin } from '../hadoop/subject.ts'
import type { Identity } from '../identity/identifier.ts'
import type { Route, Surface } from '../routes/table.ts'
import type { ClientConnection } from './client-connection.ts'
import type { Door } from './door.ts'
import type { RequestHead } from './precheck.ts'
import type { Patience, Patient } from './availability/waiting-room.ts'
import type { FirstStep } from './redirects/redirect-review.ts'
import type { SecondStep } from './redirects/second-step.ts'
import type { Switching } from './upgrade/switching.ts'
import type { Handshake } from './upgrade/websocket.ts'

const PREFIX = randomBytes(6).toString('base64url')
let count = 0

/** A body of this size leaves in one piece with its head. */
const MAX_ONE_STRING_BYTES = 8_192

/** An id for a request: unique over processes, short, and says nothing about anybody. */
export const nextId = (): string => `${PREFIX}-${(count++).toString(36)}`

/** Something that goes on for a request and has to end with it. */
export interface Ongoing {
  /** The client is gone, or nobody waits any longer. */
  abandon(): void
}

/** One request and its answer, from its head to the end of the answer. */
export class Exchange implements Patient {
  readonly door: Door
  readonly connection: ClientConnection
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly startedAt: number = performance.now()
  readonly id: string = nextId()
  /** Null until the head has been understood. */
  head: RequestHead | null = null
  /** Without the query and without any identity; null until the target has been understood. */
  path: string | null = null
  surface: Surface = 'page'
  /** Where it comes from, what it asks for and who sent it, each null until that is known: for the record. */
  origin: Origin | null = null
  route: Route | null = null
  caller: Identity | null = null
  ongoing: Ongoing | null = null
  /** Null where it does not wait for a failover; it is kept when it is decided anew. */
  patience: Patience | null = null
  /** The body, where it was read as a whole before it is sent. */
  collected: Buffer | null = null
  /** Counted already by its address, and by its user. */
  isAddressPaced = false
  isUserPaced = false
  /** Where its answer is to say where the contents of a file are; null for every other request. */
  firstStep: FirstStep | null = null
  /** What a second step was opened to: while it goes on, its link may expire. */
  secondStep: SecondStep | null = null
  /** It was sent to an upstream. */
  isSent = false
  /** A refresh has taken its right. */
  isRevoked = false
  /** Where a WebSocket is asked for: what its connection is meanwhile, and the handshake once it is read. */
  readonly switching: Switching | null
  handshake: Handshake | null = null
  /** Told once of the status of the answer; null: it is over without one. */
  onAnswered: ((status: number | null) => void) | null = null
  #onJudged: (() => void) | null = null
  #held = 0
  /** The answer is over, or the client is gone. */
  isOver = false
  /** The connection was cut from here. */
  isCut = false
  #stall: NodeJS.Timeout | null = null

  constructor(
    door: Door,
    connection: ClientConnection,
    request: IncomingMessage,
    response: ServerResponse,
    switching: Switching | null = null,
  ) {
    this.switching = switching
    this.door = door
    this.connection = connection
    this.request = request
    this.response = response
    connection.current = this
    door.entered()
    response.on('close', () => this.end())
  }

  /** Whether bytes of the body may still come: then the connection must not be read for another request. */
  get hasUnreadBody(): boolean {
    return this.head?.length !== 0 && !this.request.complete
  }

  /** Whether its answer has to be the last one of the connection. */
  get isLast(): boolean {
    return this.switching !== null || this.hasUnreadBody || this.connection.isDistrusted
  }

  /** Whether the connection is a tunnel by now. */
  get isTunnel(): boolean {
    return this.switching !== null && this.response.statusCode === 101
  }

  /**
   * Whether a refresh may still take it back: a tunnel, a body on its way in either direction, a question that waits for
   * its answer. What changes something and was sent as a whole is left to end: nobody could say whether it was done.
   */
  get canBeRevoked(): boolean {
    const { request, response } = this
    const isQuestion = request.method === 'GET' || request.method === 'HEAD'
    return this.isSent && !this.isCut && (response.headersSent || isQuestion || !request.complete)
  }

  /** Has it decided anew, by `judge`; done when that is over. */
  judgeAgain(judge: (exchange: Exchange) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#onJudged = resolve
      judge(this)
    })
  }

  /** It is decided anew: it goes on, or was refused. */
  judged(): void {
    this.#onJudged?.()
    this.#onJudged = null
  }

  /** Its answer begins. */
  answered(status: number | null): void {
    const { onAnswered } = this
    this.onAnswered = null
    onAnswered?.(status)
  }

  /** Ends the answer. A client that does not read what is left of it is not waited for any longer than for more. */
  finish(body?: string | Buffer | null): void {
    const { response, door } = this
    if (body === undefined || body === null) response.end()
    else if (typeof body === 'string') response.end(body)
    // One string with the head is one call to the system; two buffers cost about twice that.
    else if (body.length <= MAX_ONE_STRING_BYTES) response.end(body.toString('latin1'), 'latin1')
    else response.end(body)
    if (response.writableLength > 0) this.#stall = setTimeout(() => this.cut(), door.service.timeouts.body)
  }

  /** Keeps bytes of the body in memory until the exchange is over; false where the listener has no room for them. */
  hold(bytes: number): boolean {
    if (!this.door.hold(bytes)) return false
    this.#held += bytes
    return true
  }

  /** Cuts the connection, so that an answer that is cut short cannot be taken for a complete one. */
  cut(): void {
    const { socket } = this.connection
    this.connection.isEnding = true
    this.isCut = true
    // A body that ends with the connection has no other sign of being cut short than a reset.
    if (this.response.headersSent && !socket.destroyed) this.connection.reset()
    else socket.destroy()
  }

  /** Ends what goes on for the request. */
  abandon(): void {
    const { ongoing } = this
    this.ongoing = null
    ongoing?.abandon()
  }

  /** It does not wait for a failover any more; nothing where it does not wait. */
  endPatience(): void {
    this.patience?.leave()
    this.patience = null
  }

  /** Ends what goes on for the request, and lets the next one begin. */
  end(): void {
    if (this.isOver) return
    this.isOver = true
    this.answered(null)
    this.judged()
    this.abandon()
    this.endPatience()
    if (this.#stall !== null) clearTimeout(this.#stall)
    this.connection.current = null
    this.door.hold(-this.#held)
    this.door.left(this)
  }
}
