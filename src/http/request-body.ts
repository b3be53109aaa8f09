import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { BodyClock, type Pace } from './body-clock.ts'
import { ProtocolError, UnavailableError } from '../errors.ts'

/** How a body is read. `begin` is called before the first byte is asked for; `maxBytes` 0: it may be of any size. */
export interface ReadingOptions extends Pace {
  readonly maxBytes: number
  readonly begin: () => void
}

/** A body is larger than the settings allow. */
export const bodyTooLarge = (maxBytes: number): ProtocolError =>
  new ProtocolError('ERR_HTTP_LIMIT', 'body_too_large', `the body is larger than ${maxBytes} bytes`)

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
  readonly #clock: BodyClock
  #notTaken: NodeJS.Timeout | null = null
  #size = 0
  #hasBegun = false

  constructor(request: IncomingMessage, options: ReadingOptions) {
    super({ highWaterMark: 65_536 })
    this.#request = request
    this.#options = options
    this.#clock = new BodyClock(options, (error) => this.destroy(error))
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
    this.#taken()
    this.#clock.start()
    this.#request.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stop()
    this.#request.off('data', this.#onData).off('end', this.#onEnd)
    if (!this.#request.destroyed) this.#request.pause()
    callback(error)
  }

  readonly #onData = (chunk: Buffer): void => {
    const { maxBytes, silenceMs } = this.#options
    this.#size += chunk.length
    if (maxBytes > 0 && this.#size > maxBytes) {
      this.destroy(bodyTooLarge(maxBytes))
      return
    }
    this.#clock.got(chunk.length)
    if (this.push(chunk)) return
    this.#clock.stop()
    this.#notTaken = setTimeout(() => this.destroy(notTaken()), silenceMs)
    this.#request.pause()
  }

  readonly #onEnd = (): void => {
    this.#stop()
    this.push(null)
  }

  readonly #onError = (error: Error): void => {
    this.destroy(error)
  }

  #taken(): void {
    if (this.#notTaken !== null) clearTimeout(this.#notTaken)
    this.#notTaken = null
  }

  #stop(): void {
    this.#clock.stop()
    this.#taken()
  }
}

/**
 * Reads a whole body into memory.
 *
 * Shape: `done` is called once, with an error or with the bytes; never after `stop`. `tooLarge` makes the error for a
 * body over `holdBytes`; `hold` says whether there is room for more bytes at all.
 */
export function collectBody(
  request: IncomingMessage,
  options: ReadingOptions & {
    readonly holdBytes: number
    readonly tooLarge: () => Error
    readonly hold: (bytes: number) => boolean
  },
  done: (result: Buffer | Error) => void,
): { stop(): void } {
  const chunks: Buffer[] = []
  let size = 0
  let isOver = false
  const clock = new BodyClock(options, (error) => finish(error))
  const finish = (result: Buffer | Error): void => {
    if (isOver) return
    stop()
    done(result)
  }
  const onData = (chunk: Buffer): void => {
    size += chunk.length
    clock.got(chunk.length)
    if (options.maxBytes > 0 && size > options.maxBytes) finish(bodyTooLarge(options.maxBytes))
    else if (size > options.holdBytes) finish(options.tooLarge())
    else if (options.hold(chunk.length)) chunks.push(chunk)
    else finish(noRoom())
  }
  const onEnd = (): void => finish(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
  const stop = (): void => {
    isOver = true
    clock.stop()
    request.off('data', onData).off('end', onEnd)
  }
  options.begin()
  clock.start()
  request.on('data', onData).on('end', onEnd).on('error', finish)
  return { stop }
}
