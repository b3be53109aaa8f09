import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { SwitchRequest, SwitchResult } from './admin/dependencies.ts'
import { type AdminServer, createAdminServer } from './admin/server.ts'
import { type LocalToken, writeLocalToken } from './app/admin-token.ts'
import { type DataPlane, LocalPlane } from './app/data-plane.ts'
import { LiveGroups } from './app/live-groups.ts'
import { LivePermissions } from './app/live-permissions.ts'
import { type Prepared, prepare } from './app/prepare.ts'
import { placed } from './app/placed.ts'
import { policyNews } from './app/policy-news.ts'
import { findingLines, restartKeys, warningsOf } from './app/remarks.ts'
import { makeSnapshot, type State } from './app/state.ts'
import { verifiedComponents } from './app/verified-components.ts'
import { WorkerPool } from './app/workers/pool.ts'
import type { DrainTimes } from './http/service.ts'
import { auditPlaced, checkWritable } from './app/writable.ts'
import { Collected } from './config/collect.ts'
import { expiryByService } from './config/tls-dates.ts'
import { HostNames, systemLookup } from './config/host-names.ts'
import {
  type RefreshEvent,
  type Refresher,
  type RefreshResult,
  type Scope,
  startRefresher,
  type Trigger,
} from './config/refresher.ts'
import { type FileWatch, watchFiles } from './config/watch.ts'
import type { Settings } from './config/settings.ts'
import type { Snapshot } from './decision/snapshot.ts'
import { ConfigError } from './errors.ts'
import { nameNodesIn } from './hadoop/hdfs-addresses.ts'
import type { LogDestination } from './telemetry/log.ts'
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts'

/**
 * What an app is started with.
 *
 * Shape: `environment` is asked for `HADOOP_CONF_DIR` and by `${env.…}`; `nodeOptions` are the options Node was
 * started with; `loopbackUser` is who callers on this machine are for the admin listener without a token, null: a
 * token is always needed; the log goes to stderr unless there is a `logDestination`.
 */
export interface AppOptions {
  readonly settingsFile: string
  readonly environment: ReadonlyMap<string, string>
  readonly nodeOptions: readonly string[]
  readonly version: string
  readonly loopbackUser: string | null
  readonly logDestination?: LogDestination
}

/** A running app. */
export interface App {
  readonly adminUrl: string
  readonly telemetry: Telemetry
  /** Base addresses of the listeners by service. */
  urls(): ReadonlyMap<string, string>
  /** Loads anew; after the answer no request is decided by what was in force before. */
  refresh(trigger: Trigger, scope: Scope): Promise<RefreshResult>
  /** What SIGHUP asks for: log and audit files opened anew, everything loaded anew. */
  reload(): Promise<RefreshResult>
  /** How long the settings in force let it take to end. */
  drainTimes(): DrainTimes
  /** Not ready from now on; stops taking requests and ends. */
  close(times: DrainTimes): Promise<void>
}

export type { State } from './app/state.ts'

const SECRET_BYTES = 32

type Hooks = Pick<
  Parameters<typeof startRefresher<Snapshot, Prepared>>[0],
  'beforeSwap' | 'onSwap' | 'onResult'
>

/**
 * Loads settings and policy as a start does, and opens nothing; nobody is asked for policies of Ranger unless
 * `permissions` does.
 *
 * Errors: `ConfigError` with every problem of all files.
 */
export async function loadApp(
  options: Pick<AppOptions, 'settingsFile' | 'environment'>,
  hooks: Hooks = {},
  permissions: LivePermissions = new LivePermissions({ asksAdmin: false }),
): Promise<Refresher<Snapshot, Prepared>> {
  return startRefresher<Snapshot, Prepared>({
    settingsFile: options.settingsFile,
    environment: options.environment,
    names: new HostNames(systemLookup),
    prepare,
    loadPermissions: (settings, inputs, previous) => permissions.load(settings, inputs, previous),
    makeSnapshot,
    ...hooks,
  })
}

/**
 * Starts an app: settings and policy, telemetry, the state folder, the admin listener, and last, once nothing can be
 * refused any more, the listeners of the services; then the files are watched. Whatever was opened is closed again
 * where a later step is refused.
 *
 * Errors: `ConfigError` with every problem found.
 */
export async function startApp(options: AppOptions): Promise<App> {
  let app: RunningApp | null = null
  const permissions = new LivePermissions({ asksAdmin: true })
  const hooks: Hooks = {
    beforeSwap: async (state) => app?.stage(state),
    onSwap: (state, previous, scope) => app?.swapped(state, previous, scope),
    onResult: (event) => app?.ended(event),
  }
  const refresher = await loadApp(options, hooks, permissions)
  checkWritable(refresher.current().settings)
  app = new RunningApp(options, refresher, permissions)
  await app.start()
  return app
}

class RunningApp implements App {
  readonly telemetry: Telemetry
  readonly #options: AppOptions
  readonly #refresher: Refresher<Snapshot, Prepared>
  readonly #permissions: LivePermissions
  readonly #groups: LiveGroups
  readonly #plane: DataPlane
  readonly #started = Promise.withResolvers<void>()
  #admin: AdminServer | null = null
  #token: LocalToken | null = null
  #watch: FileWatch | null = null
  #isServing = false
  #isDraining = false
  #closed: Promise<void> | null = null

  constructor(options: AppOptions, refresher: Refresher<Snapshot, Prepared>, permissions: LivePermissions) {
    const state = refresher.current()
    const { settings } = state
    const { logDestination: destination } = options
    this.#options = options
    this.#refresher = refresher
    this.#permissions = permissions
    this.telemetry = auditPlaced(settings, () =>
      createTelemetry({
        version: options.version,
        log: { level: settings.log.level, ...(destination === undefined ? {} : { destination }) },
        audit: settings.audit,
      }),
    )
    this.#groups = new LiveGroups(state, this.telemetry)
    this.#plane = this.#openPlane(state)
  }

  /** One worker is this thread itself: no other one is started. */
  #openPlane(state: State): DataPlane {
    const { nodeOptions, version } = this.#options
    const { workers, audit, log } = state.settings
    const count = workers === 'auto' ? availableParallelism() : workers
    const sharesPorts = count > 1
    const options = {
      nodeOptions,
      sharesPorts,
      ticketSecret: sharesPorts ? randomBytes(SECRET_BYTES) : null,
      locatorSecret: randomBytes(SECRET_BYTES),
    }
    return sharesPorts
      ? new WorkerPool(count, this.#groups, this.telemetry, {
          version,
          logLevel: log.level,
          audit,
          plane: options,
        })
      : new LocalPlane(state, this.#groups, this.telemetry, options)
  }

  get adminUrl(): string {
    return this.#admin?.url ?? ''
  }

  urls(): ReadonlyMap<string, string> {
    return this.#plane.urls()
  }

  async start(): Promise<void> {
    const state = this.#refresher.current()
    const { log, metrics } = this.telemetry
    try {
      this.#show(state)
      metrics.refreshed('start', 'changed')
      this.#token = await writeLocalToken(
        state.settings.stateDir,
        state.settings.placeOf('stateDir'),
        this.#options.loopbackUser ?? undefined,
      )
      const collected = new Collected()
      await collected.tryLater(() => this.#startAdmin(state))
      await collected.tryLater(() => this.#plane.stage(state))
      collected.throwIfAny()
      await this.#plane.commit('all')
      this.#isServing = true
    } catch (error) {
      await this.close({ graceMs: 0 })
      throw error
    } finally {
      this.#started.resolve()
    }
    for (const warning of warningsOf(state)) log.warn({}, warning)
    this.#logFindings(state)
    this.#followPolicies(state)
    this.#watch = watchFiles({
      paths: () => this.#refresher.inputPaths(),
      timing: () => {
        const { enabled, debounce, poll } = this.#refresher.current().settings.watch
        return { enabled, debounceMs: debounce, pollMs: poll }
      },
      onChange: () => this.#refresher.refreshIfChanged('watch'),
      onError: (err) => log.error({ err }, 'the file watch failed'),
    })
    log.info({ revision: state.revision, services: state.services.length, pid: process.pid }, 'ready')
  }

  /** One that is asked for over the admin listener before the start is over waits for it. */
  async refresh(trigger: Trigger, scope: Scope): Promise<RefreshResult> {
    await this.#started.promise
    if (scope === 'ranger-policies') {
      try {
        // Before its turn: nothing else waits for Ranger Admin.
        await this.#permissions.download()
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        return this.#refresher.fail(trigger, scope, error)
      }
    }
    return this.#refresher.refresh(trigger, scope)
  }

  /** Policies of Ranger are downloaded from now on; what comes is put in force as any other change. */
  #followPolicies(state: State): void {
    const { log, metrics } = this.telemetry
    this.#permissions.adopt(state)
    metrics.ranger.watch(() => this.#permissions.present())
    this.#permissions.listen({
      ...policyNews(this.telemetry),
      onNew: () => void this.#refresher.refresh('download', 'ranger-policies'),
    })
    for (const warning of this.#permissions.warnings()) log.warn({}, warning)
  }

  reload(): Promise<RefreshResult> {
    this.telemetry.reopen()
    this.#plane.renewGroups()
    return this.refresh('signal', 'all')
  }

  drainTimes(): DrainTimes {
    const { delay, deadline } = this.#refresher.current().settings.drain
    return { delayMs: delay, graceMs: deadline }
  }

  close(times: DrainTimes): Promise<void> {
    this.#closed ??= this.#close(times)
    return this.#closed
  }

  async #close(times: DrainTimes): Promise<void> {
    this.#isDraining = true
    this.#watch?.close()
    this.#permissions.close()
    await this.#plane.close(times)
    await this.#admin?.close()
    this.#token?.remove()
    await this.telemetry.close()
  }

  /**
   * Called before a new state is in force; takes what it needs from the system.
   *
   * Errors: `ERR_CONFIG_LISTEN` with every address that cannot be listened on; nothing has changed then.
   */
  stage(state: State): Promise<void> {
    return this.#plane.stage(state)
  }

  /** Called when a new state is in force, before anybody is told. */
  async swapped(state: State, previous: State, scope: Scope): Promise<void> {
    await this.#plane.commit(scope)
    if (scope === 'all' || scope === 'ranger-policies') this.#permissions.adopt(state)
    this.#show(state)
    const { log } = this.telemetry
    this.#admin?.update(state.settings.admin.tls)
    this.#announceAgain(state.settings, previous.settings)
    const known = new Set(warningsOf(previous))
    for (const warning of warningsOf(state)) if (!known.has(warning)) log.warn({}, warning)
    for (const key of restartKeys(state.settings, previous.settings))
      log.warn(state.settings.placeOf(key), `\`${key}\` has changed: it counts after a restart`)
    if (state.revision !== previous.revision) this.#logFindings(state)
  }

  /** Called after each load but the first. */
  ended({ trigger, scope, result }: RefreshEvent): void {
    const { log, metrics } = this.telemetry
    if (result.ok) {
      const { revision, previous, changed } = result
      metrics.refreshed(trigger, changed ? 'changed' : 'unchanged')
      log.info({ trigger, scope, revision, previous, changed }, 'refreshed')
      return
    }
    const { code, message, problems } = result.error
    metrics.refreshed(trigger, 'failed', code)
    const fields = { trigger, scope, revision: result.revision, code, problems }
    log.error(fields, `the refresh failed, the old policy stays in force: ${message}`)
  }

  #show(state: State): void {
    const { metrics } = this.telemetry
    const { authenticators } = state.settings.identity
    metrics.policyInForce(state.snapshot)
    metrics.permissions.inForce(verifiedComponents(state.permissions))
    metrics.certificatesExpire(expiryByService(state.settings))
    metrics.pseudoEnabled(authenticators.some(({ kind }) => kind === 'pseudo'))
    metrics.servicesEnforcing(
      state.services.map(({ name, enforcement }) => [name, enforcement === 'enforce'] as const),
    )
  }

  #logFindings({ hadoop }: State): void {
    for (const { fields, message } of findingLines(hadoop.policy.findings))
      this.telemetry.log.warn(fields, message)
  }

  async #startAdmin({ settings }: State): Promise<void> {
    const { metrics, log, audit, rangerAudit } = this.telemetry
    const current = (): State => this.#refresher.current()
    const { listen, tls } = settings.admin
    const options = { listen, tls, loopbackUser: this.#options.loopbackUser }
    this.#admin = await placed(settings.placeOf('admin.listen'), () =>
      createAdminServer(options, {
        metrics,
        log,
        audit,
        rangerAudit,
        snapshot: () => current().snapshot,
        groupsOf: (user) => this.#groups.service.groupsOf(user),
        refresh: (scope) => this.refresh('admin', scope),
        permissions: () => current().permissions,
        switchPermissions: (request) => this.#switchPermissions(request),
        tokens: () => [...current().settings.admin.tokens, ...(this.#token?.tokens ?? [])],
        notReady: () => this.#notReady(),
        workers: () => this.#plane.workers(),
        warnings: () => [...this.#plane.warnings(), ...this.#permissions.warnings()],
        loadedAt: () => current().loadedAt,
        rangerLoadedAt: () => this.#permissions.loadedAt(),
        lastFailure: () => this.#refresher.lastFailure(),
        customRoutes: () => current().prepared.customRoutes,
        gates: () => current().prepared.gates,
        nameNodes: () => nameNodesIn(current().hadoop.configuration),
      }),
    )
    this.#token?.announce(this.#admin.url, tls?.pair.certificate ?? null)
    log.info({ service: 'admin', url: this.#admin.url }, 'listening')
  }

  /** Policies are not downloaded for that: what was switched counts whether Ranger Admin answers or not. */
  async #switchPermissions(request: SwitchRequest): Promise<SwitchResult> {
    await this.#started.promise
    return this.#permissions.control.change(
      request,
      () => this.#refresher.current(),
      () => this.#refresher.refresh('admin', 'ranger-policies'),
    )
  }

  /** What cannot be written is no reason to take back what is in force: the commands then go by the settings. */
  #announceAgain({ admin: { tls } }: Settings, previous: Settings): void {
    if (this.#admin === null || tls?.print === previous.admin.tls?.print) return
    try {
      this.#token?.announce(this.#admin.url, tls?.pair.certificate ?? null)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      this.telemetry.log.warn({ problems: error.problems }, error.message)
    }
  }

  #notReady(): string[] {
    const phase = this.#isDraining ? ['shutting down'] : this.#isServing ? [] : ['starting']
    return [...phase, ...this.#plane.failures()]
  }
}
