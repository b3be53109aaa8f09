import { ProtocolError } from '../errors.ts'

/**
 * How a client has to send: no silence longer than `silenceMs` milliseconds, and in any time as long as that `minRate`
 * bytes a second on average; 0: no minimum.
 */
export interface Pace {
  readonly silenceMs: number
  readonly minRate: number
}

/** The client has stopped sending in the middle of a body. */
const stopped = (): ProtocolError =>
  new ProtocolError('ERR_HTTP_LIMIT', 'request_timeout', 'the body of the request did not come in time')

const tooSlow = (): ProtocolError =>
  new ProtocolError('ERR_HTTP_LIMIT', 'body_too_slow', 'the body of the request comes too slowly')

/**
 * Watches a body come in, while somebody wants it. A byte now and then is not enough: whoever sends so could hold a
 * place at the upstream for hours. What counts is the time in which bytes were wanted: a client is not blamed for an
 * upstream that takes none.
 */
export class BodyClock {
  readonly #pace: Pace
  readonly #late: (error: ProtocolError) => void
  #silence: NodeJS.Timeout | null = null
  #window: NodeJS.Timeout | null = null
  #bytes = 0

  /** `late` is called when the body is to be given up. */
  constructor(pace: Pace, late: (error: ProtocolError) => void) {
    this.#pace = pace
    this.#late = late
  }

  /** Bytes are wanted from now on. */
  start(): void {
    this.#silence ??= setTimeout(() => this.#late(stopped()), this.#pace.silenceMs)
    if (this.#pace.minRate > 0) this.#window ??= setTimeout(() => this.#look(), this.#pace.silenceMs)
  }

  /** So many have come. */
  got(bytes: number): void {
    this.#bytes += bytes
    this.#silence?.refresh()
  }

  /** No more are wanted for now, or at all. */
  stop(): void {
    if (this.#silence !== null) clearTimeout(this.#silence)
    if (this.#window !== null) clearTimeout(this.#window)
    this.#silence = null
    this.#window = null
    this.#bytes = 0
  }

  #look(): void {
    const { minRate, silenceMs } = this.#pace
    if (this.#bytes * 1_000 < minRate * silenceMs)
      return this.#late(this.#bytes === 0 ? stopped() : tooSlow())
    this.#bytes = 0
    this.#window?.refresh()
  }
}
