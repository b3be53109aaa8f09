/** The main file of a worker: it carries requests by the states that the main thread hands it. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { packErrors } from '../../config/packed-error.ts'
import { ConfigError } from '../../errors.ts'
import { type AuditFile, createTelemetry, type Telemetry } from '../../telemetry/telemetry.ts'
import { LocalPlane } from '../data-plane.ts'
import { LiveGroups } from '../live-groups.ts'
import { DONE, type Done, type FromWorker, type Report, type Task, type ToWorker } from './messages.ts'
import type { WorkerStart } from './messages.ts'
import { unpackState, type UnpackedState } from './packed-state.ts'
import { RemoteLines } from './remote-lines.ts'

const REPORT_MS = 1_000

class WorkerThread {
  readonly #port: MessagePort
  readonly #start: WorkerStart
  readonly #telemetry: Telemetry
  readonly #lines = { own: this.#remote('own'), ranger: this.#remote('ranger') }
  #plane: LocalPlane | null = null
  #inForce: UnpackedState | null = null
  #staged: UnpackedState | null = null
  #auditLost: Record<AuditFile, number> = { own: 0, ranger: 0 }

  constructor(port: MessagePort, start: WorkerStart) {
    this.#port = port
    this.#start = start
    this.#telemetry = createTelemetry({
      version: start.version,
      log: {
        level: start.logLevel,
        fields: { worker: start.id },
        destination: { write: (line) => this.#say({ kind: 'log', line }) },
      },
      audit: {
        ...start.audit,
        sink: this.#lines.own,
        rangerSink: this.#lines.ranger,
        onLost: (file) => (this.#auditLost[file] += 1),
      },
    })
  }

  run(): void {
    const { log, metrics } = this.#telemetry
    const onDefect = (err: unknown): void => {
      metrics.defect()
      log.error({ err }, 'a defect: nobody caught this')
    }
    process.on('uncaughtException', onDefect)
    process.on('unhandledRejection', onDefect)
    this.#port.on('message', (message: ToWorker) => {
      if (message.kind === 'written') this.#lines[message.file].written(message.number)
      else void this.#answer(message.number, message.task)
    })
    setInterval(() => this.#say({ kind: 'report', report: this.#report(false) }), REPORT_MS).unref()
    this.#say({ kind: 'online' })
  }

  async #answer(number: number, task: Task): Promise<void> {
    const done = await this.#do(task)
    this.#say({ kind: 'done', number, done })
    if (task.kind === 'close') process.exit()
  }

  async #do(task: Task): Promise<Done> {
    switch (task.kind) {
      case 'stage':
        return this.#stage(task)
      case 'commit':
        await this.#commit(task)
        return { errors: [], report: this.#report(false) }
      case 'drop':
        this.#staged = null
        await this.#plane?.drop()
        return DONE
      case 'renewGroups':
        this.#plane?.renewGroups()
        return DONE
      case 'report':
        return { errors: [], report: this.#report(true) }
      case 'close':
        await this.#plane?.close(task.times)
        await this.#telemetry.close()
        return { errors: [], report: this.#report(false) }
    }
  }

  async #stage({ state: packed }: Extract<Task, { kind: 'stage' }>): Promise<Done> {
    try {
      const state = unpackState(packed, this.#inForce)
      this.#plane ??= this.#open(state)
      await this.#plane.stage(state)
      this.#staged = state
      return DONE
    } catch (error) {
      if (error instanceof ConfigError) return { errors: packErrors([error]), report: null }
      // It cannot be told what of the state was taken up: the main thread makes another worker.
      this.#telemetry.log.error({ err: error }, 'a defect: a state could not be taken up')
      process.exit(1)
    }
  }

  #open(state: UnpackedState): LocalPlane {
    const groups = new LiveGroups(state, this.#telemetry)
    return new LocalPlane(state, groups, this.#telemetry, this.#start.plane)
  }

  async #commit({ scope }: Extract<Task, { kind: 'commit' }>): Promise<void> {
    if (this.#staged === null) return
    this.#inForce = this.#staged
    this.#staged = null
    this.#telemetry.metrics.policyInForce(this.#inForce.snapshot)
    await this.#plane?.commit(scope)
  }

  #report(all: boolean): Report {
    const { metrics } = this.#telemetry
    const auditLost = this.#auditLost
    this.#auditLost = { own: 0, ranger: 0 }
    return {
      metrics: all ? metrics.export('all') : null,
      counts: metrics.export('counts'),
      urls: this.#plane?.urls() ?? new Map(),
      failures: this.#plane?.failures() ?? [],
      warnings: this.#plane?.warnings() ?? [],
      auditLost,
    }
  }

  #remote(file: AuditFile): RemoteLines {
    return new RemoteLines((number, lines) => this.#say({ kind: 'audit', file, number, lines }))
  }

  #say(message: FromWorker): void {
    this.#port.postMessage(message)
  }
}

if (parentPort === null) throw new Error('this file is the main file of a thread')
new WorkerThread(parentPort, workerData as WorkerStart).run()
