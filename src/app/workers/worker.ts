import { Worker } from 'node:worker_threads'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { Done, FromWorker, Report, Task, ToWorker, WorkerStart } from './messages.ts'

const THREAD = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)

/**
 * One worker, as the main thread has it. Whatever it is asked comes to an end: with its answer, or with its own end,
 * which is brought about where it does not answer in time.
 */
export class WorkerHandle {
  readonly id: number
  /** Resolves when the thread has ended, with what ended it; null: it was asked to. Never rejects. */
  readonly gone: Promise<unknown>
  readonly #worker: Worker
  readonly #telemetry: Telemetry
  readonly #waiting = new Map<number, (done: Done | null) => void>()
  readonly #online = Promise.withResolvers<boolean>()
  #number = 0
  #isGone = false
  #why: unknown = null
  #report: Report | null = null

  constructor(start: WorkerStart, telemetry: Telemetry) {
    this.id = start.id
    this.#telemetry = telemetry
    this.#worker = new Worker(THREAD, { workerData: start, name: `worker ${start.id}` })
    this.#worker.on('message', (message: FromWorker) => this.#hear(message))
    this.#worker.on('error', (error) => (this.#why ??= error))
    this.gone = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#isGone = true
        this.#online.resolve(false)
        for (const end of this.#waiting.values()) end(null)
        this.#waiting.clear()
        resolve(code === 0 ? this.#why : (this.#why ?? new Error(`the thread ended with ${code}`)))
      })
    })
  }

  /** What it last said of itself. */
  get report(): Report | null {
    return this.#report
  }

  /** Waits until its thread runs. False: it has ended. */
  async online(withinMs: number): Promise<boolean> {
    const late = setTimeout(() => void this.kill(new Error('the thread did not start in time')), withinMs)
    const isOnline = await this.#online.promise
    clearTimeout(late)
    return isOnline
  }

  /** Asks for something that must not be left undone. Null: it has ended, by itself or because it was late. */
  async do(task: Task, withinMs: number): Promise<Done | null> {
    const late = setTimeout(
      () => void this.kill(new Error(`the thread did not answer \`${task.kind}\` in time`)),
      withinMs,
    )
    const done = await this.#ask(task)
    clearTimeout(late)
    return done
  }

  /** What it says of itself now; what it said last where it takes longer. */
  async askReport(withinMs: number): Promise<Report | null> {
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, withinMs)
    await Promise.race([this.#ask({ kind: 'report' }), late.promise])
    clearTimeout(timer)
    return this.#report
  }

  /** Ends it, whatever it is doing, and waits for that; `why` is null where that is as it should be. */
  async kill(why: Error | null): Promise<void> {
    this.#why ??= why
    await this.#worker.terminate()
    await this.gone
  }

  #ask(task: Task): Promise<Done | null> {
    if (this.#isGone) return Promise.resolve(null)
    return new Promise((resolve) => {
      this.#number += 1
      this.#waiting.set(this.#number, resolve)
      this.#say({ kind: 'task', number: this.#number, task })
    })
  }

  #hear(message: FromWorker): void {
    const { logDestination } = this.#telemetry
    switch (message.kind) {
      case 'online':
        this.#online.resolve(true)
        break
      case 'done':
        this.#note(message.done.report)
        this.#waiting.get(message.number)?.(message.done)
        this.#waiting.delete(message.number)
        break
      case 'report':
        this.#note(message.report)
        break
      case 'log':
        logDestination.write(message.line)
        break
      case 'audit':
        this.#relay(message)
        break
    }
  }

  #note(report: Report | null): void {
    if (report === null) return
    this.#report = report
    const { own, ranger } = report.auditLost
    this.#telemetry.audit.lostElsewhere(own)
    this.#telemetry.rangerAudit.lostElsewhere(ranger)
  }

  #relay({ file, number, lines }: Extract<FromWorker, { kind: 'audit' }>): void {
    const { audit, rangerAudit } = this.#telemetry
    const writer = file === 'own' ? audit : rangerAudit
    void writer.relay(lines).then(() => this.#say({ kind: 'written', file, number }))
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message)
  }
}
