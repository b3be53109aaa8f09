import { COMPONENTS, componentNamed } from '../policy/components.ts'
import { nearestName } from '../policy/nearest-name.ts'
import { ADMIN_FLAGS, type AdminAnswer, adminTarget, askAdmin, refusalText } from './admin-client.ts'
import { problemsIn } from './admin-problems.ts'
import { type Command, EXIT, UsageError } from './command.ts'
import { problemText, writeJson } from './report.ts'

const KEPT = `
It counts for the very next request and is kept over restarts, where it wins over the settings. Who may ask is decided by
the policy in force: security.refresh.policy.protocol.acl.`

/** `keddah perm enable`. */
export const permEnable: Command = switching(
  ['perm', 'enable'],
  { verification: 'required' },
  {
    summary: 'let a component verify permissions',
    about: `
Lets a running instance verify the permissions of a component. In normal mode HBase, HDFS, Yarn and ZooKeeper can be
switched, in security mode none; others are answered with Not supported.${KEPT}`,
    example: 'Yarn',
  },
)

/** `keddah perm disable`. */
export const permDisable: Command = switching(
  ['perm', 'disable'],
  { verification: 'notRequired' },
  {
    summary: 'let a component verify no permissions',
    about: `
Lets a running instance ask no longer about the resources of a component; where Ranger is enabled, it decides all the
same. In normal mode HBase, HDFS, Yarn and ZooKeeper can be switched, in security mode none; others are answered with Not
supported.${KEPT}`,
    example: 'HDFS',
  },
)

/** `keddah ranger enable`. */
export const rangerEnable: Command = switching(
  ['ranger', 'enable'],
  { ranger: { enabled: true } },
  {
    summary: "let Ranger's policies decide about a component",
    about: `
Lets Ranger's policies decide about the resources of a component. In security mode HDFS, Yarn, Kafka, Hive, HBase, Storm,
Spark2x and Impala may have Ranger, in normal mode HBase, HDFS, Hive, Spark2x and Yarn; others are answered with Not
supported. The settings have to say where the policies come from.${KEPT}`,
    example: 'HDFS',
  },
)

/** `keddah ranger disable`. */
export const rangerDisable: Command = switching(
  ['ranger', 'disable'],
  { ranger: { enabled: false } },
  {
    summary: 'let the role model decide about a component, without Ranger',
    about: `
Lets the role model decide about the resources of a component instead of Ranger's policies: without a role that grants it
everything is refused where permissions are verified.${KEPT}`,
    example: 'HDFS',
  },
)

interface SwitchText {
  readonly summary: string
  readonly about: string
  readonly example: string
}

function switching(words: readonly string[], change: object, { example, ...texts }: SwitchText): Command {
  return {
    words,
    ...texts,
    usage: '<component> [--admin URL]',
    flags: ADMIN_FLAGS,
    maxPositionals: 1,
    examples: [`keddah ${words.join(' ')} ${example}`],
    refused: 'nothing was switched',
    async run(flags, io) {
      const component = componentIn(flags.positionals[0])
      const target = await adminTarget(flags, io)
      const answer = await askAdmin(target, 'PUT', `/admin/v1/permissions/${component}`, change)
      const isDone = answer.status === 200
      if (flags.has('json')) await writeJson(io, answer.body)
      else if (isDone) await io.stdout.write(doneText(component, answer))
      else if (isUnsupported(answer)) await io.stdout.write('Not supported\n')
      if (isDone) return EXIT.done
      const problems = problemsIn(answer.body).map(problemText).join('')
      await io.stderr.write(`${problems}keddah: ${refusalText(answer, target)}\n`)
      return EXIT.refused
    },
  }
}

function componentIn(word: string | undefined): string {
  const list = `there are ${COMPONENTS.join(', ')}`
  if (word === undefined) throw new UsageError('the component is missing', list)
  const component = componentNamed(word)
  if (component !== null) return component
  const nearest = nearestName(word, COMPONENTS)
  throw new UsageError(
    `\`${word}\` is no component`,
    nearest === null ? list : `did you mean \`${nearest}\`?`,
  )
}

function doneText(component: string, { body }: AdminAnswer): string {
  const { changed, verification, ranger, decider, generation } = body
  const word = verification === 'required' ? 'Required' : 'Not required'
  const isOn = typeof ranger === 'object' && ranger !== null && 'enabled' in ranger && ranger.enabled === true
  const state = `permission verification ${word}, Ranger ${isOn ? 'enabled' : 'disabled'}`
  const how = changed === true ? 'changed' : 'unchanged'
  return `${component}: ${how}, ${state}, decided by ${String(decider)}, generation ${String(generation)}\n`
}

function isUnsupported({ status, body: { error } }: AdminAnswer): boolean {
  const isConflict = status === 409 && typeof error === 'object' && error !== null && 'message' in error
  return isConflict && String(error.message).startsWith('Not supported')
}
