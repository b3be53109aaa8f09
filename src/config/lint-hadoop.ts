import { hostNamesOf } from '../policy/compile.ts'
import { parityOf } from '../policy/divergences.ts'
import { findingsOfError, type LintFinding, lintPolicy } from '../policy/lint.ts'
import { Collected } from './collect.ts'
import { readWhatCanBeRead } from './hadoop-files.ts'
import type { HostNames } from './host-names.ts'
import { Inputs } from './inputs.ts'
import { customKeysOf, type HadoopSource, nameFindings } from './load-hadoop.ts'

/**
 * Lints the policy of a folder, also where a part of it cannot be loaded: a broken file is a finding, and the others
 * are looked at all the same.
 *
 * Shape: as `lintPolicy`. Host names are looked up, for those that do not resolve. Errors: none.
 */
export async function lintHadoop(
  source: HadoopSource,
  names: HostNames,
  environment: ReadonlyMap<string, string> = new Map(),
): Promise<LintFinding[]> {
  const parity = parityOf(source.parity)
  const collected = new Collected()
  const files = readWhatCanBeRead(source.hadoop, parity, environment, new Inputs(), collected)
  const { configuration, resources } = files
  const customKeys = customKeysOf(source)
  const resolved = await names.resolveAll(hostNamesOf(configuration, customKeys), false)
  const findings = [...files.findings, ...nameFindings(resolved, configuration)]
  const found = lintPolicy({ configuration, resources, customKeys, parity, findings })
  const broken = collected.errors.flatMap(findingsOfError)
  // What a file that cannot be read does not set is not known.
  const known = broken.length === 0 ? found : found.filter(({ line }) => line !== null)
  return [...broken, ...known].toSorted((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)))
}
