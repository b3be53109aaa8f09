import type { LineSink } from '../../telemetry/line-file.ts'

/**
 * The audit file as a worker has it: batches go to the main thread, one at a time, and each counts as written once the
 * main thread has written it. What comes meanwhile waits in the worker's own buffer.
 */
export class RemoteLines implements LineSink {
  readonly #send: (number: number, lines: string) => void
  #lines = ''
  #number = 0
  #written: () => void = () => {}

  constructor(send: (number: number, lines: string) => void) {
    this.#send = send
  }

  get pending(): boolean {
    return this.#lines !== ''
  }

  /** It is opened anew where it is written. */
  get reopens(): boolean {
    return false
  }

  give(lines: string): void {
    this.#lines = lines
  }

  async flush(signal: AbortSignal): Promise<void> {
    if (!this.pending) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#number += 1
    this.#written = () => {
      this.#lines = ''
      resolve()
    }
    const giveUp = (): void => resolve()
    signal.addEventListener('abort', giveUp)
    this.#send(this.#number, this.#lines)
    await promise
    signal.removeEventListener('abort', giveUp)
  }

  /** The main thread has written the batch of that number. */
  written(number: number): void {
    if (number === this.#number) this.#written()
  }

  reopen(): void {}

  close(): Promise<void> {
    return Promise.resolve()
  }
}
