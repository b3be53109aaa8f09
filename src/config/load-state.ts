import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from '../errors.ts'
import { located } from '../errors/located.ts'
import { Configuration } from '../hadoop/configuration.ts'
import type { Permissions } from '../policy/permissions.ts'
import { Collected } from './collect.ts'
import type { HadoopSource } from './compile-hadoop.ts'
import { loadInTime } from './hadoop-loader.ts'
import type { Inputs } from './inputs.ts'
import { loadedHadoop, type LoadedHadoop } from './load-hadoop.ts'
import { errorsOf } from './packed-error.ts'
import type { LoadedState, RefresherOptions, Scope } from './state.ts'
import { readSettings, type Settings } from './settings.ts'
import { sureWithout } from './sure.ts'
import { requireValidDates } from './tls-dates.ts'
import { completeServices, type ReadyService } from './upstreams.ts'

/** Files that change while they are read are read again so often, after a moment each. */
const ATTEMPTS = 4
const MOMENT_MS = 25

/**
 * Loads what `scope` says and takes everything else from the state in force; null: there is none yet.
 *
 * A load counts only if no file has changed by its end: otherwise a policy of one moment would meet the settings of
 * another, or half a file would be reported as broken.
 * Errors: `ConfigError` with every problem of all files.
 */
export async function loadState<S, P>(
  options: RefresherOptions<S, P>,
  previous: LoadedState<S, P> | null,
  scope: Scope,
  inputs: Inputs,
): Promise<LoadedState<S, P>> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await outcomeOf(() => loadOnce(options, previous, scope, inputs))
    if (attempt === ATTEMPTS || !(await inputs.changed())) {
      if ('error' in outcome) throw outcome.error
      return outcome.state
    }
    await sleep(MOMENT_MS)
  }
}

async function outcomeOf<T>(load: () => Promise<T>): Promise<{ state: T } | { error: ConfigError }> {
  try {
    return { state: await load() }
  } catch (error) {
    if (error instanceof ConfigError) return { error }
    throw error
  }
}

async function loadOnce<S, P>(
  options: RefresherOptions<S, P>,
  previous: LoadedState<S, P> | null,
  scope: Scope,
  inputs: Inputs,
): Promise<LoadedState<S, P>> {
  if (scope === 'ranger-policies' && previous !== null) return withPermissions(options, previous, inputs)
  const collected = new Collected()
  const fresh = isOneOf(scope, 'all', 'user-mappings')
    ? collected.try(() => readSettings(options.settingsFile, options.environment, inputs))
    : undefined
  // With broken settings the files are read all the same, by the settings in force, so that all problems are told.
  const settings = settingsOf(scope, fresh, previous?.settings)
  if (settings === undefined) return collected.fail()
  if (fresh !== undefined) collected.try(() => requireValidDates(fresh, previous?.settings, Date.now()))
  const inForce = previous?.hadoop ?? null
  const inForcePermissions = previous?.permissions ?? null
  const outcome = await loadInTime(
    {
      source: sourceOf(settings),
      environment: options.environment,
      scope: previous === null || scope === 'ranger-policies' ? 'all' : scope,
      inForce: inForce && { configuration: inForce.configuration.pack(), policyKeys: inForce.policyKeys },
    },
    options.names,
  )
  inputs.adopt(outcome.seen)
  collected.add(errorsOf(outcome.errors))
  const hadoop = outcome.errors.length > 0 ? null : loadedHadoop(outcome, inForce)
  const configuration = hadoop?.configuration ?? Configuration.unpack(outcome.configuration)
  const isSure = sureWithout(outcome.broken, configuration)
  const services =
    previous === null || scope === 'all'
      ? collected.try(() => completeServices(settings, configuration), isSure)
      : previous.services
  const prepared = collected.try(
    () => withPlaces(settings, () => options.prepare(settings, configuration)),
    isSure,
  )
  const permissions =
    previous === null || scope === 'all'
      ? await collected.tryLater(async () => options.loadPermissions(settings, inputs, inForcePermissions))
      : previous.permissions
  collected.throwIfAny()
  if (permissions === undefined || hadoop === null || services === undefined || prepared === undefined)
    return collected.fail()
  return {
    settings,
    services,
    hadoop,
    permissions,
    snapshot: options.makeSnapshot(settings, hadoop.policy, permissions, previous?.snapshot ?? null),
    prepared,
    revision: hadoop.policy.revision,
    loadedAt: Date.now(),
    print: printOf(settings, services, hadoop, permissions),
  }
}

/** The state in force with the policies of Ranger that are there now. */
async function withPermissions<S, P>(
  options: RefresherOptions<S, P>,
  previous: LoadedState<S, P>,
  inputs: Inputs,
): Promise<LoadedState<S, P>> {
  const { settings, services, hadoop, snapshot } = previous
  const permissions = await options.loadPermissions(settings, inputs, previous.permissions)
  return {
    ...previous,
    permissions,
    snapshot: options.makeSnapshot(settings, hadoop.policy, permissions, snapshot),
    print: printOf(settings, services, hadoop, permissions),
  }
}

const isOneOf = (scope: Scope, ...scopes: readonly Scope[]): boolean => scopes.includes(scope)

function settingsOf(
  scope: Scope,
  fresh: Settings | undefined,
  inForce: Settings | undefined,
): Settings | undefined {
  if (scope !== 'user-mappings' || inForce === undefined) return fresh ?? inForce
  return fresh === undefined ? inForce : { ...inForce, groups: fresh.groups }
}

/** Functions and secrets of the settings do not cross to another thread, and need not. */
const sourceOf = ({ hadoop, authorization, parity, services }: Settings): HadoopSource => ({
  hadoop,
  authorization,
  parity,
  services: services.map(({ routes }) => ({ routes })),
})

/** What other rooms find wrong with a setting names its key; the place is known here. */
function withPlaces<T>(settings: Settings, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw located(error, ({ key }) => (key !== null && isSetting(key) ? settings.placeOf(key) : {}))
  }
}

const isSetting = (key: string): boolean =>
  /^(?:identity|groups|trustedProxies|services|admin|audit)\b/.test(key)

/** Equal for states that nothing tells apart. Secrets go in as they are and come out as a hash. */
function printOf(
  settings: Settings,
  services: readonly ReadyService[],
  hadoop: LoadedHadoop,
  permissions: Permissions | null,
): string {
  const hash = createHash('sha256').update(
    JSON.stringify([settings, services, hadoop.policy.revision, hadoop.print, permissions?.revision]),
  )
  for (const authenticator of settings.identity.authenticators)
    if (authenticator.kind === 'trustedHeader' && authenticator.secret !== null)
      hash.update(authenticator.secret.reveal())
  for (const secret of settings.locator.secrets) hash.update(secret.reveal())
  return hash.digest('base64')
}
