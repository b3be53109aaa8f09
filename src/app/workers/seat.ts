import type { DrainTimes } from '../../http/service.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { WorkerStart } from './messages.ts'
import { WorkerHandle } from './worker.ts'

const ONLINE_MS = 30_000
/** A worker that has served so long ended for a new reason. */
const SETTLED_MS = 60_000
const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 30_000

/**
 * What a seat is made with.
 *
 * Shape: `bringUp` gives a new worker what is in force, and its revision; null: the worker has ended meanwhile, or there
 * is nothing in force yet. It throws where the worker cannot take it up. `onGone` is called once for each that has ended,
 * `onChange` when one begins or ends to serve.
 */
export interface SeatOptions {
  readonly start: WorkerStart
  readonly telemetry: Telemetry
  bringUp(worker: WorkerHandle): Promise<string | null>
  onGone(worker: WorkerHandle): void
  onChange(): void
}

/** The place of one worker: there is one in it, or the next one is on its way. */
export class Seat {
  readonly id: number
  readonly #options: SeatOptions
  #worker: WorkerHandle | null = null
  #revision: string | null = null
  #since = 0
  #ends = 0
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(options: SeatOptions) {
    this.id = options.start.id
    this.#options = options
  }

  get worker(): WorkerHandle | null {
    return this.#worker
  }

  /** What it decides by; null: it answers nothing. */
  get revision(): string | null {
    return this.#revision
  }

  /** Puts a worker here and waits until its thread runs. False: it has ended. */
  async start(): Promise<boolean> {
    if (this.#isClosed) return false
    const { telemetry, start } = this.#options
    const worker = new WorkerHandle(start, telemetry)
    this.#worker = worker
    void worker.gone.then((why) => {
      this.#worker = null
      this.#revision = null
      this.#options.onGone(worker)
      this.#options.onChange()
      if (!this.#isClosed) this.#replace(why)
    })
    return worker.online(ONLINE_MS)
  }

  /** That worker answers requests by that revision from now on, if it is still here. */
  serves(worker: WorkerHandle, revision: string): void {
    if (this.#worker !== worker) return
    if (this.#revision === null) this.#since = performance.now()
    this.#revision = revision
    this.#options.onChange()
  }

  /** Ends its worker, once it has drained. */
  async close(times: DrainTimes, moreMs: number): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    const worker = this.#worker
    if (worker === null) return
    const { delayMs = 0, graceMs } = times
    await worker.do({ kind: 'close', times }, delayMs + graceMs + moreMs)
    await worker.kill(null)
  }

  /** At once where it had served for a while, later and later where it ends again and again. */
  #replace(err: unknown): void {
    const { log, metrics } = this.#options.telemetry
    const wasSettled = this.#since > 0 && performance.now() - this.#since > SETTLED_MS
    this.#ends = wasSettled ? 0 : this.#ends + 1
    this.#since = 0
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#ends)
    metrics.workerRestarted()
    log.error({ worker: this.id, err, delayMs }, 'a worker has ended and is replaced')
    this.#timer = setTimeout(() => void this.#bringUp(), delayMs)
  }

  async #bringUp(): Promise<void> {
    const { log } = this.#options.telemetry
    if (!(await this.start())) return
    const worker = this.#worker
    if (worker === null) return
    try {
      const revision = await this.#options.bringUp(worker)
      if (revision === null) return
      this.serves(worker, revision)
      log.info({ worker: this.id, revision }, 'a worker was replaced')
    } catch (error) {
      await worker.kill(error instanceof Error ? error : new Error(String(error)))
    }
  }
}
