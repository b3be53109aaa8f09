import { AuditFilters } from './audit-filters.ts'
import { ANY_ACCESS, type Asker, ItemCompiler, SUPER_USER_ACCESS } from './compiled-item.ts'
import { type CompiledPolicy, compilePolicy, verdictOf } from './compiled-policy.ts'
import { CONDITIONS, type ConditionCompiler, type ConditionFacts } from './conditions.ts'
import { type Decided, decideAny, decideOne, decideTogether, UNDECIDED } from './decide-access.ts'
import type { Candidate, EngineSource, RangerEngine, ResourceExplanation } from './engine.ts'
import { compareEvaluationOrder } from './evaluation-order.ts'
import { JsonReading, refusal } from './json-reading.ts'
import { MatchingPolicies } from './matching-policies.ts'
import type { AuditMode, ServicePolicies, ServiceRoles } from './model.ts'
import { NamedPrincipals } from './named-principals.ts'
import { PolicyIndex } from './policy-index.ts'
import type { ResourceRequest, ResourceResult } from './request.ts'
import { RoleMembers } from './role-members.ts'
import type { Tokens } from './tokens.ts'

/**
 * How an engine answers.
 *
 * Shape: `fallback`: what no policy decides is left undetermined (`native`), or refused. `conditions`: the evaluators, by
 * default all there are; they have to be those that the policies were read with.
 */
export interface EngineOptions {
  readonly fallback: 'native' | 'deny'
  readonly conditions?: ReadonlyMap<string, ConditionCompiler>
}

/**
 * Compiles the policies of a service, with its roles where it has some.
 *
 * Errors: ERR_POLICY_RANGER where the audit filters of the service cannot be read.
 * Source: org.apache.ranger.plugin.policyengine.RangerPolicyEngineImpl (2.9).
 */
export function compileEngine(
  policies: ServicePolicies,
  roles: ServiceRoles | null,
  options: EngineOptions,
): RangerEngine {
  return new Engine(policies, roles, options)
}

/** A request with what is worked out once for it. */
interface Question {
  readonly request: ResourceRequest
  readonly asker: Asker
  readonly facts: ConditionFacts
  readonly tokens: Tokens
  /** In lower case, unless it is one of the types that no service defines. */
  readonly accesses: readonly string[]
  readonly isAny: boolean
}

const NO_ROLES: ReadonlySet<string> = new Set()
const SUPER_USER: Decided = { ...UNDECIDED, isDetermined: true, isAllowed: true, reason: 'superuser' }
const NO_SUPER_USER: Decided = { ...SUPER_USER, isAllowed: false }
const REFUSED: Decided = { ...UNDECIDED, isDetermined: true }

class Engine implements RangerEngine {
  readonly serviceName: string
  readonly version: number
  readonly policyCount: number
  readonly source: EngineSource
  readonly readsAddress: boolean
  readonly readsGroups: boolean
  readonly #auditMode: AuditMode
  readonly #accessTypes: readonly string[]
  readonly #policies: readonly CompiledPolicy[]
  readonly #index: PolicyIndex
  readonly #roles: RoleMembers
  readonly #superUsers: NamedPrincipals
  readonly #unaudited: NamedPrincipals
  readonly #filters: AuditFilters
  readonly #fallback: 'native' | 'deny'

  constructor(policies: ServicePolicies, roles: ServiceRoles | null, options: EngineOptions) {
    const { serviceDef, serviceConfig } = policies
    this.source = { policies, roles }
    const conditions = options.conditions ?? CONDITIONS
    const compiler = new ItemCompiler(serviceDef, conditions)
    this.#policies = policies.policies
      .filter(({ isEnabled, type }) => isEnabled && type === 0)
      .map((policy) => compilePolicy(policy, serviceDef, compiler, conditions))
      .toSorted(compareEvaluationOrder)
    this.#index = new PolicyIndex(this.#policies, serviceDef)
    this.#roles = new RoleMembers(roles?.roles ?? [])
    this.#superUsers = new NamedPrincipals(serviceConfig, 'ranger.plugin.super')
    this.#unaudited = new NamedPrincipals(serviceConfig, 'ranger.plugin.audit.exclude')
    const reading = new JsonReading('')
    this.#filters = AuditFilters.compile(serviceConfig, serviceDef, reading)
    if (reading.count > 0) throw refusal(reading)
    this.#fallback = options.fallback
    this.#auditMode = policies.auditMode
    this.#accessTypes = serviceDef.accessTypes.map(({ name }) => name.toLowerCase())
    this.serviceName = policies.serviceName
    this.version = policies.version
    this.policyCount = policies.policies.length
    this.readsAddress = compiler.readsAddress
    this.readsGroups =
      compiler.readsGroups ||
      this.#superUsers.readsGroups ||
      this.#unaudited.readsGroups ||
      this.#filters.readsGroups
  }

  decide(request: ResourceRequest): ResourceResult {
    const question = this.#ask(request)
    return this.#resultOf(question, this.#matching(question, question.asker))
  }

  explain(request: ResourceRequest): ResourceExplanation {
    const question = this.#ask(request)
    const policies = this.#matching(question, null)
    const result = this.#resultOf(question, policies)
    return { result, candidates: this.#candidates(question, policies) }
  }

  #ask(request: ResourceRequest): Question {
    const { user, groups, owner, address, at } = request
    let roles: ReadonlySet<string> | null = null
    const rolesOnce = (): ReadonlySet<string> => {
      const given = request.roles ?? []
      roles ??= given.length > 0 ? new Set(given) : this.#rolesOf(user, groups)
      return roles
    }
    const [type = ''] = request.accessTypes
    const isAny = request.accessTypes.length === 1 && (type === '' || type === ANY_ACCESS)
    const tokens = new Map([['USER', user]])
    if (owner !== null) tokens.set('OWNER', owner)
    return {
      request,
      asker: { user, groups, owner, roles: rolesOnce },
      facts: { address, at },
      tokens,
      accesses: isAny ? this.#accessTypes : request.accessTypes.map((name) => name.toLowerCase()),
      isAny,
    }
  }

  #rolesOf(user: string, groups: readonly string[]): ReadonlySet<string> {
    return this.#roles.isEmpty ? NO_ROLES : this.#roles.rolesOf(user, groups)
  }

  /** The policies that have a say; `asker` null: whomever they concern. */
  #matching({ request, tokens, facts, isAny }: Question, asker: Asker | null): MatchingPolicies {
    const { resource } = request
    const candidates = this.#index.find(resource, isAny, asker)
    return new MatchingPolicies(this.#policies, candidates, { resource, tokens, facts, isBelowToo: isAny })
  }

  #resultOf(question: Question, policies: MatchingPolicies): ResourceResult {
    const { request, asker, tokens } = question
    const decided = this.#decided(question, policies)
    const audit = this.#audited(question, policies)
    const filtered = this.#filters.isAudited({ request, result: decided, roles: asker.roles, tokens })
    return {
      isDetermined: decided.isDetermined,
      isAllowed: decided.isAllowed,
      policyId: decided.by?.id ?? null,
      policyName: decided.by?.name ?? null,
      policyVersion: decided.by?.version ?? null,
      priority: decided.by?.priority ?? 0,
      reason: decided.reason,
      isAudited: filtered ?? audit.isAudited,
      auditPolicyId: audit.by?.id ?? null,
      until: Math.min(policies.until, audit.until),
    }
  }

  #decided(question: Question, policies: MatchingPolicies): Decided {
    const { request, asker, facts, accesses, isAny } = question
    const isSuperUser = this.#superUsers.has(asker.user, asker.groups, () => NO_ROLES)
    if (isSuperUser) return SUPER_USER
    if (accesses.length === 1 && accesses[0] === SUPER_USER_ACCESS) return NO_SUPER_USER
    if (this.policyCount === 0 || request.accessTypes.length === 0) return UNDECIDED
    const [only] = accesses
    const decided = isAny
      ? decideAny(policies, accesses, asker, facts)
      : accesses.length === 1 && only !== undefined
        ? decideOne(policies, only, asker, facts)
        : decideTogether(policies, accesses, asker, facts)
    return decided.isDetermined || this.#fallback === 'native' ? decided : REFUSED
  }

  /** Whether it is audited as far as policies say, because of which, and how long that certainly stays. */
  #audited(
    question: Question,
    concerning: MatchingPolicies,
  ): { isAudited: boolean; by: CompiledPolicy | null; until: number } {
    const { asker } = question
    const fixed = (isAudited: boolean) => ({ isAudited, by: null, until: Infinity })
    if (this.#unaudited.has(asker.user, asker.groups, asker.roles)) return fixed(false)
    if (this.#auditMode !== 'audit-default') return fixed(this.#auditMode === 'audit-all')
    if (this.policyCount === 0) return fixed(true)
    const policies = concerning.isForAll ? concerning : this.#matching(question, null)
    for (let at = 0; ; at += 1) {
      const policy = policies.at(at)?.policy ?? null
      if (policy === null || policy.isAuditEnabled) {
        return { isAudited: policy !== null, by: policy, until: policies.until }
      }
    }
  }

  #candidates(
    { request, asker, facts, tokens, accesses }: Question,
    policies: MatchingPolicies,
  ): Candidate[] {
    const candidates: { order: Candidate; policy: CompiledPolicy }[] = []
    const add = (
      policy: CompiledPolicy,
      rest: Pick<Candidate, 'accessType' | 'says' | 'item' | 'why'>,
    ): void => {
      const { id: policyId, name: policyName, priority, resources } = policy
      const resource = resources.shown(request.resource, tokens)
      candidates.push({ order: { policyId, policyName, priority, resource, ...rest }, policy })
    }
    for (let at = 0; ; at += 1) {
      const policy = policies.at(at)?.policy ?? null
      if (policy === null) break
      for (const accessType of accesses)
        add(policy, { accessType, ...verdictOf(policy, accessType, asker, facts) })
    }
    for (const { policy, why } of policies.leftOut) {
      for (const accessType of accesses) add(policy, { accessType, says: 'nothing', item: null, why })
    }
    return candidates
      .toSorted((one, other) => compareEvaluationOrder(one.policy, other.policy))
      .map(({ order }) => order)
  }
}
