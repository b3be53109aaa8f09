import { monitorEventLoopDelay } from 'node:perf_hooks'
import { CellRegistry } from './cell-registry.ts'
import type { DecidedResource } from '../decision/request.ts'
import type { ConnectionReason } from '../errors/connection-reasons.ts'
import { METRICS } from './declarations.ts'
import {
  type Children,
  counterOf,
  gaugeOf,
  type HistogramCell,
  histogramOf,
  type NumberCell,
  type UpAndDown,
  upAndDown,
} from './families.ts'
import type { ExportedMetrics } from './merge.ts'
import { PermissionMetrics } from './permission-metrics.ts'
import { RangerMetrics } from './ranger-metrics.ts'

/** The effect as it is counted: `would_deny` is a refusal that an observing service did not enforce. */
export type CountedEffect = 'allow' | 'deny' | 'would_deny'

/** The upstreams of a service, and whether each is the active one. */
type ReadServers = () => Iterable<readonly [upstream: string, isActive: boolean]>

/** What is read of a snapshot: its revision, the policy's warnings, and the counters of its decision cache. */
export interface PolicyInForce {
  readonly revision: string
  readonly policy: { readonly authorizationOn: boolean; readonly findings: readonly unknown[] }
  readonly cache: CacheCounts & { readonly size: number }
  readonly verdicts: CacheCounts
}

interface CacheCounts {
  readonly hits: number
  readonly misses: number
}

const LAG_RESOLUTION_MS = 10

/**
 * The numbers of this thread, and of the process where it is the main one. Each method is one addition; what is a state
 * (cache, memory, age, lag) is read when somebody scrapes.
 */
export class Metrics {
  readonly #register = new CellRegistry()
  readonly #now: () => number
  readonly #decisions = counterOf(this.#register, METRICS.decisions)
  readonly #requestSeconds = histogramOf(this.#register, METRICS.requestSeconds)
  readonly #decisionSeconds: HistogramCell = histogramOf(this.#register, METRICS.decisionSeconds).child()
  readonly #refreshes = counterOf(this.#register, METRICS.refreshes)
  readonly #reloadFailures = counterOf(this.#register, METRICS.reloadFailures)
  readonly #upstreamRequests = counterOf(this.#register, METRICS.upstreamRequests)
  readonly #upstreamErrors = counterOf(this.#register, METRICS.upstreamErrors)
  readonly #failovers = counterOf(this.#register, METRICS.failovers)
  readonly #permissionDecisions = counterOf(this.#register, METRICS.permissionDecisions)
  /** How components are verified, and who switches that. */
  readonly permissions: PermissionMetrics = new PermissionMetrics(this.#register)
  /** Where Ranger's policies come from. */
  readonly ranger: RangerMetrics
  readonly #retries = counterOf(this.#register, METRICS.retries)
  readonly #probes = counterOf(this.#register, METRICS.probes)
  readonly #inFlight = gaugeOf(this.#register, METRICS.inFlight)
  readonly #queued = gaugeOf(this.#register, METRICS.queued)
  readonly #connections = gaugeOf(this.#register, METRICS.connections)
  readonly #connectionsRefused = counterOf(this.#register, METRICS.connectionsRefused)
  readonly #clientAborts = counterOf(this.#register, METRICS.clientAborts)
  readonly #tunnels = gaugeOf(this.#register, METRICS.tunnels)
  readonly #tunnelsClosed = counterOf(this.#register, METRICS.tunnelsClosed)
  readonly #revoked = counterOf(this.#register, METRICS.revoked)
  readonly #rejected = counterOf(this.#register, METRICS.rejected)
  readonly #certificateExpiry = gaugeOf(this.#register, METRICS.certificateExpiry)
  readonly #auditDropped = counterOf(this.#register, METRICS.auditDropped)
  readonly #auditErrors: NumberCell = counterOf(this.#register, METRICS.auditErrors).child()
  readonly #logDropped: NumberCell = counterOf(this.#register, METRICS.logDropped).child()
  readonly #defects: NumberCell = counterOf(this.#register, METRICS.defects).child()
  readonly #groupLookups = counterOf(this.#register, METRICS.groupLookups)
  readonly #pseudoEnabled: NumberCell = gaugeOf(this.#register, METRICS.pseudoEnabled).child()
  readonly #serviceEnforcing = gaugeOf(this.#register, METRICS.serviceEnforcing)
  readonly #policyInfo = gaugeOf(this.#register, METRICS.policyInfo)
  readonly #policyLoaded: NumberCell = gaugeOf(this.#register, METRICS.policyLoaded).child()
  readonly #policyFindings: NumberCell = gaugeOf(this.#register, METRICS.policyFindings).child()
  readonly #authorizationOn: NumberCell = gaugeOf(this.#register, METRICS.authorizationOn).child()
  readonly #workers: NumberCell = gaugeOf(this.#register, METRICS.workers).child()
  readonly #workerRestarts: NumberCell = counterOf(this.#register, METRICS.workerRestarts).child()
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
  #policy: PolicyInForce | null = null
  /** Hits and misses of the policies before the one in force: their caches are gone, their counts are not. */
  readonly #past = { cache: { hits: 0, misses: 0 }, verdicts: { hits: 0, misses: 0 } }
  #groupCacheSize: () => number = () => 0
  #others: () => Promise<readonly ExportedMetrics[]> = () => Promise.resolve([])
  readonly #servers = new Set<{ readonly service: string; readonly read: ReadServers }>()

  /**
   * Shape: `version` is Keddah's own. Units: `now` gives milliseconds since the epoch.
   */
  constructor(options: { version: string; now?: () => number }) {
    this.#now = options.now ?? Date.now
    this.ranger = new RangerMetrics(this.#register, this.#now)
    this.#lag.enable()
    gaugeOf(this.#register, METRICS.buildInfo).child(options.version, process.version).value = 1
    this.#atScrape()
    for (const effect of ['allow', 'deny']) this.#auditDropped.child(effect)
    for (const result of ['hit', 'found', 'none', 'failed']) this.#groupLookups.child(result)
  }

  /** Counts one decision of the named service. */
  decided(service: string, effect: CountedEffect, reason: string): void {
    this.#decisions.child(service, effect, reason).value += 1
  }

  /** Counts one request about whose resources somebody decided, or nobody here. */
  permissionDecided(
    resource: Pick<DecidedResource, 'component' | 'enforcer'>,
    effect: 'allow' | 'deny',
  ): void {
    const { component, enforcer } = resource
    const decision = effect === 'allow' && enforcer === 'native' ? 'native' : effect
    this.#permissionDecisions.child(component, decision, enforcer).value += 1
  }

  /** Notes how long one request took as a whole, in seconds. */
  requestSeconds(service: string, seconds: number): void {
    this.#requestSeconds.child(service).observe(seconds)
  }

  /** Notes how long one decision took, in seconds. */
  decisionSeconds(seconds: number): void {
    this.#decisionSeconds.observe(seconds)
  }

  /** Counts one request that went to an upstream: `1xx` … `5xx`, `error` or `aborted`. */
  upstream(service: string, outcome: string): void {
    this.#upstreamRequests.child(service, outcome).value += 1
  }

  /** Counts one failure of an upstream, by kind, such as `connect_refused`. */
  upstreamError(service: string, kind: string): void {
    this.#upstreamErrors.child(service, kind).value += 1
  }

  /** Counts one change from an active server to another one. */
  failedOver(service: string, cause: string): void {
    this.#failovers.child(service, cause).value += 1
  }

  /** Counts one request that is sent once more. */
  retried(service: string, cause: string): void {
    this.#retries.child(service, cause).value += 1
  }

  /** Counts one question to a server for its role. */
  probed(service: string, upstream: string, result: string): void {
    this.#probes.child(service, upstream, result).value += 1
  }

  /** Tells where the active one of the servers of a service is read at a scrape, until the answer is called. */
  watchActive(service: string, read: ReadServers): () => void {
    const watched = { service, read }
    this.#servers.add(watched)
    return () => void this.#servers.delete(watched)
  }

  /** The gauge of requests being worked on; ask once per service and keep it. */
  inFlight(service: string): UpAndDown {
    return upAndDown(this.#inFlight.child(service))
  }

  /** The same of those that wait for a place at an upstream. */
  queued(service: string): UpAndDown {
    return upAndDown(this.#queued.child(service))
  }

  /** The same of connections that are open. */
  connections(service: string): UpAndDown {
    return upAndDown(this.#connections.child(service))
  }

  /** Counts one connection that was closed before it could bring a request. */
  connectionRefused(service: string, reason: ConnectionReason): void {
    this.#connectionsRefused.child(service, reason).value += 1
  }

  /** Counts one request whose client was gone before the answer was complete. */
  clientAborted(service: string): void {
    this.#clientAborts.child(service).value += 1
  }

  /** Counts one WebSocket that is open from now on. */
  tunnelOpened(service: string): void {
    this.#tunnels.child(service).value += 1
  }

  /** Counts one that is over, by how it ended. */
  tunnelClosed(service: string, result: string): void {
    this.#tunnels.child(service).value -= 1
    this.#tunnelsClosed.child(service, result).value += 1
  }

  /** Counts one request in flight that has lost its right. */
  revoked(service: string, kind: 'tunnel' | 'download' | 'upload' | 'question'): void {
    this.#revoked.child(service, kind).value += 1
  }

  /** Counts one request that was refused before any decision, by the reason of its error. */
  rejected(service: string, reason: string): void {
    this.#rejected.child(service, reason).value += 1
  }

  /** Shows when certificates expire, in milliseconds since the epoch; services that show none are not shown. */
  certificatesExpire(expiry: ReadonlyMap<string, number>): void {
    this.#certificateExpiry.clear()
    for (const [service, time] of expiry) this.#certificateExpiry.child(service).value = time / 1_000
  }

  /**
   * Counts one load of settings and policy.
   *
   * Shape: `result` is `changed`, `unchanged` or `failed`; `failure` is the error code of a failed one.
   */
  refreshed(trigger: string, result: 'changed' | 'unchanged' | 'failed', failure?: string): void {
    this.#refreshes.child(trigger, result).value += 1
    if (failure !== undefined) this.#reloadFailures.child(failure.toLowerCase()).value += 1
  }

  /** Counts one lost audit line. */
  auditDropped(effect: 'allow' | 'deny'): void {
    this.#auditDropped.child(effect).value += 1
  }

  /** Counts one failed attempt to write the audit file. */
  auditFailed(): void {
    this.#auditErrors.value += 1
  }

  /** Counts one lost log line. */
  logDropped(): void {
    this.#logDropped.value += 1
  }

  /** Counts one error of our own that nobody caught. */
  defect(): void {
    this.#defects.value += 1
  }

  /** Shows how many workers answer requests. */
  workersServing(count: number): void {
    this.#workers.value = count
  }

  /** Counts one worker that was replaced. */
  workerRestarted(): void {
    this.#workerRestarts.value += 1
  }

  /** Counts one question to the group cache. */
  groupsLooked(result: 'hit' | 'found' | 'none' | 'failed'): void {
    this.#groupLookups.child(result).value += 1
  }

  /** Tells where the size of the group cache is read at a scrape. */
  watchGroups(size: () => number): void {
    this.#groupCacheSize = size
  }

  /** Shows whether pseudo authentication is on. */
  pseudoEnabled(on: boolean): void {
    this.#pseudoEnabled.value = on ? 1 : 0
  }

  /** Shows which services there are, and whether each enforces or only observes; others are not shown any more. */
  servicesEnforcing(services: Iterable<readonly [service: string, on: boolean]>): void {
    this.#serviceEnforcing.clear()
    for (const [service, on] of services) {
      this.#serviceEnforcing.child(service).value = on ? 1 : 0
      this.#inFlight.child(service)
    }
  }

  /** Shows the policy that is in force from now on, and keeps what the cache of the one before has counted. */
  policyInForce(policy: PolicyInForce): void {
    for (const name of ['cache', 'verdicts'] as const) {
      const before = this.#policy?.[name]
      if (before === undefined || before === policy[name]) continue
      this.#past[name].hits += before.hits
      this.#past[name].misses += before.misses
    }
    this.#policy = policy
    this.#policyInfo.clear()
    this.#policyInfo.child(policy.revision).value = 1
    this.#policyLoaded.value = this.#now() / 1_000
    this.#policyFindings.value = policy.policy.findings.length
    this.#authorizationOn.value = policy.policy.authorizationOn ? 1 : 0
  }

  /** The content type of `text()`. */
  get contentType(): string {
    return this.#register.contentType
  }

  /** All metrics in the text format of Prometheus. */
  async text(): Promise<string> {
    return this.#register.textWith(await this.#others())
  }

  /** Tells where the numbers of the other threads are asked for at a scrape. */
  watchOthers(ask: () => Promise<readonly ExportedMetrics[]>): void {
    this.#others = ask
  }

  /** What the main thread adds to its own numbers: everything, or only what was counted and must not be lost. */
  export(what: 'all' | 'counts'): ExportedMetrics {
    return this.#register.export(what)
  }

  /** Ends the sampling of the event loop. */
  close(): void {
    this.#lag.disable()
  }

  /** Registers what is read at the scrape. */
  #atScrape(): void {
    const register = this.#register
    const set = (value: () => number) => (children: Children<NumberCell>) => {
      children.child().value = value()
    }
    const counted = (name: 'cache' | 'verdicts', what: keyof CacheCounts) => (): number =>
      this.#past[name][what] + (this.#policy?.[name][what] ?? 0)
    counterOf(register, METRICS.cacheHits, set(counted('cache', 'hits')))
    counterOf(register, METRICS.cacheMisses, set(counted('cache', 'misses')))
    counterOf(register, METRICS.permissionCacheHits, set(counted('verdicts', 'hits')))
    counterOf(register, METRICS.permissionCacheMisses, set(counted('verdicts', 'misses')))
    gaugeOf(
      register,
      METRICS.cacheSize,
      set(() => this.#policy?.cache.size ?? 0),
    )
    gaugeOf(
      register,
      METRICS.policyAge,
      set(() => (this.#policy ? this.#age() : 0)),
    )
    gaugeOf(
      register,
      METRICS.groupCacheSize,
      set(() => this.#groupCacheSize()),
    )
    gaugeOf(register, METRICS.upstreamActive, (children) => {
      children.clear()
      for (const { service, read } of this.#servers)
        for (const [upstream, isActive] of read()) children.child(service, upstream).value = isActive ? 1 : 0
    })
    gaugeOf(register, METRICS.eventLoopLag, (children) => this.#readLag(children))
    counterOf(
      register,
      METRICS.processCpu,
      set(() => {
        const { user, system } = process.cpuUsage()
        return (user + system) / 1e6
      }),
    )
    gaugeOf(
      register,
      METRICS.processMemory,
      set(() => process.memoryUsage.rss()),
    )
    gaugeOf(
      register,
      METRICS.processHeap,
      set(() => process.memoryUsage().heapUsed),
    )
    gaugeOf(register, METRICS.processStart).child().value = Math.round(Date.now() / 1_000 - process.uptime())
  }

  #age(): number {
    return Math.max(0, this.#now() / 1_000 - this.#policyLoaded.value)
  }

  /** The monitor notes the time between two ticks of its timer; what is above the interval is the delay. */
  #readLag(children: Children<NumberCell>): void {
    const seconds = (nanoseconds: number): number => {
      const delay = nanoseconds / 1e9 - LAG_RESOLUTION_MS / 1_000
      return Number.isFinite(delay) ? Math.max(0, delay) : 0
    }
    children.child('mean').value = seconds(this.#lag.mean)
    children.child('p50').value = seconds(this.#lag.percentile(50))
    children.child('p99').value = seconds(this.#lag.percentile(99))
    children.child('max').value = seconds(this.#lag.max)
    this.#lag.reset()
  }
}
