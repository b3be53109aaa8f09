import type { ValueOrigin } from '../hadoop/service-acls.ts'
import { servicesByKey } from '../hadoop/services.ts'
import type { ListRule, Policy, RuleText } from '../policy/policy.ts'
import { decide, factsOf } from './authorize.ts'
import { type Facts, type Question, QUESTIONS } from './questions.ts'
import type { AuthorizationRequest, Decision } from './request.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * One question with its answer.
 *
 * Shape: `answer` is `not asked` where the question does not arise, with a message and a rule where an address is all that
 * it lacks; `message` is null for a yes. `origin` says where the
 * text of a list comes from: its own key, the default key, or Hadoop's built-in value.
 */
export interface Answered {
  readonly question: Question['name']
  readonly asks: string
  readonly answer: 'yes' | 'no' | 'not asked'
  readonly message: string | null
  readonly rule: string | null
  readonly origin: ValueOrigin | null
  readonly file: string | null
  readonly line: number | null
}

/**
 * What Hadoop itself would do: over RPC once a connection, over HTTP without asking any list.
 *
 * Shape: over RPC `not asked` where no protocol of Hadoop's hangs on the key, so that nobody can call it there.
 */
export interface HadoopAnswer {
  readonly rpc: { readonly effect: 'allow' | 'deny' | 'not asked'; readonly message: string }
  readonly http: { readonly effect: 'allow'; readonly message: string }
}

/** A decision with every question of the walk, also those behind the first refusal. */
export interface Explanation {
  readonly decision: Decision
  readonly questions: readonly Answered[]
  readonly hadoop: HadoopAnswer
}

/** Explains a decision. Walks the same list of questions as `authorize`, so the two cannot disagree. Errors: none. */
export function explain({ policy }: Snapshot, request: AuthorizationRequest): Explanation {
  const facts = factsOf(policy, request)
  return {
    decision: decide(policy, request),
    questions: QUESTIONS.map((question) => answer(question, facts)),
    hadoop: askHadoop(policy, request),
  }
}

function answer(question: Question, facts: Facts): Answered {
  const { name, asks } = question
  if (!question.applies(facts)) {
    const rule = question.lacksAddress?.(facts) === true ? question.rule(facts) : null
    const message = rule === null ? null : 'no address is given'
    return { question: name, asks, answer: 'not asked', message, ...placeOf(rule) }
  }
  const refusal = question.refuse(facts)
  const rule = refusal?.rule ?? question.rule(facts)
  return {
    question: name,
    asks,
    answer: refusal === null ? 'yes' : 'no',
    message: refusal?.message ?? null,
    ...placeOf(rule),
  }
}

const placeOf = (rule: RuleText | null): Pick<Answered, 'rule' | 'origin' | 'file' | 'line'> => ({
  rule: rule?.rule ?? null,
  origin: originOf(rule),
  file: rule?.file ?? null,
  line: rule?.line ?? null,
})

/** Of the rules only lists have one. */
const originOf = (rule: RuleText | ListRule<unknown> | null): ValueOrigin | null =>
  rule !== null && 'origin' in rule ? rule.origin : null

const NO_RPC_MESSAGE = 'Hadoop has no RPC service for this'
const HTTP_MESSAGE = 'Hadoop asks no access control list about HTTP requests'

function askHadoop(policy: Policy, request: AuthorizationRequest): HadoopAnswer {
  const http = { effect: 'allow', message: HTTP_MESSAGE } as const
  const isOverRpc = servicesByKey(request.service ?? '').some(({ provider }) => provider !== 'Keddah')
  if (!isOverRpc) return { rpc: { effect: 'not asked', message: NO_RPC_MESSAGE }, http }
  const parity = policy.asHadoop()
  if (parity === null)
    return {
      rpc: { effect: 'deny', message: 'Hadoop could not load these files: the daemon would not start' },
      http,
    }
  const { effect, reason, message } = decide(parity, request)
  const off = 'hadoop.security.authorization is not true: Hadoop asks no list'
  return { rpc: { effect, message: reason === 'authorization_off' ? off : message }, http }
}
