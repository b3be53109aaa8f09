import type { Problem } from '../errors.ts'
import type { Configuration, ConfigurationResource } from '../hadoop/configuration.ts'
import { compilePolicy, hostNamesOf, type PolicySource } from '../policy/compile.ts'
import { parityOf } from '../policy/divergences.ts'
import type { Policy } from '../policy/policy.ts'
import { Collected, fileProblem } from './collect.ts'
import { effectiveValue } from './families.ts'
import { type HadoopFile, readHadoopFiles } from './hadoop-files.ts'
import type { HostNames, ResolvedNames } from './host-names.ts'
import { Inputs } from './inputs.ts'
import type { Settings } from './settings.ts'
import { sureWithout } from './sure.ts'

/** What is needed of the settings to read and compile Hadoop's files. */
export type HadoopSource = Pick<Settings, 'hadoop' | 'authorization' | 'parity' | 'services'>

/**
 * Hadoop's files, compiled.
 *
 * Shape: `resources` are the files as read, for lint; `policy.findings` has the warnings about files and names too;
 * `missing` are host names that did not resolve this time, whether or not an earlier address stands in.
 */
export interface LoadedHadoop {
  readonly policy: Policy
  readonly configuration: Configuration
  readonly resources: readonly ConfigurationResource[]
  readonly files: readonly HadoopFile[]
  readonly policyKeys: ReadonlySet<string>
  readonly missing: readonly string[]
}

const NO_ENVIRONMENT: ReadonlyMap<string, string> = new Map()

/** The source for commands that work on a folder of Hadoop's files without any settings. */
export function offlineSource(confDir: string, policyFile = 'hadoop-policy.xml'): HadoopSource {
  return {
    hadoop: { confDir, policyFile, maxFileBytes: 64 * 1_048_576, strict: false, xinclude: false },
    authorization: 'enforce',
    parity: 'none',
    services: [],
  }
}

/**
 * Reads Hadoop's files, looks up the host names in them and compiles the policy.
 *
 * Shape: `environment` is what `${env.…}` refers to.
 * Errors: `ConfigError` with every problem of all files.
 */
export async function loadHadoop(
  source: HadoopSource,
  names: HostNames,
  environment: ReadonlyMap<string, string> = NO_ENVIRONMENT,
): Promise<LoadedHadoop> {
  const collected = new Collected()
  const files = readHadoopFiles(source.hadoop, parityOf(source.parity), environment, new Inputs(), collected)
  const { configuration, resources, policyKeys, broken } = files
  if (collected.errors.length > 0)
    collected.try(() => checkHadoop(source, configuration), sureWithout(broken, configuration))
  collected.throwIfAny()
  const compiled = await compileHadoop(source, configuration, names, files.findings)
  return { ...compiled, configuration, resources, files: files.files, policyKeys }
}

/** Looks up the host names of a configuration and compiles it; `findings` are put before the policy's own. */
export async function compileHadoop(
  source: HadoopSource,
  configuration: Configuration,
  names: HostNames,
  findings: readonly Problem[],
): Promise<{ policy: Policy; missing: readonly string[] }> {
  const keepLastGood = !parityOf(source.parity).has('D-11')
  const resolved = await names.resolveAll(hostNamesOf(configuration, customKeysOf(source)), keepLastGood)
  const policy = compilePolicy(policySource(source, configuration, resolved.resolve))
  const all = [...findings, ...nameFindings(resolved, configuration), ...policy.findings]
  return { policy: { ...policy, findings: all }, missing: [...resolved.stale, ...resolved.unresolved] }
}

/**
 * Compiles what is left of a configuration of which a file is broken, for its problems alone. No name is looked up: the
 * last good addresses of those in the broken file would be forgotten.
 *
 * Errors: as `compilePolicy`.
 */
export function checkHadoop(source: HadoopSource, configuration: Configuration): undefined {
  compilePolicy(policySource(source, configuration, () => null))
}

function policySource(
  source: HadoopSource,
  configuration: Configuration,
  resolve: PolicySource['resolve'],
): PolicySource {
  const { hadoop, authorization } = source
  const parity = parityOf(source.parity)
  return {
    configuration,
    resolve,
    parity,
    strict: hadoop.strict,
    authorization,
    customKeys: customKeysOf(source),
  }
}

/** The policy keys that only routes of custom services name. */
export function customKeysOf({ services }: HadoopSource): string[] {
  return services.flatMap(({ routes }) => routes.flatMap(({ service }) => service ?? []))
}

/**
 * What is odd about the host names that were looked up.
 *
 * Shape: where a name stands is looked for only when there is something to say about it.
 */
export function nameFindings({ stale, unresolved }: ResolvedNames, configuration: Configuration): Problem[] {
  const wanted = new Set([...stale, ...unresolved])
  const places = wanted.size === 0 ? new Map<string, string>() : keysOf(wanted, configuration)
  const about = (name: string, code: string, what: string): Problem => {
    const key = places.get(name)
    const entry = key === undefined ? undefined : configuration.entry(key)
    const message = `\`${name}\` does not resolve: ${what}`
    const problem = fileProblem(
      entry?.file ?? '',
      'warning',
      code,
      message,
      'check the name and the name service',
    )
    return { ...problem, line: entry?.line ?? null, column: entry?.column ?? null, key: key ?? null }
  }
  const left = 'it is left out of host lists, and a blocked list with it refuses everybody'
  return [
    ...stale.map((name) => about(name, 'stale_host', 'its last good address counts')),
    ...unresolved.map((name) => about(name, 'unresolved_host', left)),
  ]
}

/** The first key with each of the names in its list. */
function keysOf(names: ReadonlySet<string>, configuration: Configuration): Map<string, string> {
  const places = new Map<string, string>()
  for (const key of configuration.keys()) {
    if (!key.includes('hosts')) continue
    for (const name of (effectiveValue(configuration, key) ?? '').split(/[,\n]/).map((entry) => entry.trim()))
      if (names.has(name) && !places.has(name)) places.set(name, key)
  }
  return places
}
