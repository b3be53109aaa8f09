import type { Configuration } from '../hadoop/configuration.ts'
import { hostNamesOf } from '../policy/compile.ts'
import { parityOf } from '../policy/divergences.ts'
import { findingsOfError, inOrder, type LintFinding, lintPolicy } from '../policy/lint.ts'
import { Collected } from './collect.ts'
import { readHadoopFiles } from './hadoop-files.ts'
import type { HostNames } from './host-names.ts'
import { Inputs } from './inputs.ts'
import { customKeysOf, type HadoopSource, nameFindings } from './compile-hadoop.ts'
import { sureWithout } from './sure.ts'

/**
 * Lints the policy of a folder, also where a part of it cannot be loaded: a broken file is a finding, and the others
 * are looked at all the same.
 *
 * Shape: as `lintPolicy`. Host names are looked up, for those that do not resolve. `check` reads what other rooms make
 * of the same files: what it throws are findings. Errors: none.
 */
export async function lintHadoop(
  source: HadoopSource,
  names: HostNames,
  environment: ReadonlyMap<string, string> = new Map(),
  check: (configuration: Configuration) => unknown = () => null,
): Promise<LintFinding[]> {
  const parity = parityOf(source.parity)
  const collected = new Collected()
  const files = readHadoopFiles(source.hadoop, parity, environment, new Inputs(), collected)
  const { configuration, resources, policyKeys } = files
  const customKeys = customKeysOf(source)
  const resolved = await names.resolveAll(hostNamesOf(configuration, customKeys), false)
  const findings = [...files.findings, ...nameFindings(resolved, configuration)]
  const found = lintPolicy({
    configuration,
    resources,
    customKeys,
    parity,
    findings,
    policyFileKeys: policyKeys,
  })
  const isSure = sureWithout(files.broken, configuration)
  collected.try(() => check(configuration), isSure)
  const broken = collected.errors.flatMap(findingsOfError)
  return inOrder([...broken, ...found.filter(isSure)])
}
