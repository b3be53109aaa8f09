import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileProblem } from '../config/collect.ts'
import { Inputs } from '../config/inputs.ts'
import { policiesAtRest, policiesOfFile } from '../config/ranger/at-rest.ts'
import type { JsonText } from '../config/ranger/json-text.ts'
import { loadSettings } from '../config/settings.ts'
import { ConfigError, type Problem } from '../errors.ts'
import { lintPolicies } from '../ranger/lint.ts'
import type { ServicePolicies, ServiceRoles } from '../ranger/model.ts'
import { type Command, EXIT, type Io, UsageError } from './command.ts'
import type { Flags } from './flags.ts'
import { counted, problemText, writeJson } from './report.ts'
import { CONFIG_FLAG, settingsFile } from './settings-file.ts'

/** A finding as `policy lint` has them; `policyId` null: it is about the file. */
interface Finding extends Problem {
  readonly understood: string | null
  readonly policyId: number | null
}

/** As many findings are printed as text; `--json` has all of them. */
const MOST_PRINTED = 500

/** `keddah ranger lint`: what Ranger's policies say but nobody meant. */
export const rangerLint: Command = {
  words: ['ranger', 'lint'],
  summary: "find what Ranger's policies say but nobody meant",
  usage: '[FILE | --config FILE]',
  about: `
Reads policies in the form of Ranger's download, and prints what is odd about them with file, line and column, what the
engine understands, and what to write instead. FILE is a download or a cache file of a plugin; its roles are not known
then. Without FILE: the policies of every component that the settings set Ranger up for, from their file or, where Ranger
Admin is the source, as they were downloaded last. Ranger Admin itself is not asked. What cannot be read is a finding too.
Exits with 1 if anything is an error, with 0 for warnings alone.`,
  flags: CONFIG_FLAG,
  maxPositionals: 1,
  examples: ['keddah ranger lint', 'keddah ranger lint ./hdfs-policies.json --json'],
  refused: 'nothing was looked through',
  async run(flags, io) {
    const findings = await findingsOf(flags, io)
    if (flags.has('json')) await writeJson(io, findings)
    else await io.stdout.write(textOf(findings))
    return findings.some(({ severity }) => severity === 'error') ? EXIT.refused : EXIT.done
  },
}

async function findingsOf(flags: Flags, { environment }: Io): Promise<Finding[]> {
  const [file] = flags.positionals
  if (file === undefined) return findingsOfSettings(settingsFile(flags), environment)
  if (flags.has('config')) throw new UsageError('give one of `--config` and a file')
  return withErrors(() => {
    const path = resolve(file)
    const { policies, text } = policiesOfFile(bytesOf(path), path)
    return findingsIn(policies, null, text, path)
  })
}

async function findingsOfSettings(
  file: string,
  environment: ReadonlyMap<string, string>,
): Promise<Finding[]> {
  const { rangerServices } = loadSettings(file, environment)
  if (rangerServices.length === 0) {
    const hint = 'name `serviceName` and `source` in `components.<Name>.ranger`, or give a file of policies'
    const problem = fileProblem(file, 'error', 'no_ranger', 'it sets Ranger up for no component', hint)
    throw new ConfigError('ERR_CONFIG_SETTINGS', problem.message, { problems: [problem] })
  }
  const inputs = new Inputs()
  const found: Finding[] = []
  for (const service of rangerServices)
    found.push(
      ...(await withErrors(async () => {
        const { policies, roles, text, file: path, origin } = await policiesAtRest(service, inputs)
        if (policies === null || text === null) return [nothingThere(path, service.serviceName)]
        const known = roles ?? (origin === 'file' ? NO_ROLES : null)
        return findingsIn(policies, known, text, path)
      })),
    )
  return found
}

/** Settings that name a file of policies and none of roles have none. */
const NO_ROLES: ServiceRoles = { serviceName: '', version: -1, roles: [] }

function findingsIn(
  policies: ServicePolicies,
  roles: ServiceRoles | null,
  text: JsonText,
  file: string,
): Finding[] {
  return lintPolicies(policies, { roles, now: Date.now() }).map(
    ({ key, severity, code, message, understood, hint, policyId }) => {
      const { line, column } = text.placeOf(key) ?? { line: null, column: null }
      return { file, line, column, key, severity, code, message, understood, hint, policyId }
    },
  )
}

async function withErrors(find: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map((problem) => ({ ...problem, understood: null, policyId: null }))
  }
}

const nothingThere = (file: string, service: string): Finding => ({
  ...fileProblem(
    file,
    'warning',
    'no_policies',
    `no policies of the service ${service} were downloaded yet`,
    'start Keddah, or name a file that was downloaded',
  ),
  understood: null,
  policyId: null,
})

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const problem = fileProblem(
      file,
      'error',
      'unreadable_file',
      `it cannot be read: ${why}`,
      'name a file of policies',
    )
    throw new ConfigError('ERR_CONFIG_READ', problem.message, { problems: [problem], cause })
  }
}

function textOf(findings: readonly Finding[]): string {
  const lines = findings.slice(0, MOST_PRINTED).map((finding) => {
    const understood = finding.understood === null ? '' : `    understood: ${finding.understood}\n`
    const [first = '', ...rest] = problemText({ ...finding, key: null }).split(/(?<=\n)/)
    return first + understood + rest.join('')
  })
  const more = findings.length - lines.length
  const rest = more > 0 ? `and ${more} more, which \`--json\` has\n` : ''
  const errors = findings.filter(({ severity }) => severity === 'error').length
  return `${lines.join('')}${rest}${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')}\n`
}
