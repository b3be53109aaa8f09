import { readUserMappings } from '../app/user-mappings.ts'
import { HostNames, systemLookup } from '../config/host-names.ts'
import { lintHadoop } from '../config/lint-hadoop.ts'
import { ConfigError } from '../errors.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { parityOf } from '../policy/divergences.ts'
import { findingsOfError, type LintFinding } from '../policy/lint.ts'
import { type Command, EXIT, type Io } from './command.ts'
import type { Flags } from './flags.ts'
import { SOURCE_FLAGS, sourceOf } from './offline.ts'
import { counted, problemText, writeJson } from './report.ts'

/** `keddah policy lint`: the traps of Hadoop's grammar. */
export const policyLint: Command = {
  words: ['policy', 'lint'],
  summary: 'find what a policy says but nobody meant',
  usage: '[FILE | --hadoop-conf DIR | --config FILE]',
  about: `
Reads the policy and core-site.xml and prints what is odd about them, with file, line and column, what Hadoop
understands, and what to write instead. What cannot be read is a finding too. Exits with 1 if anything is an error, with
0 for warnings alone.`,
  flags: SOURCE_FLAGS,
  maxPositionals: 1,
  examples: [
    'keddah policy lint --hadoop-conf /etc/hadoop/conf',
    'keddah policy lint ./hadoop-policy.xml --json',
  ],
  refused: 'nothing was looked through',
  async run(flags, io) {
    const findings = await findingsOf(flags, io)
    if (flags.has('json')) await writeJson(io, findings.map(asJson))
    else await io.stdout.write(textOf(findings))
    return findings.some(({ severity }) => severity === 'error') ? EXIT.refused : EXIT.done
  },
}

/** What is said about the files beside a policy file; where a file was named alone, nobody misses them. */
const ABOUT_OTHERS: ReadonlySet<string> = new Set(['file_missing', 'switch_off'])

async function findingsOf(flags: Flags, { environment }: Io): Promise<LintFinding[]> {
  const [file] = flags.positionals
  try {
    const { hadoop, groups } = sourceOf(flags, environment, file ?? null)
    const parity = parityOf(hadoop.parity)
    const check = (configuration: Configuration) =>
      readUserMappings(configuration, { groups, parity, defaultRealm: '' })
    const findings = await lintHadoop(hadoop, new HostNames(systemLookup), environment, check)
    return file === undefined
      ? findings
      : findings.filter(({ code, severity }) => severity === 'error' || !ABOUT_OTHERS.has(code))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return findingsOfError(error)
  }
}

const asJson = ({
  file,
  line,
  column,
  key,
  severity,
  code,
  message,
  understood,
  hint,
}: LintFinding): object => ({
  file,
  line,
  column,
  key,
  severity,
  code,
  message,
  understood,
  hint,
})

function textOf(findings: readonly LintFinding[]): string {
  const lines = findings.map((finding) => {
    const understood = finding.understood === null ? '' : `    Hadoop understands: ${finding.understood}\n`
    const [first = '', ...rest] = problemText(finding).split(/(?<=\n)/)
    return first + understood + rest.join('')
  })
  const errors = findings.filter(({ severity }) => severity === 'error').length
  return `${lines.join('')}${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')}\n`
}
