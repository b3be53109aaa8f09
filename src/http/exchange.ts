import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Surface } from '../routes/table.ts'
import type { Door } from './door.ts'
import type { RequestHead } from './precheck.ts'

const PREFIX = randomBytes(6).toString('base64url')
let count = 0

/** Unique over processes, short, and says nothing about anybody. */
const nextId = (): string => `${PREFIX}-${(count++).toString(36)}`

/** Something that goes on for a request and has to end with it. */
export interface Ongoing {
  /** The client is gone, or nobody waits any longer. */
  abandon(): void
}

/** One request and its answer, from its head to the end of the answer. */
export class Exchange {
  readonly door: Door
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly startedAt: number = performance.now()
  readonly id: string = nextId()
  /** Null until the head has been understood. */
  head: RequestHead | null = null
  /** Without the query and without any identity; null until the target has been understood. */
  path: string | null = null
  surface: Surface = 'page'
  ongoing: Ongoing | null = null
  /** The answer is over, or the client is gone. */
  isOver = false

  constructor(door: Door, request: IncomingMessage, response: ServerResponse) {
    this.door = door
    this.request = request
    this.response = response
    door.entered(this)
    response.on('close', () => this.#end())
  }

  /** Whether bytes of the body may still come: then the connection must not be read for another request. */
  get hasUnreadBody(): boolean {
    return !this.request.complete && this.head?.length !== 0
  }

  /** Cuts the connection, so that an answer that is cut short cannot be taken for a complete one. */
  cut(): void {
    const { socket } = this.request
    // A body that ends with the connection has no other sign of being cut short than a reset.
    if (socket.writable && this.response.headersSent) socket.resetAndDestroy()
    else socket.destroy()
  }

  #end(): void {
    if (this.isOver) return
    this.isOver = true
    this.door.left(this)
    this.ongoing?.abandon()
    this.ongoing = null
  }
}
