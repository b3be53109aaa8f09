import { createHash } from 'node:crypto'
import { Configuration, type PackedConfiguration } from '../hadoop/configuration.ts'
import { parityOf } from '../policy/divergences.ts'
import { type PackedPolicy, packPolicy } from '../policy/packed.ts'
import { Collected } from './collect.ts'
import { checkHadoop, compileHadoop, type HadoopSource, type Names } from './compile-hadoop.ts'
import { effectiveValue, mergeFamily } from './families.ts'
import { type HadoopFile, type HadoopFiles, readHadoopFiles } from './hadoop-files.ts'
import { Inputs, type SeenFiles } from './inputs.ts'
import { type PackedError, packErrors } from './packed-error.ts'
import type { Scope } from './state.ts'
import { sureWithout } from './sure.ts'

/**
 * The part of a load that takes long where Hadoop's files are large: reading, parsing, compiling. It works on plain
 * values and leaves plain values, so that any thread can do it.
 *
 * Shape: `inForce` is what stays of before where one family alone is loaded anew; null: there is nothing before.
 */
export interface HadoopJob {
  readonly source: HadoopSource
  readonly environment: ReadonlyMap<string, string>
  readonly scope: Exclude<Scope, 'ranger-policies'>
  readonly inForce: {
    readonly configuration: PackedConfiguration
    readonly policyKeys: ReadonlySet<string>
  } | null
}

/**
 * What a job has found.
 *
 * Shape: `errors` are all that was found wrong; `compiled` is null where there is an error, and where the policy is not
 * the job's. `seen` is what was read; `print` is equal for configurations that nothing tells apart.
 */
export interface HadoopOutcome {
  readonly seen: SeenFiles
  readonly errors: readonly PackedError[]
  readonly broken: HadoopFiles['broken']
  readonly files: readonly HadoopFile[]
  readonly configuration: PackedConfiguration
  readonly policyKeys: ReadonlySet<string>
  readonly compiled: { readonly policy: PackedPolicy; readonly missing: readonly string[] } | null
  readonly print: string
}

/** Does a job. Errors: none; they are in the outcome. */
export async function runHadoopJob(job: HadoopJob, names: Names): Promise<HadoopOutcome> {
  const { source, environment, scope, inForce } = job
  const inputs = new Inputs()
  const collected = new Collected()
  const read = readHadoopFiles(source.hadoop, parityOf(source.parity), environment, inputs, collected)
  const { broken, files, findings } = read
  // Keys that were taken out of the policy file still count as its own until somebody refreshes the policy.
  const isPolicyFresh = inForce === null || scope === 'all' || scope === 'service-acl'
  const policyKeys = isPolicyFresh ? read.policyKeys : inForce.policyKeys
  const configuration =
    inForce === null || scope === 'all'
      ? read.configuration
      : mergeFamily({ ...inForce, configuration: Configuration.unpack(inForce.configuration) }, read, scope)
  let compiled: Awaited<ReturnType<typeof compileHadoop>> | undefined
  if (broken.policy || broken.site)
    collected.try(
      () => checkHadoop(source, { configuration, policyKeys }),
      sureWithout(broken, configuration),
    )
  else if (inForce === null || scope !== 'user-mappings')
    compiled = await collected.tryLater(() =>
      compileHadoop(source, { configuration, policyKeys }, names, findings),
    )
  return {
    seen: inputs.seen,
    errors: packErrors(collected.errors),
    broken,
    files,
    configuration: configuration.pack(),
    policyKeys,
    compiled: compiled === undefined ? null : { ...compiled, policy: packPolicy(compiled.policy) },
    print: printOf(configuration),
  }
}

function printOf(configuration: Configuration): string {
  const hash = createHash('sha256')
  for (const key of [...configuration.keys()].sort())
    hash.update(JSON.stringify([key, effectiveValue(configuration, key)]))
  return hash.digest('base64')
}
