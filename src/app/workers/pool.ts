import type { Scope } from '../../config/refresher.ts'
import { errorsOf } from '../../config/packed-error.ts'
import { ConfigError } from '../../errors.ts'
import { located } from '../../errors/located.ts'
import type { DrainTimes } from '../../http/service.ts'
import { addCounts, type ExportedMetrics } from '../../telemetry/merge.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { DataPlane, WorkerInfo } from '../data-plane.ts'
import type { LiveGroups } from '../live-groups.ts'
import type { State } from '../state.ts'
import type { Report, WorkerStart } from './messages.ts'
import { type PackedState, StatePacker } from './packed-state.ts'
import { Ports } from './ports.ts'
import { Seat } from './seat.ts'
import { shareOf } from './share.ts'
import type { WorkerHandle } from './worker.ts'

/** Longer than anything takes that is well. Whoever takes longer is ended and replaced. */
const STAGE_MS = 10_000
/** More than the five seconds for which it is decided anew about what is in flight. */
const COMMIT_MS = 15_000
const SCRAPE_MS = 1_000
/** More than the grace itself, so that what is cut is cut by the worker. */
const CLOSE_MORE_MS = 5_000

const ALL_ENDED = 'every worker ended before it could take up settings and policy'

/** A worker that has staged something, and where it sits. */
interface Staged {
  readonly seat: Seat
  readonly worker: WorkerHandle
}

/** A state that all workers have or are to have. */
interface Shared {
  readonly state: State
  readonly packed: PackedState
}

/**
 * Carries requests in several threads, all of them listening on the same addresses.
 *
 * A state is in force everywhere or nowhere: every worker stages it, any one of them may refuse it for all, and only
 * when each has committed it `commit` is done. A worker that ends or does not answer is replaced; one that is started
 * takes its turn between two refreshes and begins with what is in force then.
 */
export class WorkerPool implements DataPlane {
  readonly #groups: LiveGroups
  readonly #seats: readonly Seat[]
  readonly #ports = new Ports()
  readonly #packer = new StatePacker()
  #turn: Promise<void> = Promise.resolve()
  #staged: (Shared & { readonly staged: readonly Staged[]; readonly release: () => void }) | null = null
  #inForce: Shared | null = null
  /** What workers have counted that are gone. */
  #past: ExportedMetrics = new Map()
  #isClosed = false

  constructor(count: number, groups: LiveGroups, telemetry: Telemetry, options: Omit<WorkerStart, 'id'>) {
    this.#groups = groups
    this.#seats = Array.from(
      { length: count },
      (_, index) =>
        new Seat({
          start: { ...options, id: index + 1 },
          telemetry,
          bringUp: (worker) => this.#bringUp(worker),
          onGone: (worker) => this.#keepCounts(worker),
          onChange: () => telemetry.metrics.workersServing(this.workers().length),
        }),
    )
    telemetry.metrics.watchOthers(() => this.#scrape())
  }

  async stage(state: State): Promise<void> {
    const release = await this.#takeTurn()
    try {
      const { settings } = state
      const placeOf = (service: string): ReturnType<typeof settings.placeOf> => {
        const index = settings.services.findIndex(({ name }) => name === service)
        return settings.placeOf(`services[${index}].listen`)
      }
      const services = await this.#ports.stage(state.services, placeOf)
      const packed = this.#packer.pack(state, shareOf(services, this.#seats.length))
      if (this.#inForce === null) await Promise.all(this.#seats.map((seat) => seat.start()))
      this.#staged = { state, packed, staged: await this.#stageIn(packed, state), release }
    } catch (error) {
      release()
      throw error
    }
  }

  async commit(scope: Scope): Promise<void> {
    if (this.#staged === null) return
    const { state, packed, staged, release } = this.#staged
    this.#staged = null
    try {
      const previous = this.#inForce?.state ?? state
      this.#inForce = { state, packed }
      this.#ports.commit()
      this.#groups.follow(state, previous, scope)
      await Promise.all(staged.map((each) => this.#commitIn(each, packed, scope)))
    } finally {
      release()
    }
  }

  renewGroups(): void {
    if (this.#inForce !== null) this.#groups.renew(this.#inForce.state)
    for (const seat of this.#seats) void seat.worker?.do({ kind: 'renewGroups' }, COMMIT_MS)
  }

  workers(): readonly WorkerInfo[] {
    return this.#seats.flatMap(({ id, revision }) => (revision === null ? [] : { id, revision }))
  }

  urls(): ReadonlyMap<string, string> {
    return this.#reports()[0]?.urls ?? new Map<string, string>()
  }

  failures(): readonly string[] {
    if (this.#inForce === null) return []
    if (this.workers().length === 0) return ['no worker answers requests']
    return [...new Set(this.#reports().flatMap(({ failures }) => failures))]
  }

  warnings(): readonly string[] {
    return [...new Set(this.#reports().flatMap(({ warnings }) => warnings))]
  }

  async close(times: DrainTimes): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#seats.map((seat) => seat.close(times, CLOSE_MORE_MS)))
  }

  /** Those that have staged it. Errors: those of the first worker that cannot; then it is dropped everywhere. */
  async #stageIn(packed: PackedState, { settings }: State): Promise<readonly Staged[]> {
    const isStart = this.#inForce === null
    const asked = this.#seats.flatMap((seat): Staged | [] => {
      const { worker, revision } = seat
      return worker !== null && (isStart || revision !== null) ? { seat, worker } : []
    })
    const answers = await Promise.all(
      asked.map(({ worker }) => worker.do({ kind: 'stage', state: packed }, STAGE_MS)),
    )
    const staged = asked.filter((_, index) => answers[index]?.errors.length === 0)
    const [error] = answers.flatMap((done) => errorsOf(done?.errors ?? []))
    // Without any worker there is nobody to ask: those on their way begin with this state.
    if (error === undefined && (staged.length > 0 || (asked.length === 0 && !isStart))) return staged
    await Promise.all(staged.map(({ worker }) => worker.do({ kind: 'drop' }, STAGE_MS)))
    if (error === undefined) throw new ConfigError('ERR_CONFIG_WORKERS', ALL_ENDED)
    throw located(error, ({ key }) => (key === null ? {} : settings.placeOf(key)))
  }

  /** A worker that does not answer is gone when this is done: nobody is answered by what was in force before. */
  async #commitIn({ seat, worker }: Staged, { revision }: PackedState, scope: Scope): Promise<void> {
    const done = await worker.do({ kind: 'commit', scope }, COMMIT_MS)
    if (done !== null) seat.serves(worker, revision)
  }

  /** Gives a new worker what is in force, between two refreshes. */
  async #bringUp(worker: WorkerHandle): Promise<string | null> {
    const release = await this.#takeTurn()
    try {
      if (this.#inForce === null || this.#isClosed) return null
      const { packed } = this.#inForce
      const staged = await worker.do({ kind: 'stage', state: packed }, STAGE_MS)
      const [error] = errorsOf(staged?.errors ?? [])
      if (error !== undefined) throw error
      const done = await worker.do({ kind: 'commit', scope: 'all' }, COMMIT_MS)
      return done === null ? null : packed.revision
    } finally {
      release()
    }
  }

  async #scrape(): Promise<readonly ExportedMetrics[]> {
    const workers = this.#seats.flatMap(({ worker }) => worker ?? [])
    const reports = await Promise.all(workers.map((worker) => worker.askReport(SCRAPE_MS)))
    return [this.#past, ...reports.flatMap((report) => report?.metrics ?? report?.counts ?? [])]
  }

  #keepCounts({ report }: WorkerHandle): void {
    if (report !== null) this.#past = addCounts(this.#past, report.counts)
  }

  #reports(): Report[] {
    return this.#seats.flatMap(({ worker, revision }) => (revision === null ? [] : (worker?.report ?? [])))
  }

  /** One refresh or one start of a worker at a time. The turn ends when what is given back is called. */
  async #takeTurn(): Promise<() => void> {
    const before = this.#turn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turn = promise
    await before
    return resolve
  }
}
