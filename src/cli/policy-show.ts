import { reportPolicy } from '../admin/policy-report.ts'
import { reportResourcePolicies } from '../admin/resource-policies.ts'
import { ADMIN_FLAGS, adminTarget, askAdmin, refusalText } from './admin-client.ts'
import { type Command, EXIT, type ExitCode, type Io } from './command.ts'
import type { Flags } from './flags.ts'
import { load, SOURCE_FLAGS, sourceOf } from './offline.ts'
import { policyText } from './policy-text.ts'
import { writeJson } from './report.ts'

/** `keddah policy show`: what each service is decided by, and where that comes from. */
export const policyShow: Command = {
  words: ['policy', 'show'],
  summary: 'show the four lists of every service and where each comes from',
  usage: '[FILE | --hadoop-conf DIR | --admin URL]',
  about: `
With --hadoop-conf, a policy file or --parity: the policy of the files. Otherwise the policy in force in a running
instance, with the problems of its last refresh if that failed. A list comes from its own key, from the key of the
default, or from Hadoop's built-in value: everybody, nobody blocked. Of Ranger's policies, where they decide, the service,
the version, how many there are, their age and where they come from.`,
  flags: { ...SOURCE_FLAGS, ...ADMIN_FLAGS },
  maxPositionals: 1,
  examples: [
    'keddah policy show',
    'keddah policy show --hadoop-conf /etc/hadoop/conf',
    'keddah policy show --json',
  ],
  refused: 'there is no policy to show',
  run: (flags, io) => (isOffline(flags) ? showFiles(flags, io) : showRunning(flags, io)),
}

const isOffline = (flags: Flags): boolean =>
  flags.positionals.length > 0 || flags.has('hadoop-conf') || flags.has('parity')

async function showFiles(flags: Flags, io: Io): Promise<ExitCode> {
  const source = sourceOf(flags, io.environment, flags.positionals[0] ?? null)
  const { hadoop, snapshot } = await load(source, io.environment)
  const resourcePolicies = reportResourcePolicies(snapshot.permissions, new Map())
  return show({ ...reportPolicy(hadoop.policy), resourcePolicies, lastFailure: null }, flags, io)
}

async function showRunning(flags: Flags, io: Io): Promise<ExitCode> {
  const target = await adminTarget(flags, io)
  const answer = await askAdmin(target, 'GET', '/admin/v1/policy')
  if (answer.status === 200) return show(answer.body, flags, io)
  if (flags.has('json')) await writeJson(io, answer.body)
  await io.stderr.write(`keddah: ${refusalText(answer, target)}\n`)
  return EXIT.refused
}

/** The report is our own or that of an instance of another version: it is shown as far as it is understood. */
async function show(report: object, flags: Flags, io: Io): Promise<ExitCode> {
  if (flags.has('json')) await writeJson(io, report)
  else await io.stdout.write(policyText({ ...report }))
  return EXIT.done
}
