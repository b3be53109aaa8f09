import { Configuration } from '../hadoop/configuration.ts'
import { unpackPolicy } from '../policy/packed.ts'
import type { Policy } from '../policy/policy.ts'
import { Collected } from './collect.ts'
import type { HadoopSource, Names } from './compile-hadoop.ts'
import type { HadoopFile } from './hadoop-files.ts'
import { type HadoopOutcome, runHadoopJob } from './hadoop-job.ts'
import { errorsOf } from './packed-error.ts'

/**
 * Hadoop's files, compiled.
 *
 * Shape: `policy.findings` has the warnings about files and names too; `missing` are host names that did not resolve
 * this time, whether or not an earlier address stands in; `print` is equal for configurations that nothing tells apart.
 */
export interface LoadedHadoop {
  readonly policy: Policy
  readonly configuration: Configuration
  readonly files: readonly HadoopFile[]
  readonly policyKeys: ReadonlySet<string>
  readonly missing: readonly string[]
  readonly print: string
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
  names: Names,
  environment: ReadonlyMap<string, string> = NO_ENVIRONMENT,
): Promise<LoadedHadoop> {
  const outcome = await runHadoopJob({ source, environment, scope: 'all', inForce: null }, names)
  const collected = new Collected()
  collected.add(errorsOf(outcome.errors))
  collected.throwIfAny()
  return loadedHadoop(outcome, null) ?? collected.fail()
}

/**
 * What a job has brought, in this thread; null where it has brought no policy.
 *
 * Shape: `inForce` is the policy that stays where the job had not to compile one.
 */
export function loadedHadoop(
  { configuration: packed, files, policyKeys, compiled, print }: HadoopOutcome,
  inForce: Pick<LoadedHadoop, 'policy' | 'missing'> | null,
): LoadedHadoop | null {
  const configuration = Configuration.unpack(packed)
  const fresh = compiled && {
    policy: unpackPolicy(compiled.policy, (key) => configuration.get(key)),
    missing: compiled.missing,
  }
  const last = fresh ?? inForce
  if (last === null) return null
  return { policy: last.policy, missing: last.missing, configuration, files, policyKeys, print }
}
