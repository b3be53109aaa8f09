import { componentOfKind } from '../config/component-of-kind.ts'
import type { ComponentGate } from '../config/gates.ts'
import { authorize, needsGroups } from '../decision/authorize.ts'
import type { AuthorizationRequest, Decision } from '../decision/request.ts'
import type { HadoopTopic } from '../decision/as-hadoop.ts'
import { explain, type Explanation } from '../decision/explain.ts'
import type { Snapshot } from '../decision/snapshot.ts'
import { servicesByProtocol } from '../hadoop/services.ts'
import type { Subject } from '../hadoop/subject.ts'
import { usualGate } from '../routes/early-refusal.ts'
import { type CustomRoute, createRouteTable, type RouteTable } from '../routes/table.ts'
import type { ServiceKind } from '../routes/kinds.ts'
import { accessOf, type AskedRequest, BODY_MESSAGE, lacksBody } from './question-access.ts'
import { type Question, readQuestion, type Reading, type Topic } from './question.ts'
import { repeatedKey } from '../hadoop/repeated-key.ts'
import { requestTarget, type RouteReport, type Settled, type Target } from './question-target.ts'

/** The answer to a question, in the order in which it is printed. `id` is given back as it came. */
export type Answer =
  | {
      readonly id?: string | number
      readonly effect: 'allow' | 'deny'
      readonly reason: string
      readonly message: string
      readonly rule: string | null
      readonly file: string | null
      readonly line: number | null
      readonly revision: string
      readonly questions?: Explanation['questions']
      readonly hadoop?: Explanation['hadoop']
      readonly route?: RouteReport
      readonly resource?: Explanation['resource']
    }
  | {
      readonly id?: string | number
      readonly error: { readonly code: string; readonly message: string; readonly line: number }
    }

type Groups = readonly string[] | null

/**
 * Shape: `groupsOf` answers null where the look-up failed; it never rejects. `customRoutes` are those of the kind
 * `custom`; `gates` say what services refuse before they ask, `nameNodes` what a DataNode of none of them may be told. With `explain`, answers hold every question of the walk, what Hadoop itself would do, and how a request was read.
 */
export interface QuestionOptions {
  readonly groupsOf: (user: string) => Groups | Promise<Groups>
  readonly customRoutes?: readonly CustomRoute[]
  readonly gates?: readonly ComponentGate[]
  readonly nameNodes?: ReadonlySet<string>
  readonly explain: boolean
}

/** What to ask the policy about. */
type Asked = Extract<Target, { service: string | null }>

/**
 * Answers questions about a snapshot: for `check`, for `check --batch` and for the admin listener, so that they
 * cannot disagree with each other, nor with the doors, whose functions it calls.
 */
export class Questioner {
  readonly #options: QuestionOptions
  readonly #tables = new Map<ServiceKind, RouteTable>()

  constructor(options: QuestionOptions) {
    this.#options = options
  }

  /**
   * Answers one JSON text; `line` is its number, counted from 1, for the error. A key that stands twice is an error:
   * which of the two was meant?
   */
  askLine(snapshot: Snapshot, text: string, line: number): Answer | Promise<Answer> {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return { error: { code: 'bad_json', message: `not JSON: ${why}`, line } }
    }
    const reading = readQuestion(value)
    return this.#ask(snapshot, withoutRepeats(text, reading), line)
  }

  /**
   * Answers one question. Synchronous unless groups have to be fetched.
   *
   * Errors: none; a bad question is answered with `error`.
   */
  ask(snapshot: Snapshot, value: unknown, line: number): Answer | Promise<Answer> {
    return this.#ask(snapshot, readQuestion(value), line)
  }

  #ask(snapshot: Snapshot, reading: Reading, line: number): Answer | Promise<Answer> {
    if ('fault' in reading) return refuse(reading.fault.id, reading.fault, line)
    const { question } = reading
    const target = this.#target(question.about)
    if ('fault' in target) return refuse(question.id, target.fault, line)
    if ('settled' in target)
      return { ...settle(question, target.settled, snapshot.revision), ...this.#routeOf(target) }
    const answer = (groups: Groups): Answer => this.#answer(snapshot, question, target, groups)
    const known = this.#groupsFor(snapshot, question, target)
    return known instanceof Promise ? known.then(answer) : answer(known)
  }

  #groupsFor(snapshot: Snapshot, question: Question, { service, routed }: Asked): Groups | Promise<Groups> {
    if (question.groups !== null) return question.groups
    // An explanation asks every question, so it needs the groups even where the decision does not.
    const { realUser } = question
    const component = routed?.gate.component ?? null
    const needed = this.#options.explain || needsGroups(snapshot, { service, realUser, component })
    return needed ? this.#options.groupsOf(question.user) : []
  }

  #answer(snapshot: Snapshot, question: Question, asked: Asked, groups: Groups): Answer {
    const service = {
      service: asked.service,
      subject: subjectFor(question, groups),
      origin: { address: question.address, names: [] },
    }
    const requested = requestOf(question, asked)
    const access = requested === null ? null : accessOf(snapshot, service, requested)
    if (access !== null && 'effect' in access)
      return { ...settle(question, access, snapshot.revision), ...this.#routeOf(asked) }
    const request: AuthorizationRequest = { ...service, access }
    const told = requested !== null && access?.resources?.isUnknown === true && lacksBody(requested)
    const decision = authorize(snapshot, request)
    const saying = told && decision.effect === 'deny' && decision.resource !== null
    const named = saying ? { ...asked, instead: BODY_MESSAGE } : asked
    if (!this.#options.explain) return present(question, decision, named)
    const { questions, hadoop, resource } = explain(snapshot, request, hadoopTopic(question.about, asked))
    const explained = {
      questions,
      hadoop,
      ...this.#routeOf(asked),
      ...(resource === null ? {} : { resource }),
    }
    return { ...present(question, decision, named), ...explained }
  }

  #routeOf({ route }: { readonly route?: RouteReport }): { route?: RouteReport } {
    return this.#options.explain && route !== undefined ? { route } : {}
  }

  #target(about: Topic): Target {
    switch (about.by) {
      case 'service':
        return { service: about.service }
      case 'protocol': {
        // Where it hangs on two keys in two daemons, the first one counts; the other has to be asked for by key.
        const [first] = servicesByProtocol(about.protocol)
        if (first !== undefined) return { service: first.key }
        return { service: null, message: `Protocol interface ${about.protocol} is not known.` }
      }
      case 'url':
        return requestTarget(this.#table(about.kind), about, this.#gates(about.kind))
    }
  }

  /** Those of the services of a kind; one as it is without settings where there is no such service. */
  #gates(kind: ServiceKind): readonly ComponentGate[] {
    const { gates = [], nameNodes = new Set() } = this.#options
    const own = gates.filter((gate) => gate.kind === kind)
    return own.length > 0 ? own : [{ ...usualGate(kind, nameNodes), component: componentOfKind(kind) }]
  }

  #table(kind: ServiceKind): RouteTable {
    const known = this.#tables.get(kind)
    if (known !== undefined) return known
    const made = createRouteTable(kind, kind === 'custom' ? this.#options.customRoutes : undefined)
    this.#tables.set(kind, made)
    return made
  }
}

function withoutRepeats(text: string, reading: Reading): Reading {
  const key = repeatedKey(text)
  if (key === null) return reading
  const { id } = 'fault' in reading ? reading.fault : reading.question
  const message = `\`${key}\` is given more than once`
  return { fault: { id: key === 'id' ? null : id, code: 'bad_question', message } }
}

const idOf = (id: string | number | null): { id?: string | number } => (id === null ? {} : { id })

function refuse(id: string | number | null, fault: { code: string; message: string }, line: number): Answer {
  return { ...idOf(id), error: { code: fault.code, message: fault.message, line } }
}

function settle(question: Question, settled: Settled, revision: string): Answer {
  return { ...idOf(question.id), ...settled, rule: null, file: null, line: null, revision }
}

/** `instead` takes the place of the message of the decision. */
function present(
  question: Question,
  decision: Decision,
  asked: Asked & { readonly instead?: string },
): Answer {
  const { effect, reason, rule, file, line, revision } = decision
  const known = asked.instead ?? decision.message
  const message = reason === 'service_unknown' ? (asked.message ?? known) : known
  return { ...idOf(question.id), effect, reason, message, rule, file, line, revision }
}

/** The request that a question is about; null where it is about a key or a protocol, or no path is listed. */
function requestOf({ about, at }: Question, { routed }: Asked): AskedRequest | null {
  if (about.by !== 'url' || routed === undefined) return null
  return { routed, body: about.body, at: at ?? Date.now() }
}

function hadoopTopic(about: Topic, { route }: Asked): HadoopTopic {
  if (about.by === 'protocol') return about
  return route === undefined ? { by: 'key' } : { by: 'request', kind: route.kind, path: route.path }
}

function subjectFor({ user, realUser }: Question, groups: Groups): Subject {
  if (realUser === null) return { user, principal: user, method: 'SIMPLE', groups, realUser: null }
  const real: Subject = { user: realUser, principal: realUser, method: 'SIMPLE', groups: [], realUser: null }
  return { user, principal: user, method: 'PROXY', groups, realUser: real }
}
