/**
 * What Ranger's policies say, read and checked: the shapes of Ranger's download with the names of this house. Fields that
 * no decision reads are left out.
 *
 * Source: org.apache.ranger.plugin.model.{RangerServiceDef,RangerPolicy,RangerValiditySchedule}, ServicePolicies (2.9).
 */

/** One kind of service: its resources, from the root to the leaves, its access types and its conditions. */
export interface ServiceDef {
  readonly id: number
  readonly name: string
  readonly resources: readonly ResourceDef[]
  readonly accessTypes: readonly AccessTypeDef[]
  /** Names for sets of access types, which only imply others: no request asks for them. */
  readonly markerAccessTypes: readonly AccessTypeDef[]
  readonly conditions: readonly ConditionDef[]
  /** Option `enableDenyAndExceptionsInPolicies`; false: the deny items and both lists of exceptions are not read. */
  readonly hasDenyAndExceptions: boolean
}

/** A resource, and how values for it are compared. `parent` is null for a root. */
export interface ResourceDef {
  readonly name: string
  readonly level: number
  readonly parent: string | null
  readonly matcher: 'default' | 'path'
  readonly options: MatcherOptions
  readonly isValidLeaf: boolean
}

/** Options of a matcher, with their defaults filled in. `separator` is one character, for paths alone. */
export interface MatcherOptions {
  readonly wildCard: boolean
  readonly ignoreCase: boolean
  readonly quotedCaseSensitive: boolean
  readonly quoteChars: string
  readonly replaceTokens: boolean
  readonly tokenStart: string
  readonly tokenEnd: string
  readonly tokenEscape: string
  readonly tokenPrefix: string
  readonly separator: string
}

/** An access type, and which others it grants too; one round only. */
export interface AccessTypeDef {
  readonly name: string
  readonly impliedGrants: readonly string[]
}

/** A kind of condition. `evaluator` is the last segment of the class name, such as `RangerIpMatcher`. */
export interface ConditionDef {
  readonly name: string
  readonly evaluator: string
  readonly options: ReadonlyMap<string, string>
}

/**
 * A policy.
 *
 * Shape: `type` 0 decides about access; those of other types (masks, row filters) only count as policies that are there.
 * `resourceSets` has `resources` first, then `additionalResources`: any one of them suffices; an empty set matches
 * nothing. `priority`: 0 normal, 1 override, more: higher still. `schedules` empty: always valid. `serviceType` empty
 * where it is not given.
 */
export interface RangerPolicy {
  readonly id: number
  readonly name: string
  readonly version: number | null
  readonly serviceType: string
  readonly type: number
  readonly isEnabled: boolean
  readonly isAuditEnabled: boolean
  readonly priority: number
  readonly resourceSets: readonly PolicyResources[]
  readonly conditions: readonly PolicyCondition[]
  readonly allow: readonly PolicyItem[]
  readonly allowExceptions: readonly PolicyItem[]
  readonly deny: readonly PolicyItem[]
  readonly denyExceptions: readonly PolicyItem[]
  readonly isDenyAllElse: boolean
  readonly schedules: readonly ValiditySchedule[]
}

/** What a policy is about, by the name of the resource. */
export type PolicyResources = ReadonlyMap<string, PolicyResource>

/** The values that a policy names for one resource. */
export interface PolicyResource {
  readonly values: readonly string[]
  readonly isExcludes: boolean
  readonly isRecursive: boolean
}

/** Who may, or may not, do what. Without users, groups and roles it concerns nobody. */
export interface PolicyItem {
  readonly accesses: readonly { readonly type: string; readonly isAllowed: boolean }[]
  readonly users: readonly string[]
  readonly groups: readonly string[]
  readonly roles: readonly string[]
  readonly conditions: readonly PolicyCondition[]
  readonly delegateAdmin: boolean
}

/** A condition; its values are alternatives, as its evaluator reads them. */
export interface PolicyCondition {
  readonly type: string
  readonly values: readonly string[]
}

/**
 * When a policy counts.
 *
 * Shape: `start` and `end` are wall clock, `yyyy/MM/dd HH:mm:ss`, inclusive, null: open; `timeZone` is an IANA name or an
 * offset as Java reads them, `GMT` by default. `recurrences` empty: the whole time between.
 */
export interface ValiditySchedule {
  readonly start: string | null
  readonly end: string | null
  readonly timeZone: string
  readonly recurrences: readonly Recurrence[]
}

/** A repeated interval, from each minute that the fields fit. Of no length: always. */
export interface Recurrence {
  readonly fields: {
    readonly minute: string
    readonly hour: string
    readonly dayOfMonth: string
    readonly dayOfWeek: string
    readonly month: string
    readonly year: string
  }
  readonly interval: { readonly days: number; readonly hours: number; readonly minutes: number }
}

/** The policies of one service as they were downloaded. `version` -1: unknown; `serviceDef`: the one they were read by. */
export interface ServicePolicies {
  readonly serviceName: string
  readonly version: number
  readonly policies: readonly RangerPolicy[]
  readonly serviceDef: ServiceDef
  readonly auditMode: AuditMode
  readonly serviceConfig: ReadonlyMap<string, string>
}

/** What is audited where no filter says otherwise. */
export type AuditMode = 'audit-default' | 'audit-all' | 'audit-none'

/** A role: its members, and the roles whose members have it too. */
export interface RangerRole {
  readonly name: string
  readonly users: readonly string[]
  readonly groups: readonly string[]
  readonly roles: readonly string[]
}

/** The roles of one service as they were downloaded. `version` -1: unknown. */
export interface ServiceRoles {
  readonly serviceName: string
  readonly version: number
  readonly roles: readonly RangerRole[]
}
