/**
 * States in which an application stays. A submitted one is ACCEPTED until somebody kills it, for there is nobody to
 * run it.
 */
type ApplicationState = 'ACCEPTED' | 'KILLED' | 'FAILED'

/** Shape: times are milliseconds since 1970; `finished` 0 means not yet. */
export interface Application {
  readonly id: string
  readonly user: string
  readonly name: string
  readonly queue: string
  readonly type: string
  readonly tags: string
  readonly priority: number
  readonly memory: number
  readonly vCores: number
  readonly started: number
  state: ApplicationState
  finished: number
  diagnostics: string
}

/** What was asked for in a submission. */
export type Submission = Pick<
  Application,
  'id' | 'user' | 'name' | 'queue' | 'type' | 'tags' | 'priority' | 'memory' | 'vCores'
>

const MAX_APPLICATIONS = 1_000
const QUEUES: ReadonlySet<string> = new Set(['default', 'root.default'])
/** An id of an application as YARN writes it: time of the start and number, `application_1700000000000_0001`. */
export const ID_PATTERN: RegExp = /^application_\d{1,15}_\d{4,10}$/

/** The applications of one ResourceManager: 1000 of them, of which the oldest finished ones make room. */
export class Applications {
  readonly startedAt: number = Date.now()
  readonly #byId: Map<string, Application> = new Map()
  #issued = 0

  newId(): string {
    this.#issued += 1
    return `application_${this.startedAt}_${String(this.#issued).padStart(4, '0')}`
  }

  find(id: string): Application | null {
    return this.#byId.get(id) ?? null
  }

  /** Newest first, as the ResourceManager lists them. */
  list(): readonly Application[] {
    return [...this.#byId.values()].reverse()
  }

  /** Says whether there was room. An id that is known already is answered as done, as YARN does. */
  submit(submission: Submission): boolean {
    if (this.#byId.has(submission.id)) return true
    if (this.#byId.size >= MAX_APPLICATIONS) {
      const oldest = [...this.#byId.values()].find(({ state }) => state !== 'ACCEPTED')
      if (oldest === undefined) return false
      this.#byId.delete(oldest.id)
    }
    const { id, user, queue } = submission
    const now = Date.now()
    const known = QUEUES.has(queue)
    this.#byId.set(id, {
      ...submission,
      started: now,
      state: known ? 'ACCEPTED' : 'FAILED',
      finished: known ? 0 : now,
      diagnostics: known
        ? 'Application is added to the scheduler and is not yet activated. '
        : `Application ${id} submitted by user ${user} to unknown queue: ${queue}`,
    })
    return true
  }

  /** Says whether it was over already. */
  kill(application: Application, user: string): boolean {
    if (application.state !== 'ACCEPTED') return true
    application.state = 'KILLED'
    application.finished = Date.now()
    application.diagnostics = `Application ${application.id} was killed by user ${user}`
    return false
  }
}
