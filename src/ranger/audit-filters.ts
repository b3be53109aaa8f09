import { CURRENT_USER, PUBLIC_GROUP, RESOURCE_OWNER } from './compiled-item.ts'
import type { JsonReading } from './json-reading.ts'
import { strictJson } from './lenient-json.ts'
import type { PolicyResource, ServiceDef } from './model.ts'
import { compilePolicyResources, isAboutIt, type ResourceMatcher } from './policy-resources.ts'
import type { ResourceRequest, ResourceResult } from './request.ts'

/** The setting of a service that holds its audit filters. */
const AUDIT_FILTERS = 'ranger.plugin.audit.filters'

const RESULTS = ['DENIED', 'ALLOWED', 'NOT_DETERMINED'] as const
type AccessResult = (typeof RESULTS)[number]

/** Says whether some decisions are audited, whatever the policies say. Empty lists fit anything. */
interface AuditFilter {
  readonly isAudited: boolean
  readonly accessResult: AccessResult | null
  readonly resources: ResourceMatcher | null
  readonly users: readonly string[]
  readonly groups: readonly string[]
  readonly roles: readonly string[]
  readonly actions: readonly string[]
  readonly accessTypes: readonly string[]
}

/** The outcome of a decision, as the filters see it. */
export interface Outcome {
  readonly request: ResourceRequest
  readonly result: Pick<ResourceResult, 'isDetermined' | 'isAllowed'>
  readonly roles: () => ReadonlySet<string>
  readonly tokens: ReadonlyMap<string, string>
}

/**
 * The audit filters of a service.
 *
 * Source: org.apache.ranger.plugin.policyevaluator.RangerAuditPolicyEvaluator (2.9).
 */
export class AuditFilters {
  readonly #filters: readonly AuditFilter[]

  private constructor(filters: readonly AuditFilter[]) {
    this.#filters = filters
  }

  /** Whether any filter looks at groups or roles. */
  get readsGroups(): boolean {
    return this.#filters.some(({ groups, roles }) => groups.length > 0 || roles.length > 0)
  }

  /**
   * Compiles the filters that the configuration of a service holds.
   *
   * Shape: a filter that does not say whether to audit never decides and is left out. What cannot be read is noted, and
   * there are no filters then.
   */
  static compile(config: ReadonlyMap<string, string>, def: ServiceDef, reading: JsonReading): AuditFilters {
    const text = config.get(AUDIT_FILTERS)?.trim() ?? ''
    if (text === '') return new AuditFilters([])
    const key = `serviceConfig.${AUDIT_FILTERS}`
    const filters: AuditFilter[] = []
    for (const [members, path] of reading.objects(parsed(reading, text, key), key)) {
      if (members['isAudited'] === undefined || members['isAudited'] === null) continue
      const result = reading.text(members['accessResult'], `${path}.accessResult`, null)
      const accessResult = RESULTS.find((name) => name === result) ?? null
      if (result !== null && accessResult === null) {
        reading.wrong(
          `${path}.accessResult`,
          'ranger_audit_filter',
          `\`${result}\` is no result`,
          RESULTS.join(', '),
        )
      }
      const texts = (name: string): string[] => reading.texts(members[name], `${path}.${name}`)
      filters.push({
        isAudited: reading.flag(members['isAudited'], `${path}.isAudited`, true),
        accessResult,
        resources: readResources(reading, members['resources'], `${path}.resources`, def),
        users: texts('users'),
        groups: texts('groups'),
        roles: texts('roles'),
        actions: texts('actions'),
        accessTypes: texts('accessTypes'),
      })
    }
    return new AuditFilters(filters)
  }

  /** Whether the first filter that fits has the decision audited; null: none fits. */
  isAudited(outcome: Outcome): boolean | null {
    const filter = this.#filters.find((one) => fits(one, outcome))
    return filter?.isAudited ?? null
  }
}

function fits(filter: AuditFilter, outcome: Outcome): boolean {
  return (
    (filter.accessResult === null || filter.accessResult === resultOf(outcome)) &&
    fitsAction(filter, outcome.request) &&
    fitsAsker(filter, outcome) &&
    (filter.resources === null ||
      isAboutIt(filter.resources.matchType(outcome.request.resource, outcome.tokens)))
  )
}

function fitsAction({ actions, accessTypes }: AuditFilter, request: ResourceRequest): boolean {
  if (actions.length === 0 && accessTypes.length === 0) return true
  return actions.includes(request.action) || request.accessTypes.some((type) => accessTypes.includes(type))
}

function fitsAsker({ users, groups, roles }: AuditFilter, outcome: Outcome): boolean {
  const { user, groups: own, owner } = outcome.request
  if (users.length === 0 && groups.length === 0 && roles.length === 0) return true
  if (groups.includes(PUBLIC_GROUP) || users.includes(CURRENT_USER) || users.includes(user)) return true
  if (users.includes(RESOURCE_OWNER) && owner === user) return true
  if (own.some((group) => groups.includes(group))) return true
  return roles.some((role) => outcome.roles().has(role))
}

const resultOf = ({ result }: Outcome): AccessResult =>
  !result.isDetermined ? 'NOT_DETERMINED' : result.isAllowed ? 'ALLOWED' : 'DENIED'

function parsed(reading: JsonReading, text: string, key: string): unknown {
  try {
    return JSON.parse(strictJson(text))
  } catch {
    reading.wrong(key, 'ranger_audit_filter', 'the audit filters are no JSON list')
    return null
  }
}

function readResources(
  reading: JsonReading,
  value: unknown,
  key: string,
  def: ServiceDef,
): ResourceMatcher | null {
  const resources = new Map<string, PolicyResource>()
  for (const [name, member] of Object.entries(reading.object(value, key) ?? {})) {
    const resource = reading.object(member, `${key}.${name}`) ?? {}
    resources.set(name, {
      values: reading.texts(resource['values'], `${key}.${name}.values`),
      isExcludes: reading.flag(resource['isExcludes'], `${key}.${name}.isExcludes`, false),
      isRecursive: reading.flag(resource['isRecursive'], `${key}.${name}.isRecursive`, false),
    })
  }
  return resources.size === 0 ? null : compilePolicyResources(def, [resources])
}
