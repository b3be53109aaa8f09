import { hadoopAddressText } from '../hadoop/addresses.ts'
import { expectedPrincipal, refusalCause } from '../hadoop/client-principal.ts'
import type { MachineList } from '../hadoop/machine-list.ts'
import { describeSubject, type Origin, type Subject } from '../hadoop/subject.ts'
import type { ListRule, Policy, RuleText, ServicePolicy } from '../policy/policy.ts'
import { EXEMPT, type Reason } from './request.ts'
import { judge } from './verdict.ts'
import type { Verification } from './verification.ts'

/**
 * What the questions are asked with: a request, and the service that its key stands for, null where there is none.
 *
 * Shape: `verification` null: permission verification is not asked about it.
 */
export interface Facts {
  readonly policy: Policy
  readonly key: string | null
  readonly service: ServicePolicy | null
  readonly subject: Subject | null
  readonly origin: Origin
  readonly verification: Verification | null
}

/** Why a question refuses, and by which rule; `key` null: it is no rule of Hadoop's files. */
export interface Refusal {
  readonly reason: Reason
  readonly message: string
  readonly rule: QuestionRule | null
}

/** A rule that a question goes by. */
export type QuestionRule = Omit<RuleText, 'key'> & { readonly key: string | null }

/**
 * One question of the walk.
 *
 * Shape: `asks` is the question in words, to which a refusal is a no. `applies` says whether it is asked at all;
 * `refuse` answers null where the request passes; `rule` is the list that is asked, null where there is none.
 */
export interface Question {
  readonly name:
    | 'service'
    | 'identity'
    | 'impersonation'
    | 'principal'
    | 'acl'
    | 'acl_blocked'
    | 'hosts'
    | 'hosts_blocked'
    | Verification['by']
  readonly asks: string
  applies(facts: Facts): boolean
  /** Whether it does not arise for want of an address alone, and could refuse one. */
  lacksAddress?(facts: Facts): boolean
  refuse(facts: Facts): Refusal | null
  rule(facts: Facts): QuestionRule | null
}

/** The facts of a question about one of the four lists. */
type ListFacts = Facts & { readonly service: ServicePolicy; readonly subject: Subject }

type ListName = 'acl' | 'blockedAcl' | 'hosts' | 'blockedHosts'

const asksLists = (facts: Facts): facts is ListFacts =>
  facts.policy.authorizationOn && facts.service !== null && facts.subject !== null

/** A question about one of the four lists of a service that exists, and a subject that is known. */
const aboutList = (
  name: Question['name'],
  list: ListName,
  asks: string,
  refuse: (facts: ListFacts) => Refusal | null,
): Question => ({
  name,
  asks,
  applies: asksLists,
  rule: ({ service }) => service?.[list] ?? null,
  refuse: (facts) => (asksLists(facts) ? refuse(facts) : null),
})

/** A question about an address. As in Hadoop, it does not arise where the address is unknown. */
function aboutHosts(
  name: 'hosts' | 'hosts_blocked',
  list: 'hosts' | 'blockedHosts',
  asks: string,
  passes: (hosts: MachineList, address: string) => boolean,
  mayRefuse: (hosts: MachineList) => boolean,
): Question {
  const question = aboutList(name, list, asks, (facts) => {
    const { service, origin } = facts
    const isFine = origin.address === null || passes(service[list].list, origin.address)
    return isFine ? null : hostRefusal(facts, name, service[list])
  })
  return {
    ...question,
    applies: (facts) => asksLists(facts) && facts.origin.address !== null,
    lacksAddress: (facts) =>
      asksLists(facts) && facts.origin.address === null && mayRefuse(facts.service[list].list),
  }
}

/**
 * The questions about the service, in Hadoop's order; the first refusal ends the walk.
 *
 * Source: org.apache.hadoop.ipc.Server#authorizeConnection,
 * org.apache.hadoop.security.authorize.ServiceAuthorizationManager#authorize (3.4). Divergences D-4, D-6.
 */
export const SERVICE_QUESTIONS: readonly Question[] = [
  {
    name: 'service',
    asks: 'is there a policy key for it',
    applies: () => true,
    rule: () => null,
    refuse: refuseUnknown,
  },
  {
    name: 'identity',
    asks: 'is it known who is calling',
    applies: ({ key }) => key !== EXEMPT,
    rule: () => null,
    refuse: ({ key, subject }) =>
      subject === null && key !== EXEMPT
        ? { reason: 'unauthenticated', message: 'nobody authenticated', rule: null }
        : null,
  },
  {
    name: 'impersonation',
    asks: 'may the real user act for the effective user, from this address',
    applies: ({ subject }) => subject !== null && subject.realUser !== null,
    rule: ({ policy, subject }) =>
      subject?.realUser ? proxyRule(policy, `hadoop.proxyuser.${subject.realUser.user}.groups`) : null,
    refuse: refuseImpersonation,
  },
  {
    name: 'principal',
    asks: 'is it the client principal that the protocol asks for',
    applies: (facts) => asksLists(facts) && facts.service.clientPrincipal !== null,
    rule: ({ service }) => service?.clientPrincipal ?? null,
    refuse: (facts) => (asksLists(facts) ? refusePrincipal(facts) : null),
  },
  aboutList('acl', 'acl', 'is the user on the access control list', refuseAcl),
  aboutList('acl_blocked', 'blockedAcl', 'is the user off the blocked list', refuseBlocked),
  aboutHosts(
    'hosts',
    'hosts',
    'is the address on the host list',
    (list, address) => list.includes(address),
    (list) => !list.all,
  ),
  aboutHosts(
    'hosts_blocked',
    'blockedHosts',
    'is the address off the blocked host list',
    (list, address) => !list.includes(address),
    (list) => list.entries.size > 0,
  ),
]

/** A question that permission verification answers, where it is the one that decides. */
const aboutPermission = (name: 'role' | 'resources', asks: string): Question => ({
  name,
  asks,
  applies: ({ verification }) => verification?.by === name,
  rule: () => null,
  refuse: (facts) => (facts.verification?.by === name ? refusePermission(facts) : null),
})

/** All questions in their order: those about the service, then those about what is done to which resource. */
export const QUESTIONS: readonly Question[] = [
  ...SERVICE_QUESTIONS,
  {
    name: 'mode',
    asks: 'does Ranger or a role decide about the component',
    applies: ({ verification }) => verification !== null,
    rule: () => null,
    refuse: (facts) => (facts.verification?.by === 'mode' ? refusePermission(facts) : null),
  },
  aboutPermission('role', 'does a role grant what is asked for'),
  aboutPermission('resources', 'do the policies of Ranger let it pass'),
]

const refusePermission = ({ policy, verification }: Facts): Refusal | null =>
  verification === null ? null : judge(verification, policy.parity.has('D-4')).refusal

function refuseUnknown({ key, service }: Facts): Refusal | null {
  if (service !== null || key === EXEMPT) return null
  const message = key === null ? 'no policy key is known for this request' : `no service has the key ${key}`
  return { reason: 'service_unknown', message, rule: null }
}

/** Divergence D-4: the groups are unknown, and one of these could make the difference. */
const dependsOnGroups = ({ policy, subject }: Facts, groups: { readonly size: number }): boolean =>
  subject?.groups === null && groups.size > 0 && !policy.parity.has('D-4')

const groupsUnavailable = (user: string, rule: RuleText): Refusal => ({
  reason: 'groups_unavailable',
  message: `the groups of ${user} could not be looked up`,
  rule,
})

function refuseImpersonation({ policy, subject, origin }: Facts): Refusal | null {
  if (subject === null || subject.realUser === null) return null
  const refusal = policy.proxyUsers.check(subject, origin.address)
  if (refusal === null) return null
  const rule = proxyRule(policy, refusal.key)
  const isAboutGroups =
    refusal.key.endsWith('.groups') && policy.proxyUsers.needsGroups(subject.realUser.user)
  if (isAboutGroups && subject.groups === null && !policy.parity.has('D-4'))
    return groupsUnavailable(subject.user, rule)
  return { reason: 'impersonation', message: refusal.message, rule }
}

/** Users and groups are one list in two keys; where neither is set, that is the rule: the key to set is named. */
function proxyRule({ proxyRules }: Policy, key: string): RuleText {
  const missing = { rule: `${key} is not set`, key, file: null, line: null }
  return proxyRules.get(key) ?? proxyRules.get(key.replace(/\.groups$/, '.users')) ?? missing
}

function refusePrincipal({ service, subject, origin }: ListFacts): Refusal | null {
  if (service.clientPrincipal === null) return null
  const expected = expectedPrincipal(service.clientPrincipal.pattern, origin)
  if (expected === subject.principal) return null
  const message =
    expected === null
      ? `Can't figure out Kerberos principal name for connection from ${originText(origin)} for user=${describeSubject(subject)} protocol=${classText(service)}`
      : userMessage(service, subject, expected)
  return { reason: 'principal', message, rule: service.clientPrincipal }
}

function refuseAcl(facts: ListFacts): Refusal | null {
  const { acl } = facts.service
  if (acl.list.allows(facts.subject)) return null
  if (dependsOnGroups(facts, acl.list.groups)) return groupsUnavailable(facts.subject.user, acl)
  return userRefusal(facts, 'acl', acl)
}

function refuseBlocked(facts: ListFacts): Refusal | null {
  const { blockedAcl } = facts.service
  if (blockedAcl.list.allows(facts.subject)) return userRefusal(facts, 'acl_blocked', blockedAcl)
  if (dependsOnGroups(facts, blockedAcl.list.groups)) return groupsUnavailable(facts.subject.user, blockedAcl)
  return null
}

/** Hadoop names the expected principal in every refusal of a user once it knows one, whatever the cause. */
function userRefusal({ service, subject, origin }: ListFacts, reason: Reason, rule: RuleText): Refusal {
  const pattern = service.clientPrincipal?.pattern
  const expected = pattern === undefined ? null : expectedPrincipal(pattern, origin)
  return { reason, message: userMessage(service, subject, expected), rule }
}

const userMessage = (service: ServicePolicy, subject: Subject, expected: string | null): string =>
  `User ${describeSubject(subject)} is not authorized for protocol ${classText(service)}${refusalCause(expected)}`

function hostRefusal({ service, origin }: ListFacts, reason: Reason, rule: ListRule<unknown>): Refusal {
  const address = hadoopAddressText(origin.address ?? '')
  return { reason, message: `Host ${address} is not authorized for protocol ${classText(service)}`, rule }
}

const classText = ({ protocol }: ServicePolicy): string => `interface ${protocol}`

/** `name/1.2.3.4` or `/1.2.3.4`, as Java prints an address. */
const originText = ({ address, names }: Origin): string =>
  address === null ? 'null' : `${names[0] ?? ''}/${hadoopAddressText(address)}`
