import type { DecisionReason } from '../errors/reasons.ts'
import type { Origin, Subject } from '../hadoop/subject.ts'
import type { Component } from '../policy/components.ts'
import type { ResourceAsks } from '../ranger/ask.ts'

/** In the place of a policy key: a route that no key guards, such as a health probe. */
export const EXEMPT = 'exempt'

/** The key that is asked about a route; null where no route is known. */
export const keyOf = (route: { readonly service: string | null } | null): string | null =>
  route === null ? null : (route.service ?? EXEMPT)

/**
 * May this subject, from there, use that service, and do that with its resources?
 *
 * Shape: `service` is a policy key, `EXEMPT`, or null for a path or protocol that no key is known for. `subject` null:
 * nobody authenticated, which only an exempt route lets pass. `access` null or left out: no component stands behind it.
 */
export interface AuthorizationRequest {
  readonly service: string | null
  readonly subject: Subject | null
  readonly origin: Origin
  readonly access?: ResourceAccess | null
}

/**
 * What a request does to the resources of a component, and when.
 *
 * Shape: `resources` null: the route concerns none. `at` in milliseconds since the epoch.
 */
export interface ResourceAccess {
  readonly component: Component
  readonly resources: ResourceAsks | null
  readonly at: number
}

/** Why it was decided so. The words are stable: audit lines, metrics, headers and `explain` have them. */
export type Reason = DecisionReason

/**
 * The answer: effect, reason, rule and revision. A denial is a value, not an error.
 *
 * Shape: `message` is in Hadoop's own words where it has some. `rule` is the rule that decided, as `key = text`, with
 * the place it was read from; null where no rule did, and file and line also where it is built in. `key` is that of the
 * rule, such as the key of the default; which one was asked about stands in the request. `resource` is what permission
 * verification said, null where no resource was asked about.
 */
export interface Decision {
  readonly effect: 'allow' | 'deny'
  readonly reason: Reason
  readonly message: string
  readonly rule: string | null
  readonly key: string | null
  readonly file: string | null
  readonly line: number | null
  /** The policy that decided. */
  readonly revision: string
  readonly resource: DecidedResource | null
}

/**
 * What permission verification said about the resource that made the difference, in the fields of Ranger's audit.
 *
 * Shape: of several things that were asked, the first that was denied, else the last that the component itself has to
 * decide, else the last. `enforcer` is who decided; `native`: nobody here, so that the component does. `policyId` null: no
 * policy did. `reason` is in the words of the enforcer, possibly empty. `revision` is that of the permissions.
 * `isTraverse`: only the way through a folder was asked for, which is worth a line in Ranger's audit where it is denied.
 */
export interface DecidedResource {
  readonly component: Component
  readonly enforcer: 'ranger-acl' | 'role' | 'native'
  readonly resource: string
  /** The name of the deepest resource, such as `path`; empty where none is known. */
  readonly resourceType: string
  readonly accessTypes: readonly string[]
  readonly action: string
  readonly policyId: number | null
  readonly policyName: string | null
  readonly policyVersion: number | null
  readonly priority: number
  readonly reason: string
  readonly isAudited: boolean
  readonly isTraverse: boolean
  readonly auditPolicyId: number | null
  readonly revision: string
}
