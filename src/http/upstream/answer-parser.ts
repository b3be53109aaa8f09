import { broken, isBodiless, readHead, type ReceivedHead } from './answer-head.ts'
import { ChunkedReader } from './chunks.ts'
import { HeadBuffer } from './head-buffer.ts'

/** What is told of an answer. Pieces are parts of what was fed. */
export interface AnswerSink {
  onHead(head: ReceivedHead): void
  /** `isLast` where it is known that no other piece follows. */
  onData(piece: Buffer, isLast: boolean): void
  /** The answer is complete. `isClean`: it was the last that came, so that the connection can be used again. */
  onComplete(isClean: boolean): void
  /** Where 101 was asked for: `early` is what follows, and no answer any more. */
  onSwitch?(head: ReceivedHead, early: Buffer): void
}

/** DataNodes send one before each answer to CREATE and APPEND; nobody needs many. */
const MAX_INTERIM = 16

type State = 'head' | 'length' | 'chunks' | 'until-close' | 'over'

/**
 * Reads one answer of HTTP/1.1, however it is cut into pieces. Interim answers are left out: Keddah asks for none, and
 * has answered the client's `Expect` itself.
 *
 * Errors: `ERR_UPSTREAM_PROTOCOL` from `feed` and `end`; afterwards nothing is told any more.
 * Source: RFC 9112 sections 6.3 and 9.2.
 */
export class AnswerParser {
  readonly #sink: AnswerSink
  readonly #isHead: boolean
  readonly #upgrades: boolean
  readonly #head = new HeadBuffer()
  #chunks: ChunkedReader | null = null
  #state: State = 'head'
  #left = 0
  #interim = 0

  /** `method` is that of the request: an answer to HEAD has no body. `upgrades`: 101 was asked for. */
  constructor(method: string, sink: AnswerSink, upgrades = false) {
    this.#upgrades = upgrades
    this.#isHead = method === 'HEAD'
    this.#sink = sink
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#state = 'over'
  }

  feed(bytes: Buffer): void {
    let at = 0
    while (this.#state === 'head') {
      const end = this.#head.read(bytes, at)
      if (end === -1) return
      at = end
      const head = readHead(this.#head.take())
      if (head.status === 101 && this.#upgrades) {
        this.#state = 'over'
        this.#sink.onSwitch?.(head, bytes.subarray(at))
        return
      }
      this.#begin(head, at === bytes.length)
    }
    if (at < bytes.length) this.#readBody(bytes, at)
  }

  /** The upstream sends no more. False: the answer is cut short. */
  end(): boolean {
    if (this.#state === 'over') return true
    if (this.#state !== 'until-close') return false
    this.#complete(false)
    return true
  }

  #begin(head: ReceivedHead, isAll: boolean): void {
    if (head.status < 200) {
      this.#interim += 1
      if (head.status === 101) throw broken('the upstream changed the protocol, which nobody asked for')
      if (this.#interim > MAX_INTERIM) throw broken('the upstream sent interim answers without end')
      return
    }
    const hasNone = this.#isHead || isBodiless(head.status) || head.length === 0
    this.#left = head.length ?? 0
    if (head.isChunked) this.#chunks = new ChunkedReader()
    if (hasNone) this.#state = 'length'
    else this.#state = head.isChunked ? 'chunks' : head.length === null ? 'until-close' : 'length'
    this.#sink.onHead(head)
    if (hasNone && !this.isOver) this.#complete(isAll)
  }

  #readBody(bytes: Buffer, at: number): void {
    switch (this.#state) {
      case 'length': {
        const end = Math.min(bytes.length, at + this.#left)
        this.#left -= end - at
        const isLast = this.#left === 0
        this.#sink.onData(bytes.subarray(at, end), isLast)
        if (isLast && !this.isOver) this.#complete(end === bytes.length)
        break
      }
      case 'chunks': {
        const chunks = this.#chunks
        const end = chunks?.read(bytes, at, (piece) => {
          this.#sink.onData(piece, false)
          return !this.isOver
        })
        if (chunks?.isDone === true && !this.isOver) this.#complete(end === bytes.length)
        break
      }
      case 'until-close':
        this.#sink.onData(bytes.subarray(at), false)
        break
      case 'head':
      case 'over':
        break
    }
  }

  #complete(isClean: boolean): void {
    this.#state = 'over'
    this.#sink.onComplete(isClean)
  }
}
