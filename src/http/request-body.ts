import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { ProtocolError, UnavailableError } from '../errors.ts'

/** How a body is read. Units: milliseconds. `begin` is called before the first byte is asked for. */
export interface ReadingOptions {
  readonly silenceMs: number
  readonly begin: () => void
}

/** The client has stopped sending in the middle of a body. */
const bodyTimeout = (): ProtocolError =>
  new ProtocolError('ERR_HTTP_LIMIT', 'request_timeout', 'the body of the request did not come in time')

/** The upstream has stopped taking the body. A client that hangs up meanwhile is not noticed: nobody reads from it. */
const notTaken = (): UnavailableError =>
  new UnavailableError('ERR_UPSTREAM_TIMEOUT', 'the upstream does not take the body of the request', {
    retryable: false,
  })

/** Too many bodies wait in memory. */
const noRoom = (): UnavailableError =>
  new UnavailableError('ERR_UPSTREAM_BUSY', 'too many bodies wait to be sent', { retryable: true })

/**
 * The body of a request as a stream of its own, for an upstream. It reads the client no faster than it is read, and
 * fails when the client falls silent while bytes are wanted, or the upstream while there are some. Whoever destroys it
 * does not destroy the client's connection, which has an answer to carry.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage
  readonly #options: ReadingOptions
  #timer: NodeJS.Timeout | null = null
  #hasBegun = false
  #isFull = false

  constructor(request: IncomingMessage, options: ReadingOptions) {
    super({ highWaterMark: 65_536 })
    this.#request = request
    this.#options = options
  }

  /** Whether bytes may have been taken from the client: then nobody can send the body once more. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  override _read(): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true
      this.#options.begin()
      this.#request.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError)
    }
    if (this.#isFull) this.#stopTimer()
    this.#isFull = false
    this.#timer ??= setTimeout(() => this.destroy(bodyTimeout()), this.#options.silenceMs)
    this.#request.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stopTimer()
    this.#request.off('data', this.#onData).off('end', this.#onEnd)
    if (!this.#request.destroyed) this.#request.pause()
    callback(error)
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.push(chunk)) {
      this.#timer?.refresh()
    } else {
      this.#stopTimer()
      this.#isFull = true
      this.#timer = setTimeout(() => this.destroy(notTaken()), this.#options.silenceMs)
      this.#request.pause()
    }
  }

  readonly #onEnd = (): void => {
    this.#stopTimer()
    this.push(null)
  }

  readonly #onError = (error: Error): void => {
    this.destroy(error)
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}

/**
 * Reads a whole body into memory.
 *
 * Shape: `done` is called once, with an error or with the bytes; never after `stop`. `tooLarge` makes the error for a
 * body over `maxBytes`; `hold` says whether there is room for more bytes at all.
 */
export function collectBody(
  request: IncomingMessage,
  options: ReadingOptions & {
    readonly maxBytes: number
    readonly tooLarge: () => Error
    readonly hold: (bytes: number) => boolean
  },
  done: (result: Buffer | Error) => void,
): { stop(): void } {
  const chunks: Buffer[] = []
  let size = 0
  let isOver = false
  const timer = setTimeout(() => finish(bodyTimeout()), options.silenceMs)
  const finish = (result: Buffer | Error): void => {
    if (isOver) return
    stop()
    done(result)
  }
  const onData = (chunk: Buffer): void => {
    size += chunk.length
    timer.refresh()
    if (size > options.maxBytes) finish(options.tooLarge())
    else if (options.hold(chunk.length)) chunks.push(chunk)
    else finish(noRoom())
  }
  const onEnd = (): void => finish(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
  const stop = (): void => {
    isOver = true
    clearTimeout(timer)
    request.off('data', onData).off('end', onEnd)
  }
  options.begin()
  request.on('data', onData).on('end', onEnd).on('error', finish)
  return { stop }
}
