import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from '../errors.ts'
import { located } from '../errors/located.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { parityOf } from '../policy/divergences.ts'
import { Collected } from './collect.ts'
import { effectiveValue, mergeFamily } from './families.ts'
import { type HadoopFiles, readHadoopFiles } from './hadoop-files.ts'
import type { Inputs } from './inputs.ts'
import { checkHadoop, compileHadoop, type LoadedHadoop } from './load-hadoop.ts'
import type { LoadedState, RefresherOptions, Scope } from './state.ts'
import { readSettings, type Settings } from './settings.ts'
import { sureWithout } from './sure.ts'
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
  const collected = new Collected()
  const fresh = isOneOf(scope, 'all', 'user-mappings')
    ? collected.try(() => readSettings(options.settingsFile, options.environment, inputs))
    : undefined
  // With broken settings the files are read all the same, by the settings in force, so that all problems are told.
  const settings = settingsOf(scope, fresh, previous?.settings)
  if (settings === undefined) return collected.fail()
  const parity = parityOf(settings.parity)
  const files = readHadoopFiles(settings.hadoop, parity, options.environment, inputs, collected)
  const configuration =
    previous === null || scope === 'all' ? files.configuration : mergeFamily(previous.hadoop, files, scope)
  const { broken } = files
  const isSure = sureWithout(broken, configuration)
  const hadoop =
    broken.policy || broken.site
      ? collected.try(() => checkHadoop(settings, configuration), isSure)
      : await collected.tryLater(() => hadoopOf(options, settings, configuration, files, previous, scope))
  const services =
    previous === null || scope === 'all'
      ? collected.try(() => completeServices(settings, configuration), isSure)
      : previous.services
  const prepared = collected.try(
    () => withPlaces(settings, () => options.prepare(settings, configuration)),
    isSure,
  )
  collected.throwIfAny()
  if (hadoop === undefined || services === undefined || prepared === undefined) return collected.fail()
  const isSamePolicy = previous !== null && hadoop.policy === previous.hadoop.policy
  return {
    settings,
    services,
    hadoop,
    snapshot: isSamePolicy ? previous.snapshot : options.makeSnapshot(hadoop.policy, settings),
    prepared,
    revision: hadoop.policy.revision,
    loadedAt: Date.now(),
    print: printOf(settings, services, hadoop),
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

async function hadoopOf<S, P>(
  options: RefresherOptions<S, P>,
  settings: Settings,
  configuration: Configuration,
  files: HadoopFiles,
  previous: LoadedState<S, P> | null,
  scope: Scope,
): Promise<LoadedHadoop> {
  // Keys that were taken out of the policy file still count as its own until somebody refreshes the policy.
  const isPolicyFresh = previous === null || isOneOf(scope, 'all', 'service-acl')
  const policyKeys = isPolicyFresh ? files.policyKeys : previous.hadoop.policyKeys
  const read = { configuration, resources: files.resources, files: files.files, policyKeys }
  if (previous !== null && scope === 'user-mappings')
    return { ...read, policy: previous.hadoop.policy, missing: previous.hadoop.missing }
  return { ...read, ...(await compileHadoop(settings, configuration, options.names, files.findings)) }
}

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
function printOf(settings: Settings, services: readonly ReadyService[], hadoop: LoadedHadoop): string {
  const hash = createHash('sha256').update(JSON.stringify([settings, services, hadoop.policy.revision]))
  for (const authenticator of settings.identity.authenticators)
    if (authenticator.kind === 'trustedHeader') hash.update(authenticator.secret.reveal())
  for (const key of [...hadoop.configuration.keys()].sort())
    hash.update(JSON.stringify([key, effectiveValue(hadoop.configuration, key)]))
  return hash.digest('base64')
}
