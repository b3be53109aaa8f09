import { createHash } from 'node:crypto'
import { ConfigError, type Problem } from '../../errors.ts'
import type { Component } from '../../policy/components.ts'
import { compileEngine } from '../../ranger/compile-engine.ts'
import type { ServiceDef } from '../../ranger/model.ts'
import { readServiceDefFile, readServicePolicies } from '../../ranger/read-policies.ts'
import type { PresentRanger } from '../../telemetry/ranger-metrics.ts'
import { Collected } from '../collect.ts'
import type { Inputs } from '../inputs.ts'
import { AdminFeed, type FeedOptions } from './admin-feed.ts'
import { builtInDefinition } from './built-in-definition.ts'
import { RANGER_FAILURE_HINTS } from './failure.ts'
import { type HeldFailure, type RangerHeld, withSuperUsers } from './held.ts'
import { readJsonText } from './json-text.ts'
import { readRolesDownload, refuseChanges } from './read-download.ts'
import type { RangerService } from './service.ts'

/** How things stand with one component, for people. `failure` null: the last download has worked. */
export interface RangerStatus {
  readonly held: RangerHeld
  readonly serviceName: string
  readonly failure: HeldFailure | null
}

type AdminSource = Extract<RangerService['source'], { kind: 'admin' }>
type FileSource = Extract<RangerService['source'], { kind: 'file' }>

interface Entry {
  readonly service: RangerService
  /** Equal where nothing has to be had or read again. */
  readonly print: string
  readonly held: () => RangerHeld
  readonly feed: AdminFeed | null
}

/**
 * Keeps the policies of every component: those of files as they were at the last load, those of Ranger Admin as they were
 * downloaded last. A load takes what is there (`collect`) and, once it counts, says so (`adopt`).
 */
export class RangerStore {
  readonly #options: FeedOptions
  /** Those that a load has asked for, and no later one has made superfluous. */
  readonly #entries = new Map<Component, Entry[]>()
  #adopted: readonly Entry[] = []

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /**
   * The policies for these settings. A service of Ranger Admin that is new here is asked for at once, for ten seconds at
   * most, then its cache is read; of one that is known what is there is given.
   *
   * Errors: `ConfigError` with every problem of files. That nothing could be downloaded is none.
   */
  async collect(
    services: readonly RangerService[],
    inputs: Inputs,
  ): Promise<ReadonlyMap<Component, RangerHeld>> {
    const collected = new Collected()
    const entries = services.map((service) => collected.try(() => this.#entry(service, inputs)))
    const found = entries.filter((entry) => entry !== undefined)
    await Promise.all(found.map(async ({ feed }) => feed?.start()))
    collected.throwIfAny()
    return new Map(found.map(({ service, held }) => [service.component, held()]))
  }

  /** These settings are in force: their services are downloaded from now on, and no others. */
  adopt(services: readonly RangerService[]): void {
    const wanted = services.flatMap(({ component, print }) => {
      const entry = this.#entries.get(component)?.findLast(({ service }) => service.print === print)
      return entry === undefined ? [] : [entry]
    })
    for (const entries of this.#entries.values())
      for (const entry of entries) if (!wanted.includes(entry)) entry.feed?.close()
    for (const { service, held } of wanted) {
      const before = this.#adopted.find((entry) => entry.service.component === service.component)?.held()
      const now = held()
      if (now.origin === 'file' && isEmptied(before, now)) this.#options.onEmptied(service)
    }
    this.#entries.clear()
    for (const entry of wanted) this.#entries.set(entry.service.component, [entry])
    for (const { feed } of wanted) feed?.poll()
    this.#adopted = wanted
  }

  /**
   * Downloads now whatever is in force.
   *
   * Errors: `ERR_POLICY_RANGER` with what could not be downloaded; what is held of it stays.
   */
  async download(): Promise<void> {
    const problems = await Promise.all(
      this.#adopted.map(async ({ service, feed }) =>
        ((await feed?.update()) ?? []).map((failure) => problemOf(service, failure)),
      ),
    )
    const [first, ...others] = problems.flat()
    if (first === undefined) return
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`
    throw new ConfigError('ERR_POLICY_RANGER', `${first.message}${more}`, { problems: [first, ...others] })
  }

  /** How things stand, for what is in force. */
  status(): readonly RangerStatus[] {
    return this.#adopted.map(({ service, held, feed }) => ({
      held: held(),
      serviceName: service.serviceName,
      failure: feed?.lastFailure ?? null,
    }))
  }

  /** The same for metrics. */
  present(): PresentRanger[] {
    return this.status().map(({ held, failure }) => ({
      component: held.component,
      version: knownVersion(held.policies),
      rolesVersion: knownVersion(held.roles),
      policyCount: held.policies?.policies.length ?? 0,
      origin: held.origin,
      loadedAt: held.loadedAt,
      isFailing: failure !== null,
    }))
  }

  /** What `/readyz` says of components without policies, or with an empty set of them. */
  warnings(): string[] {
    return this.status().flatMap(({ held: { component, engine, from }, serviceName, failure }) => {
      const where = `${component} (service ${serviceName} of ${from})`
      if (engine === null)
        return [`no Ranger policies for ${where}${failure === null ? '' : `: ${failure.message}`}`]
      return engine.policyCount === 0 ? [`the set of Ranger policies for ${where} is empty`] : []
    })
  }

  close(): void {
    this.adopt([])
  }

  #entry(service: RangerService, inputs: Inputs): Entry {
    const { source, component } = service
    const entry =
      source.kind === 'file' ? this.#ofFile(service, source, inputs) : this.#ofAdmin(service, source, inputs)
    const others = (this.#entries.get(component) ?? []).filter((other) => other !== entry)
    // The last one asked for is the one that counts once the load does.
    this.#entries.set(component, [...others, entry])
    return entry
  }

  #ofAdmin(service: RangerService, source: AdminSource, inputs: Inputs): Entry {
    const { definition, print } = this.#definition(service, inputs)
    const known = this.#entries.get(service.component)?.find((entry) => entry.print === print)
    if (known !== undefined) return known
    const feed = new AdminFeed(service, source, definition, this.#options)
    return { service, print, held: () => feed.held, feed }
  }

  #ofFile(service: RangerService, source: FileSource, inputs: Inputs): Entry {
    const { component, serviceName, superUsers, superGroups, fallback, maxFileBytes } = service
    const { clock } = this.#options
    const { definition, print } = this.#definition(service, inputs)
    const policiesFile = inputs.read(source.policies, maxFileBytes, service.place.key)
    const rolesFile =
      source.roles === null ? null : inputs.read(source.roles, maxFileBytes, service.place.key)
    const hash = createHash('sha256').update(print).update(policiesFile.bytes).update('\0')
    const whole = hash.update(rolesFile?.bytes ?? '').digest('base64')
    const known = this.#entries.get(component)?.find((entry) => entry.print === whole)
    if (known !== undefined) return known
    const policies = readJsonText(policiesFile.bytes, source.policies).placed((value) => {
      const serviceDef = definition ?? builtInDefinition(component)
      refuseChanges(value, source.policies)
      const read = readServicePolicies(value, { service: serviceName, serviceDef, file: source.policies })
      return withSuperUsers(read, superUsers, superGroups)
    })
    const roles = rolesFile === null ? null : readRolesDownload(rolesFile.bytes, rolesFile.file, serviceName)
    const held: RangerHeld = {
      component,
      engine: compileEngine(policies, roles, { fallback }),
      policies,
      roles,
      origin: 'file',
      from: source.policies,
      loadedAt: clock.now(),
    }
    return { service, print: whole, held: () => held, feed: null }
  }

  /** The definition of a file of its own, null where there is none; and a print of it and of the settings. */
  #definition(
    { serviceDefFile, maxFileBytes, place, print }: RangerService,
    inputs: Inputs,
  ): { readonly definition: ServiceDef | null; readonly print: string } {
    if (serviceDefFile === null) return { definition: null, print }
    const { bytes } = inputs.read(serviceDefFile, maxFileBytes, place.key)
    const definition = readJsonText(bytes, serviceDefFile).placed((value) =>
      readServiceDefFile(value, serviceDefFile),
    )
    return { definition, print: createHash('sha256').update(print).update(bytes).digest('base64') }
  }
}

/** Of a set that says none it is -1. */
const knownVersion = (set: { readonly version: number } | null): number | null =>
  set === null || set.version < 0 ? null : set.version

/** Of what Ranger Admin sends it is told when it comes. */
const isEmptied = (before: RangerHeld | undefined, now: RangerHeld): boolean =>
  now.policies?.policies.length === 0 && (before?.policies?.policies.length ?? 0) > 0

function problemOf({ component, place }: RangerService, { what, reason, message }: HeldFailure): Problem {
  const shown = `the ${what === 'cache' ? 'cache of the policies' : what} of ${component}: ${message}`
  return {
    ...place,
    severity: 'error',
    code: `ranger_${reason}`,
    message: shown,
    hint: RANGER_FAILURE_HINTS[reason],
  }
}
