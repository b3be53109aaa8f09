import { ConfigError } from '../../errors.ts'
import { compileEngine } from '../../ranger/compile-engine.ts'
import type { ServiceDef, ServicePolicies, ServiceRoles } from '../../ranger/model.ts'
import { readServicePolicies } from '../../ranger/read-policies.ts'
import {
  type AdminAddress,
  type AdminAnswer,
  type Known,
  RangerAdminClient,
  type Wait,
} from './admin-client.ts'
import { CacheFiles, type CachedKind } from './cache-files.ts'
import { RangerFailure, type RangerFailureReason } from './failure.ts'
import { type HeldFailure, type RangerHeld, withSuperUsers } from './held.ts'
import { builtInDefinition } from './built-in-definition.ts'
import { pollDelay } from './poll-delay.ts'
import { type ReadDownload, readDownload, readRolesDownload } from './read-download.ts'
import type { RangerService } from './service.ts'

/** Time, timers and chance. `after` gives back what takes the timer back. */
export interface FeedClock {
  now(): number
  after(ms: number, run: () => void): () => void
  random(): number
  readonly wait: Wait
}

/** What a feed works with, and whom it tells. */
export interface FeedOptions {
  /** False: Ranger Admin is not asked at all, and what is kept is all there is. */
  readonly asksAdmin: boolean
  readonly clock: FeedClock
  /** Something new has come after the start. */
  onNew(): void
  onFailure(service: RangerService, failure: HeldFailure): void
  /** All policies are gone: the service was deleted, or its set has become empty. */
  onEmptied(service: RangerService): void
}

/** Longest time that a start waits for Ranger Admin before it takes what is kept. */
const START_MS = 10_000
const UNKNOWN: Known = { version: -1, activatedAt: 0 }

interface Parts {
  readonly policies: ServicePolicies | null
  readonly roles: ServiceRoles | null
}

/**
 * Downloads the policies and roles of one service, now and again. What is held is replaced only by what was read and
 * compiled as a whole.
 *
 * Source: org.apache.ranger.plugin.util.PolicyRefresher (2.9).
 */
export class AdminFeed {
  readonly #service: RangerService
  readonly #pollMs: number
  readonly #limit: number
  readonly #wantsDeltas: boolean
  readonly #definition: ServiceDef | null
  readonly #options: FeedOptions
  readonly #client: RangerAdminClient
  readonly #cache: CacheFiles
  readonly #stop = new AbortController()
  #held: RangerHeld
  #known: Readonly<Record<CachedKind, Known>> = { policies: UNKNOWN, roles: UNKNOWN }
  /** What changes are applied to; kept only where changes are asked for. */
  #base: Readonly<Record<string, unknown>> | null = null
  #isGone = false
  #isStarted = false
  #start: Promise<void> | null = null
  #running: Promise<readonly HeldFailure[]> | null = null
  #failures = 0
  #lastFailure: HeldFailure | null = null
  #cancelPoll: (() => void) | null = null

  constructor(
    service: RangerService,
    source: { readonly address: AdminAddress; readonly pollMs: number; readonly cacheDir: string },
    definition: ServiceDef | null,
    options: FeedOptions,
  ) {
    const { address, pollMs, cacheDir } = source
    this.#service = service
    this.#pollMs = pollMs
    this.#limit = address.limits.maxBytes
    this.#wantsDeltas = address.wantsDeltas
    this.#definition = definition
    this.#options = options
    this.#client = new RangerAdminClient(address, options.clock.wait)
    this.#cache = new CacheFiles(cacheDir, address.appId, service.serviceName)
    this.#held = this.#make({ policies: null, roles: null }, 'none', this.#client.url)
  }

  get held(): RangerHeld {
    return this.#held
  }

  /** The last failure, null once a download has worked. */
  get lastFailure(): HeldFailure | null {
    return this.#lastFailure
  }

  /** Asks Ranger Admin for the first time, and falls back to what is kept. Ends after ten seconds, or soon after. */
  start(): Promise<void> {
    this.#start ??= this.#startOnce()
    return this.#start
  }

  async #startOnce(): Promise<void> {
    if (this.#options.asksAdmin) {
      const tooLong = new AbortController()
      await Promise.race([this.update(), this.#options.clock.wait(START_MS, tooLong.signal)])
      tooLong.abort()
    }
    if (this.#held.policies === null && !this.#isGone) await this.#takeCache()
    this.#isStarted = true
  }

  /** Downloads what is new. Whoever asks meanwhile is served by the same download. Gives what failed. */
  update(): Promise<readonly HeldFailure[]> {
    this.#running ??= this.#update().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  /** Downloads again and again, from now on. */
  poll(): void {
    if (this.#cancelPoll !== null || this.#stop.signal.aborted) return
    const { clock } = this.#options
    this.#cancelPoll = clock.after(pollDelay(this.#pollMs, this.#failures, clock.random()), () => {
      void this.update().then(() => {
        this.#cancelPoll = null
        this.poll()
      })
    })
  }

  close(): void {
    this.#stop.abort()
    this.#cancelPoll?.()
  }

  async #update(): Promise<readonly HeldFailure[]> {
    const failures: HeldFailure[] = []
    const before = this.#held
    const roles = await this.#fetch('roles', failures)
    const policies = await this.#fetch('policies', failures)
    if (policies?.kind === 'gone') await this.#drop(failures)
    else await this.#take(policies, roles, failures)
    if (this.#stop.signal.aborted) return failures
    // Older servers have no roles; policies go on being asked for as ever.
    this.#failures = failures.some(({ what }) => what === 'policies') ? this.#failures + 1 : 0
    this.#lastFailure = failures.at(-1) ?? null
    for (const failure of failures) this.#options.onFailure(this.#service, failure)
    if (this.#held !== before && this.#isStarted) this.#options.onNew()
    return failures
  }

  async #fetch(kind: CachedKind, failures: HeldFailure[]): Promise<AdminAnswer | null> {
    try {
      return await this.#client[kind](this.#known[kind], this.#stop.signal)
    } catch (error) {
      failures.push(this.#failed(kind, error))
      return null
    }
  }

  async #take(
    policies: AdminAnswer | null,
    roles: AdminAnswer | null,
    failures: HeldFailure[],
  ): Promise<void> {
    const { policies: inForce, roles: rolesInForce } = this.#held
    const [newRoles, newPolicies] = [bodyOf(roles), bodyOf(policies)]
    const { serviceName } = this.#service
    const url = this.#client.url
    const readRoles = this.#read('roles', newRoles, failures, (bytes) =>
      readRolesDownload(bytes, url, serviceName),
    )
    const read = this.#read('policies', newPolicies, failures, (bytes) => this.#readPolicies(bytes, url))
    // Changes that cannot be applied come again and again; all policies can be.
    if (read === null && newPolicies !== null && this.#wantsDeltas) this.#know('policies', -1, 0)
    if (read !== null && read.policies === null) this.#know('policies', read.version)
    const parts: Parts = {
      policies: read?.policies ?? inForce,
      roles: readRoles ?? (roles?.kind === 'gone' ? null : rolesInForce),
    }
    if (parts.policies === inForce && parts.roles === rolesInForce) return
    const held = this.#tryMake(parts, failures)
    if (held === null) return
    this.#held = held
    if (roles?.kind === 'gone') this.#know('roles', -1, 0)
    if (readRoles !== null && newRoles !== null) {
      this.#know('roles', readRoles.version)
      await this.#keep('roles', newRoles, failures)
    }
    if (read === null || read.policies === null) return
    this.#know('policies', read.policies.version)
    this.#base = this.#wantsDeltas ? read.whole : null
    this.#isGone = false
    if (read.policies.policies.length === 0 && inForce !== null && inForce.policies.length > 0)
      this.#options.onEmptied(this.#service)
    await this.#keep('policies', read.kept, failures)
  }

  #know(kind: CachedKind, version: number, activatedAt = this.#options.clock.now()): void {
    this.#known = { ...this.#known, [kind]: { version, activatedAt } }
  }

  #read<T>(
    kind: CachedKind,
    bytes: Buffer | null,
    failures: HeldFailure[],
    read: (bytes: Buffer) => T,
  ): T | null {
    try {
      return bytes === null ? null : read(bytes)
    } catch (error) {
      failures.push(this.#failed(kind, error))
      return null
    }
  }

  #tryMake(parts: Parts, failures: HeldFailure[]): RangerHeld | null {
    try {
      return this.#make(parts, 'admin', this.#client.url)
    } catch (error) {
      failures.push(this.#failed('policies', error))
      return null
    }
  }

  /** The service is gone: nothing of it counts any more, at the next start neither. */
  async #drop(failures: HeldFailure[]): Promise<void> {
    if (this.#isGone) return
    this.#isGone = true
    const had = this.#held.policies !== null
    this.#known = { policies: UNKNOWN, roles: UNKNOWN }
    this.#base = null
    this.#held = this.#make({ policies: null, roles: null }, 'none', this.#client.url)
    if (had) this.#options.onEmptied(this.#service)
    try {
      await this.#cache.setAside(this.#options.clock.now())
    } catch (error) {
      failures.push(this.#failed('cache', error))
    }
  }

  async #keep(kind: CachedKind, bytes: Uint8Array, failures: HeldFailure[]): Promise<void> {
    try {
      await this.#cache.write(kind, bytes)
    } catch (error) {
      failures.push(this.#failed('cache', error))
    }
  }

  /** The newest file that can be read; a torn one is passed over. */
  async #takeCache(): Promise<void> {
    const failures: HeldFailure[] = []
    const rolesFiles = await this.#cache.read('roles', this.#limit)
    const files = await this.#cache.read('policies', this.#limit)
    if (this.#held.policies !== null) return
    const first = <T>(
      kind: CachedKind,
      from: typeof files,
      read: (bytes: Buffer, file: string) => T,
    ): { readonly read: T; readonly file: string; readonly timeMs: number } | null => {
      for (const { file, bytes, timeMs } of from) {
        const value = this.#read(kind, bytes, failures, () => read(bytes, file))
        if (value !== null) return { read: value, file, timeMs }
      }
      return null
    }
    const roles = first('roles', rolesFiles, (bytes, file) =>
      readRolesDownload(bytes, file, this.#service.serviceName),
    )
    const kept = first('policies', files, (bytes, file) => {
      const read = this.#readPolicies(bytes, file)
      const parts = { policies: read.policies, roles: this.#held.roles ?? roles?.read ?? null }
      return { held: this.#make(parts, 'cache', file), whole: read.policies === null ? null : read.whole }
    })
    for (const failure of failures) this.#options.onFailure(this.#service, { ...failure, what: 'cache' })
    if (kept === null) return
    this.#held = kept.read.held
    this.#base = this.#wantsDeltas ? kept.read.whole : null
    this.#know('policies', this.#held.policies?.version ?? -1, Math.round(kept.timeMs))
    if (roles !== null && this.#held.roles === roles.read)
      this.#know('roles', roles.read.version, Math.round(roles.timeMs))
  }

  #readPolicies(bytes: Buffer, file: string): ReadDownload {
    const { component, serviceName: service, superUsers, superGroups } = this.#service
    const serviceDef = this.#definition ?? builtInDefinition(component)
    return readDownload(bytes, file, this.#base, serviceDef?.name ?? component.toLowerCase(), (value) =>
      withSuperUsers(readServicePolicies(value, { service, serviceDef, file }), superUsers, superGroups),
    )
  }

  #make({ policies, roles }: Parts, origin: RangerHeld['origin'], from: string): RangerHeld {
    const { component, fallback } = this.#service
    const { clock } = this.#options
    const engine = policies === null ? null : compileEngine(policies, roles, { fallback })
    return {
      component,
      engine,
      policies,
      roles,
      origin,
      from,
      loadedAt: policies === null ? null : clock.now(),
    }
  }

  #failed(what: HeldFailure['what'], error: unknown): HeldFailure {
    const message = error instanceof Error ? error.message : String(error)
    return { what, reason: reasonOf(what, error), message, time: this.#options.clock.now() }
  }
}

const bodyOf = (answer: AdminAnswer | null): Buffer | null => (answer?.kind === 'new' ? answer.body : null)

function reasonOf(what: HeldFailure['what'], error: unknown): RangerFailureReason {
  if (error instanceof RangerFailure) return error.reason
  if (what === 'cache') return 'cache'
  if (!(error instanceof ConfigError)) throw error
  const codes = new Set(error.problems.map(({ code }) => code))
  if (codes.has('json') || codes.has('not_utf8')) return 'malformed'
  return codes.has('ranger_service_name') ? 'service_name' : 'refused'
}
