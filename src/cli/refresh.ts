import { nearestName } from '../policy/nearest-name.ts'
import {
  ADMIN_FLAGS,
  type AdminAnswer,
  type AdminTarget,
  adminTarget,
  askAdmin,
  refusalText,
} from './admin-client.ts'
import { type Command, EXIT, type Io, UsageError } from './command.ts'
import { problemText, writeJson } from './report.ts'
import { problemsIn } from './admin-problems.ts'

const SCOPES = ['service-acl', 'user-mappings', 'proxy-users', 'ranger-policies'] as const

/** `keddah refresh`: what `hdfs dfsadmin -refreshServiceAcl` and its sisters ask of a daemon. */
export const refresh: Command = {
  words: ['refresh'],
  summary: 'let a running instance load the policy anew',
  usage: '[service-acl | user-mappings | proxy-users | ranger-policies] [--admin URL]',
  about: `
Asks a running instance to load one family of keys anew, or Ranger's policies, or all of these. After the answer no
request is decided by what was in force before. A broken file changes nothing, and all its problems are printed. Who may
ask is decided by the policy in force: security.refresh.policy.protocol.acl for service-acl and ranger-policies,
security.refresh.user.mappings.protocol.acl for the other two.`,
  flags: ADMIN_FLAGS,
  maxPositionals: 1,
  examples: [
    'keddah refresh',
    'keddah refresh service-acl',
    'keddah refresh proxy-users --admin http://127.0.0.1:9480',
  ],
  refused: 'no instance was asked',
  async run(flags, io) {
    const scopes = scopesOf(flags.positionals[0])
    const target = await adminTarget(flags, io)
    const answers = new Map<string, AdminAnswer>()
    for (const scope of scopes) {
      const answer = await askAdmin(target, 'POST', `/admin/v1/refresh/${scope}`)
      answers.set(scope, answer)
      // Who is not known for one is not known for the others, and need not be told again.
      if (answer.status === 401) break
    }
    if (flags.has('json')) await writeJson(io, reportOf(answers))
    else for (const [scope, answer] of answers) await tell(scope, answer, target, io)
    return [...answers.values()].every(({ status }) => status === 200) ? EXIT.done : EXIT.refused
  },
}

function scopesOf(word: string | undefined): readonly string[] {
  if (word === undefined) return SCOPES
  const scope = SCOPES.find((known) => known === word)
  if (scope !== undefined) return [scope]
  const nearest = nearestName(word, SCOPES)
  const hint = nearest === null ? `there is ${SCOPES.join(', ')}` : `did you mean \`${nearest}\`?`
  throw new UsageError(`\`${word}\` cannot be refreshed`, hint)
}

/** The answer of the admin listener; for several, from the first `previous` to the last `revision`. */
function reportOf(answers: ReadonlyMap<string, AdminAnswer>): object {
  const results = [...answers].map(([scope, { body }]) => ({ scope, ...body }))
  const bodies = [...answers.values()]
  const failed = bodies.find(({ status }) => status !== 200)
  const [first] = bodies
  if (bodies.length === 1) return first?.body ?? {}
  if (failed !== undefined) return { ...failed.body, results }
  return {
    revision: bodies.at(-1)?.body['revision'],
    previous: first?.body['previous'],
    changed: bodies.some(({ body }) => body['changed'] === true),
    results,
  }
}

async function tell(scope: string, answer: AdminAnswer, target: AdminTarget, io: Io): Promise<void> {
  const { status, body } = answer
  if (status === 200) {
    const { revision, previous, changed } = body
    const from = changed === true && revision !== previous ? ` (before: ${String(previous)})` : ''
    await io.stdout.write(
      `${scope}: ${changed === true ? 'changed' : 'unchanged'}, revision ${String(revision)}${from}\n`,
    )
    return
  }
  const problems = problemsIn(body)
  const consequence = status === 422 ? ', the old policy stays in force' : ''
  await io.stderr.write(
    `${problems.map(problemText).join('')}${scope}: refused${consequence}: ${refusalText(answer, target)}\n`,
  )
}
