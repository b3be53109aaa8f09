import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import type { Inputs } from '../config/inputs.ts'
import type { HeldFailure, RangerHeld } from '../config/ranger/held.ts'
import type { RangerService } from '../config/ranger/service.ts'
import { RangerStore } from '../config/ranger/store.ts'
import { SYSTEM_CLOCK } from '../config/ranger/system-clock.ts'
import type { Settings } from '../config/settings.ts'
import type { PresentPolicies } from '../policy/compile-permissions.ts'
import type { Component } from '../policy/components.ts'
import type { Permissions } from '../policy/permissions.ts'
import type { RangerEngine } from '../ranger/engine.ts'
import type { PresentRanger } from '../telemetry/ranger-metrics.ts'
import { PermissionControl } from './permission-control.ts'
import type { State } from './state.ts'

/** Who is told of what Ranger Admin sends. */
export interface PolicyListener {
  /** There are policies that no load has taken yet. */
  onNew(): void
  onFailure(service: RangerService, failure: HeldFailure): void
  onEmptied(service: RangerService): void
}

/**
 * Permission verification of a running app: what was switched, and the policies of Ranger, which come and go by
 * themselves.
 */
export class LivePermissions {
  readonly control: PermissionControl = new PermissionControl()
  readonly #store: RangerStore
  readonly #prints = new WeakMap<RangerEngine, string>()
  #listener: PolicyListener | null = null
  /** What came while nobody listened, such as a first download that failed. */
  readonly #early: ((listener: PolicyListener) => void)[] = []

  /** With `asksAdmin` false Ranger Admin is never asked: what it sent before is all there is of it. */
  constructor(options: { readonly asksAdmin: boolean }) {
    this.#store = new RangerStore({
      ...options,
      clock: SYSTEM_CLOCK,
      onNew: () => this.#tell((listener) => listener.onNew()),
      onFailure: (service, failure) => this.#tell((listener) => listener.onFailure(service, failure)),
      onEmptied: (service) => this.#tell((listener) => listener.onEmptied(service)),
    })
  }

  /**
   * Permission verification by these settings; `previous` itself where nothing differs, null without `mode`.
   *
   * Errors: `ConfigError` with every problem of the files of Ranger and of what was switched.
   */
  load(settings: Settings, inputs: Inputs, previous: Permissions | null): Promise<Permissions | null> {
    return this.control.load(
      settings,
      async (permissions) => {
        const held = await this.#store.collect(servicesOf(settings, permissions), inputs)
        return new Map([...held].map(([component, one]) => [component, this.#present(one)]))
      },
      previous,
    )
  }

  /** This is in force: its services are downloaded from now on, and no others. */
  adopt({ settings, permissions }: Pick<State, 'settings' | 'permissions'>): void {
    this.#store.adopt(permissions === null ? [] : servicesOf(settings, permissions))
  }

  /** Tells this one from now on, and at once of what has come meanwhile. */
  listen(listener: PolicyListener): void {
    this.#listener = listener
    for (const told of this.#early.splice(0)) told(listener)
  }

  /** How it stands with the policies in force, for metrics. */
  present(): readonly PresentRanger[] {
    return this.#store.present()
  }

  /**
   * Downloads now whatever is in force.
   *
   * Errors: `ERR_POLICY_RANGER` with what could not be downloaded.
   */
  download(): Promise<void> {
    return this.#store.download()
  }

  /** One sentence for each component that Ranger decides about without policies, or with an empty set of them. */
  warnings(): readonly string[] {
    return this.#store.warnings()
  }

  /** When the policies in force were had, in milliseconds since the epoch; null: there are none. */
  loadedAt(): ReadonlyMap<Component, number | null> {
    return new Map(this.#store.status().map(({ held }) => [held.component, held.loadedAt]))
  }

  close(): void {
    this.#store.close()
  }

  #tell(told: (listener: PolicyListener) => void): void {
    if (this.#listener === null) this.#early.push(told)
    else told(this.#listener)
  }

  #present({ engine, from }: RangerHeld): PresentPolicies {
    return { engine, from, print: engine === null ? '' : this.#printOf(engine) }
  }

  /** Policies may be many, and are the same ones at most loads. */
  #printOf(engine: RangerEngine): string {
    const known = this.#prints.get(engine)
    if (known !== undefined) return known
    const print = createHash('sha256').update(serialize(engine.source)).digest('base64')
    this.#prints.set(engine, print)
    return print
  }
}

/** Of the services that the settings name those that decide. */
const servicesOf = ({ rangerServices }: Settings, { components }: Permissions): readonly RangerService[] =>
  rangerServices.filter(({ component }) => (components.get(component)?.ranger ?? null) !== null)
