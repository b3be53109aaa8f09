import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { giveBack } from './written-memory.ts'

/**
 * Told of a body on its way. `onFailed` gets what the body failed with, or null where its length was not what it said.
 */
export interface BodySink {
  onSent(): void
  onFailed(error: Error | null): void
}

/**
 * Writes a body that streams, no faster than the upstream takes it.
 *
 * Shape: `length` is what the head has said; null: in chunks. A body that has more or less is a failure, and its last
 * byte is never sent, for the bytes too many would be the next request.
 */
export class BodyWriter {
  readonly #socket: Socket
  readonly #body: Readable
  readonly #length: number | null
  readonly #sink: BodySink
  #sent = 0
  #isOver = false

  constructor(socket: Socket, body: Readable, length: number | null, sink: BodySink) {
    this.#socket = socket
    this.#body = body
    this.#length = length
    this.#sink = sink
    body.on('error', this.#onError).on('end', this.#onEnd).on('data', this.#onData)
    socket.on('drain', this.#onDrain)
  }

  /** Nothing is sent any more, and nothing told. What the body fails with from now on concerns nobody. */
  stop(): void {
    this.#isOver = true
    this.#socket.off('drain', this.#onDrain)
    this.#body.off('data', this.#onData).off('end', this.#onEnd).destroy()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (chunk.length === 0) return
    this.#sent += chunk.length
    if (this.#length !== null && this.#sent > this.#length) return this.#fail(null)
    if (!this.#write(chunk)) this.#body.pause()
  }

  readonly #onDrain = (): void => {
    this.#body.resume()
  }

  readonly #onEnd = (): void => {
    if (this.#length !== null && this.#sent !== this.#length) return this.#fail(null)
    this.stop()
    if (this.#length === null) this.#socket.write('0\r\n\r\n', 'latin1')
    this.#sink.onSent()
  }

  readonly #onError = (error: Error): void => {
    if (!this.#isOver) this.#fail(error)
  }

  #write(chunk: Buffer): boolean {
    const socket = this.#socket
    if (this.#length !== null) return socket.write(chunk, giveBack(chunk))
    socket.cork()
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
    socket.write(chunk, giveBack(chunk))
    const goesOn = socket.write('\r\n', 'latin1')
    socket.uncork()
    return goesOn
  }

  #fail(error: Error | null): void {
    this.stop()
    this.#sink.onFailed(error)
  }
}
