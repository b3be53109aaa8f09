import { ConfigError } from '../errors.ts'
import { Inputs } from './inputs.ts'
import { loadState } from './load-state.ts'
import type { LoadedState, RefresherOptions, RefreshFailure, RefreshResult, Scope, Trigger } from './state.ts'

export type { LoadedState, RefresherOptions, RefreshEvent, RefreshResult, Scope, Trigger } from './state.ts'

/** Keeps what is in force, and replaces it. */
export interface Refresher<S, P> {
  current(): LoadedState<S, P>
  /**
   * Loads anew. Whoever asks while a load is running is served by one that starts after it; those who wait for the
   * same scope are served together. Rejects only for a mistake of ours.
   */
  refresh(trigger: Trigger, scope: Scope): Promise<RefreshResult>
  /** Records a refresh that has failed before there was anything to load; everything stays as it is. */
  fail(trigger: Trigger, scope: Scope, error: ConfigError): RefreshResult
  /** Loads everything anew if a file differs from what was last read, or a missing name resolves; else null. */
  refreshIfChanged(trigger: Trigger): Promise<RefreshResult | null>
  /** The files that the last load of everything asked for. */
  inputPaths(): readonly string[]
  /** The last failure since a load that would have mended it; null after that. */
  lastFailure(): RefreshFailure | null
}

/** Names that did not resolve are asked for again this often while the files are watched. */
const NAMES_AGAIN_MS = 30_000

/**
 * Loads everything for the first time.
 *
 * Errors: `ConfigError` with every problem of all files.
 */
export async function startRefresher<S, P>(options: RefresherOptions<S, P>): Promise<Refresher<S, P>> {
  const inputs = new Inputs()
  return new SingleFlight(options, await loadState(options, null, 'all', inputs), inputs)
}

interface Waiter {
  readonly trigger: Trigger
  resolve(result: RefreshResult): void
  reject(error: unknown): void
}

class SingleFlight<S, P> implements Refresher<S, P> {
  readonly #options: RefresherOptions<S, P>
  readonly #waiting = new Map<Scope, Waiter[]>()
  #state: LoadedState<S, P>
  #inputs: Inputs
  #isRunning = false
  readonly #failures = new Map<Scope, RefreshFailure>()
  #namesAskedAt = Date.now()

  constructor(options: RefresherOptions<S, P>, state: LoadedState<S, P>, inputs: Inputs) {
    this.#options = options
    this.#state = state
    this.#inputs = inputs
  }

  current(): LoadedState<S, P> {
    return this.#state
  }

  inputPaths(): readonly string[] {
    return this.#inputs.paths
  }

  lastFailure(): RefreshFailure | null {
    return [...this.#failures.values()].at(-1) ?? null
  }

  refresh(trigger: Trigger, scope: Scope): Promise<RefreshResult> {
    const result = new Promise<RefreshResult>((resolve, reject) => {
      const waiters = this.#waiting.get(scope) ?? []
      waiters.push({ trigger, resolve, reject })
      this.#waiting.set(scope, waiters)
    })
    if (!this.#isRunning) void this.#work()
    return result
  }

  fail(trigger: Trigger, scope: Scope, error: ConfigError): RefreshResult {
    const result = this.#failed(trigger, scope, error)
    this.#options.onResult?.({ trigger, scope, result })
    return result
  }

  async refreshIfChanged(trigger: Trigger): Promise<RefreshResult | null> {
    const isDue = (await this.#inputs.changed()) || (await this.#doMissingNamesResolve())
    return isDue ? this.refresh(trigger, 'all') : null
  }

  /** Serves one scope after the other until nobody waits. Who comes during a load waits for the next one. */
  async #work(): Promise<void> {
    this.#isRunning = true
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined) break
      const [scope, waiters] = next
      this.#waiting.delete(scope)
      try {
        const result = await this.#run(waiters[0]?.trigger ?? 'admin', scope)
        for (const waiter of waiters) waiter.resolve(result)
      } catch (error) {
        for (const waiter of waiters) waiter.reject(error)
      }
    }
    this.#isRunning = false
  }

  async #run(trigger: Trigger, scope: Scope): Promise<RefreshResult> {
    const inputs = new Inputs()
    const previous = this.#state
    let result: RefreshResult
    try {
      const state = await loadState(this.#options, previous, scope, inputs)
      await this.#options.beforeSwap?.(state)
      this.#state = state
      await this.#options.onSwap?.(state, previous, scope)
      if (scope === 'all') this.#failures.clear()
      this.#failures.delete(scope)
      const { revision } = state
      result = { ok: true, revision, previous: previous.revision, changed: state.print !== previous.print }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      result = this.#failed(trigger, scope, error)
    }
    if (scope === 'all') this.#inputs = inputs
    this.#options.onResult?.({ trigger, scope, result })
    return result
  }

  #failed(trigger: Trigger, scope: Scope, error: ConfigError): RefreshResult {
    // Deleted first, so that the last one stands last.
    this.#failures.delete(scope)
    this.#failures.set(scope, { time: Date.now(), trigger, scope, error })
    return { ok: false, revision: this.#state.revision, error }
  }

  async #doMissingNamesResolve(): Promise<boolean> {
    const { missing } = this.#state.hadoop
    if (missing.length === 0 || Date.now() - this.#namesAskedAt < NAMES_AGAIN_MS) return false
    this.#namesAskedAt = Date.now()
    return this.#options.names.anyResolves(missing)
  }
}
