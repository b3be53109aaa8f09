import type { Scope } from '../config/refresher.ts'
import { PAGE_LINKS } from '../http/pages/page-review.ts'
import { REDIRECTS } from '../http/redirects/redirect-review.ts'
import type { DrainTimes, HttpDependencies, ProtectedService } from '../http/service.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { dataNodesOf, pageLinksOf } from './links.ts'
import { Listeners } from './listeners.ts'
import type { LiveGroups } from './live-groups.ts'
import { LocatorKeys } from './locator-keys.ts'
import type { ServingState, State } from './state.ts'

/**
 * What carries the requests: the listeners of the services, and the state that they decide by.
 *
 * A state is taken up in two steps, so that nothing is ever half in force: `stage` takes what it needs from the system,
 * and `commit` puts it in force.
 */
export interface DataPlane {
  /**
   * Binds the addresses that a state needs. One call at a time.
   *
   * Errors: `ERR_CONFIG_LISTEN` with every address that cannot be listened on, `ERR_CONFIG_WORKERS` where no worker could
   * take it up; then all is as it was before.
   */
  stage(state: State): Promise<void>
  /**
   * Puts in force what was staged last: at once, nothing is decided by what was in force before. Once it is done, what
   * has lost its right is cut.
   */
  commit(scope: Scope): void | Promise<void>
  /** Base addresses of the listeners by service. */
  urls(): ReadonlyMap<string, string>
  /** Forgets whose groups are known. */
  renewGroups(): void
  /** The workers that answer requests and the policy in force in each; empty where this thread does. */
  workers(): readonly WorkerInfo[]
  /** One sentence for each thing for which no request should be sent here. */
  failures(): readonly string[]
  /** One sentence for each thing that does not work as it should although requests are taken. */
  warnings(): readonly string[]
  /** Stops taking requests and ends; see `DrainTimes`. */
  close(times: DrainTimes): Promise<void>
}

/**
 * What a plane takes besides its state. `locatorSecret` counts where the settings name none: every plane that a client
 * may reach has to have the same. With `sharesPorts` there are others on the same addresses.
 */
export type PlaneOptions = Pick<HttpDependencies, 'nodeOptions' | 'sharesPorts' | 'ticketSecret'> & {
  readonly locatorSecret: Uint8Array
}

/** One worker: its number from 1 on, which a replacement inherits, and what it decides by. */
export interface WorkerInfo {
  readonly id: number
  readonly revision: string
}

/** How long a listener that is taken out of the settings may finish what is in flight. */
const REMOVED_GRACE_MS = 30_000

/** Carries requests in this thread. */
export class LocalPlane implements DataPlane {
  readonly #groups: LiveGroups
  readonly #listeners: Listeners
  #state: ServingState
  #staged: ServingState | null = null
  readonly #locators: LocatorKeys

  /** `state` is what requests are decided by until another one is committed; none comes before that. */
  constructor(state: ServingState, groups: LiveGroups, telemetry: Telemetry, options: PlaneOptions) {
    this.#locators = new LocatorKeys(options.locatorSecret)
    this.#state = state
    this.#groups = groups
    this.#listeners = new Listeners(this.#dependencies(telemetry, options), REMOVED_GRACE_MS)
  }

  async stage(state: ServingState): Promise<void> {
    const { settings } = state
    await this.#listeners.stage(protectedServices(state), (service) => {
      const index = settings.services.findIndex(({ name }) => name === service)
      return settings.placeOf(`services[${index}].listen`)
    })
    this.#staged = state
  }

  async commit(scope: Scope): Promise<void> {
    const state = this.#staged
    if (state === null) return
    this.#staged = null
    const previous = this.#state
    this.#state = state
    this.#groups.follow(state, previous, scope)
    this.#listeners.commit()
    await this.#listeners.judgeAgain()
  }

  /** Gives up what was staged last; for when it is not committed after all. */
  async drop(): Promise<void> {
    this.#staged = null
    await this.#listeners.drop()
  }

  renewGroups(): void {
    this.#groups.renew(this.#state)
  }

  workers(): readonly WorkerInfo[] {
    return []
  }

  urls(): ReadonlyMap<string, string> {
    return this.#listeners.urls()
  }

  failures(): readonly string[] {
    return this.#listeners.failures()
  }

  warnings(): readonly string[] {
    return this.#listeners.warnings()
  }

  close(times: DrainTimes): Promise<void> {
    return this.#listeners.close(times)
  }

  /** Asked at each request, so that what is committed counts for the very next one. */
  #dependencies(
    telemetry: Telemetry,
    { nodeOptions, sharesPorts, ticketSecret }: PlaneOptions,
  ): HttpDependencies {
    return {
      snapshot: () => this.#state.snapshot,
      identifier: () => this.#state.prepared.identifier,
      groups: () => this.#groups.service,
      trustedProxies: () => this.#state.prepared.trustedProxies,
      hadoopProxies: () => this.#state.prepared.hadoopProxies,
      delegationParameter: () => this.#state.settings.identity.delegationParameter,
      locators: () => this.#locators.of(this.#state.settings),
      telemetry,
      nodeOptions,
      sharesPorts,
      ticketSecret,
    }
  }
}

/** The services of a state with their route tables, as the listeners take them. */
function protectedServices({ services, prepared }: ServingState): ProtectedService[] {
  return services.map((service) => {
    const { name, kind, component, listen, upstreams, enforcement, timeouts, maxInFlight, limits } = service
    const { tls, upstreamTls, redirects, pageLinks, revokeOnRefresh, upgrades, highAvailability } = service
    const routes = prepared.routes.get(name)
    const door = prepared.doors.get(name)
    const links = prepared.links.get(name)
    if (routes === undefined || door === undefined || links === undefined)
      throw new Error(`service ${name} is not prepared`)
    return {
      name,
      kind,
      component,
      listen,
      upstreams,
      enforcement,
      routes,
      timeouts,
      maxInFlight,
      limits,
      highAvailability,
      tls,
      upstreamTls,
      ...door,
      redirects,
      // The last one, for the others look at what the upstream has said.
      reviewers: [
        ...(redirects === 'pass' ? [] : [REDIRECTS]),
        ...(pageLinks === 'pass' ? [] : [PAGE_LINKS]),
      ],
      pageLinks: pageLinks === 'pass' ? null : pageLinksOf(service, services),
      dataNodes: dataNodesOf(links, upstreams),
      nameNodes: links.nameNodes,
      revokeOnRefresh,
      origins: upgrades.origins === undefined ? null : new Set(upgrades.origins),
    }
  })
}
