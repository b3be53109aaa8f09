import { type Answer, Questioner } from '../admin/questions.ts'
import { Inputs } from '../config/inputs.ts'
import { answerBatch } from './check-batch.ts'
import { checkText } from './check-text.ts'
import { type Command, EXIT, type ExitCode, type Io, UsageError } from './command.ts'
import type { Flags } from './flags.ts'
import { load, SOURCE_FLAGS, sourceOf } from './offline.ts'
import { writeJson } from './report.ts'

const QUESTION_FLAGS = [
  'user',
  'groups',
  'real-user',
  'from',
  'service',
  'protocol',
  'kind',
  'url',
  'queue',
  'body',
  'at',
]

/** `keddah check`: may this user do that, and why? */
export const check: Command = {
  words: ['check'],
  summary: 'ask whether a user may use a service, and why',
  usage:
    '[--config FILE | --hadoop-conf DIR] --user USER\n' +
    '                    (--service KEY | --protocol NAME |\n' +
    '                     --kind KIND --url METHOD TARGET [--queue QUEUE | --body FILE]) [--at TIME]\n' +
    '       keddah check [--config FILE | --hadoop-conf DIR] --batch < QUESTIONS',
  about: `
Asks the policy of the files, without a running instance, and prints every question with its answer, the rule behind
it with file and line, and what Hadoop itself would do. Where permissions are verified (\`mode\` in the settings), a
request is asked about with what it does to which resources too: each policy of Ranger that is about them, what of it
matched, what it says and which one won, or the roles that grant it. The policies are those of the file of the settings,
or what was downloaded last from Ranger Admin, which is not asked. A request that a listener refuses before it asks (400, 403, 405)
is a refusal too, by the settings of the service of that kind; of several the first that refuses is named. Without
--from no host list is asked; where one could refuse, that is said. Exits with 0 for an allow and 1 for a refusal.

--batch reads one JSON object a line from stdin and answers each on a line of its own, in the same order:
  {"id"?, "user", "groups"?, "realUser"?, "address"?, "at"?,
    "service" | "protocol" | ("kind", "method", "url", "queue"? | "body"?)}
  {"id"?, "effect", "reason", "message", "rule", "file", "line", "revision"}
  {"id"?, "error": {"code", "message", "line"}} for a line that cannot be answered; the exit code is then 2
Lines without a question (blank ones) are passed over without an answer; \`line\` counts them. A key that stands twice in a
line is an error.`,
  flags: {
    ...SOURCE_FLAGS,
    user: { value: 'USER', help: 'who the call is for' },
    groups: { value: 'A,B', help: 'groups of the user; left out: looked up, empty: none' },
    'real-user': { value: 'USER', help: 'who authenticated, where the user is impersonated' },
    from: { value: 'ADDRESS', help: 'address the call comes from' },
    service: { value: 'KEY', help: 'policy key, such as security.client.protocol.acl' },
    protocol: { value: 'NAME', help: 'Java class of the protocol' },
    kind: { value: 'KIND', help: 'kind of daemon, such as namenode' },
    url: { value: 'METHOD TARGET', help: 'request to that daemon' },
    queue: { value: 'QUEUE', help: 'queue that the body of the request names' },
    body: { value: 'FILE', help: 'file with the body of the request, JSON or XML' },
    at: { value: 'TIME', help: 'when, for schedules, such as 2026-01-31T08:00:00Z; left out: now' },
    batch: { value: null, help: 'answer JSON lines from stdin' },
  },
  maxPositionals: 1,
  examples: [
    'keddah check --hadoop-conf /etc/hadoop/conf --user mallory --service security.client.protocol.acl',
    "keddah check --user alice --from 10.0.0.7 --kind namenode --url GET '/webhdfs/v1/?op=LISTSTATUS'",
    'keddah check --user bob --kind resourcemanager --url POST /ws/v1/cluster/apps --queue root.etl',
    'keddah check --user bob --groups analysts --real-user hue --protocol org.apache.hadoop.hdfs.protocol.ClientProtocol',
    'keddah check --batch < questions.jsonl',
  ],
  refused: 'no question was answered',
  async run(flags, io) {
    if (flags.has('batch')) return checkBatch(flags, io)
    const question = questionOf(flags)
    const source = sourceOf(flags, io.environment)
    const { snapshot, groupsOf, gates, nameNodes } = await load(source, io.environment)
    const { customRoutes } = source
    const questioner = new Questioner({ groupsOf, customRoutes, gates, nameNodes, explain: true })
    const answer = await questioner.ask(snapshot, question, 1)
    if ('error' in answer) throw new UsageError(answer.error.message)
    if (flags.has('json')) await writeJson(io, answer)
    else await io.stdout.write(checkText(answer))
    return codeOf(answer)
  },
}

const codeOf = (answer: Exclude<Answer, { error: object }>): ExitCode =>
  answer.effect === 'allow' ? EXIT.done : EXIT.refused

async function checkBatch(flags: Flags, io: Io): Promise<ExitCode> {
  const given = QUESTION_FLAGS.find((name) => flags.has(name))
  if (given !== undefined) throw new UsageError(`\`--${given}\` does not go with \`--batch\``)
  if (flags.positionals.length > 0)
    throw new UsageError(`\`${flags.positionals[0] ?? ''}\` does not go with \`--batch\``)
  const source = sourceOf(flags, io.environment)
  const { snapshot, groupsOf, gates, nameNodes } = await load(source, io.environment)
  const { customRoutes } = source
  const questioner = new Questioner({ groupsOf, customRoutes, gates, nameNodes, explain: false })
  return answerBatch(io, (text, line) => questioner.askLine(snapshot, text, line))
}

/** The fields of a question, as a line of `--batch` has them. */
interface Fields {
  readonly user: string
  readonly groups?: readonly string[]
  readonly realUser?: string
  readonly address?: string
  readonly service?: string
  readonly protocol?: string
  readonly kind?: string
  readonly method?: string
  readonly url?: string
  readonly queue?: string
  readonly body?: string
  readonly at?: string
}

function questionOf(flags: Flags): Fields {
  const user = flags.text('user')
  if (user === undefined) throw new UsageError('no user is named', 'give `--user USER`')
  const topics = ['service', 'protocol', 'url'].filter((name) => flags.has(name))
  if (topics.length !== 1)
    throw new UsageError(
      topics.length === 0 ? 'nothing is asked about' : 'only one thing can be asked about',
      'give one of `--service KEY`, `--protocol NAME` and `--kind KIND --url METHOD TARGET`',
    )
  const [target] = flags.positionals
  const isUrl = topics[0] === 'url'
  if (isUrl && (target === undefined || !flags.has('kind')))
    throw new UsageError(
      '`--url` needs a kind, a method and a target',
      'give `--kind KIND --url METHOD TARGET`',
    )
  if (!isUrl && (target !== undefined || flags.has('kind')))
    throw new UsageError(`${target === undefined ? '`--kind`' : `\`${target}\``} goes with \`--url\``)
  return {
    user,
    ...part(
      'groups',
      flags
        .text('groups')
        ?.split(',')
        .map((group) => group.trim())
        .filter(Boolean),
    ),
    ...part('realUser', flags.text('real-user')),
    ...part('address', flags.text('from')),
    ...part('service', flags.text('service')),
    ...part('protocol', flags.text('protocol')),
    ...part('kind', flags.text('kind')),
    ...part('method', flags.text('url')?.toUpperCase()),
    ...part('url', target),
    ...part('queue', flags.text('queue')),
    ...part('body', bodyOf(flags)),
    ...part('at', flags.text('at')),
  }
}

const MAX_BODY_BYTES = 1_048_576

function bodyOf(flags: Flags): string | undefined {
  const file = flags.text('body')
  return file === undefined ? undefined : new Inputs().read(file, MAX_BODY_BYTES).bytes.toString('utf8')
}

const part = <K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [name]: value } as Record<K, V>)
