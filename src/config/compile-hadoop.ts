import type { Problem } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { compilePolicy, hostNamesOf, type PolicySource } from '../policy/compile.ts'
import { parityOf } from '../policy/divergences.ts'
import type { Policy } from '../policy/policy.ts'
import { fileProblem } from './collect.ts'
import { effectiveValue, type KeyedConfiguration } from './families.ts'
import type { HostNames, ResolvedNames } from './host-names.ts'
import type { Settings } from './settings.ts'

/** What is needed of the settings to read and compile Hadoop's files; plain values. */
export interface HadoopSource extends Pick<Settings, 'hadoop' | 'authorization' | 'parity'> {
  readonly services: readonly Pick<Settings['services'][number], 'routes'>[]
}

/** Whoever looks host names up. */
export type Names = Pick<HostNames, 'resolveAll'>

/** Looks up the host names of a configuration and compiles it; `findings` are put before the policy's own. */
export async function compileHadoop(
  source: HadoopSource,
  { configuration, policyKeys }: KeyedConfiguration,
  names: Names,
  findings: readonly Problem[],
): Promise<{ policy: Policy; missing: readonly string[] }> {
  const keepLastGood = !parityOf(source.parity).has('D-11')
  const resolved = await names.resolveAll(hostNamesOf(configuration, customKeysOf(source)), keepLastGood)
  const policy = compilePolicy(
    policySource(source, { configuration, policyKeys }, (name) => resolved.addresses.get(name) ?? null),
  )
  const all = [...findings, ...nameFindings(resolved, configuration), ...policy.findings]
  return { policy: { ...policy, findings: all }, missing: [...resolved.stale, ...resolved.unresolved] }
}

/**
 * Compiles what is left of a configuration of which a file is broken, for its problems alone. No name is looked up: the
 * last good addresses of those in the broken file would be forgotten.
 *
 * Errors: as `compilePolicy`.
 */
export function checkHadoop(source: HadoopSource, keyed: KeyedConfiguration): undefined {
  compilePolicy(policySource(source, keyed, () => null))
}

function policySource(
  source: HadoopSource,
  { configuration, policyKeys }: KeyedConfiguration,
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
    policyFileKeys: policyKeys,
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
