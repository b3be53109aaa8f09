import type { ValueOrigin } from '../hadoop/service-acls.ts'
import type { ListRule } from '../policy/policy.ts'
import { askHadoop, type HadoopAnswer, type HadoopTopic } from './as-hadoop.ts'
import { decide, factsOf } from './authorize.ts'
import { explainResources, type ResourceExplained } from './explain-resources.ts'
import { type Facts, type Question, type QuestionRule, QUESTIONS } from './questions.ts'
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
 * A decision with every question of the walk, also those behind the first refusal.
 *
 * Shape: `resource` null: there is no permission verification, or no component that is asked about.
 */
export interface Explanation {
  readonly decision: Decision
  readonly questions: readonly Answered[]
  readonly hadoop: HadoopAnswer
  readonly resource: ResourceExplained | null
}

/**
 * Explains a decision. Walks the same list of questions as `authorize`, so the two cannot disagree.
 *
 * Shape: `topic` says what was asked about, for what Hadoop would do; left out: the key alone. Errors: none.
 */
export function explain(
  { policy, permissions }: Snapshot,
  request: AuthorizationRequest,
  topic: HadoopTopic = { by: 'key' },
): Explanation {
  const facts = factsOf(policy, request, permissions)
  return {
    decision: decide(policy, request, permissions),
    questions: QUESTIONS.map((question) => answer(question, facts)),
    hadoop: askHadoop(policy, request, topic),
    resource: explainResources(permissions, request, policy.parity.has('D-4')),
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

const placeOf = (rule: QuestionRule | null): Pick<Answered, 'rule' | 'origin' | 'file' | 'line'> => ({
  rule: rule?.rule ?? null,
  origin: originOf(rule),
  file: rule?.file ?? null,
  line: rule?.line ?? null,
})

/** Of the rules only lists have one. */
const originOf = (rule: QuestionRule | ListRule<unknown> | null): ValueOrigin | null =>
  rule !== null && 'origin' in rule ? rule.origin : null
