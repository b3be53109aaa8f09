import type { DecisionReason } from '../errors/reasons.ts'
import type { Origin, Subject } from '../hadoop/subject.ts'

/** In the place of a policy key: a route that no key guards, such as a health probe. */
export const EXEMPT = 'exempt'

/** The key that is asked about a route; null where no route is known. */
export const keyOf = (route: { readonly service: string | null } | null): string | null =>
  route === null ? null : (route.service ?? EXEMPT)

/**
 * May this subject, from there, use that service?
 *
 * Shape: `service` is a policy key, `EXEMPT`, or null for a path or protocol that no key is known for. `subject` null:
 * nobody authenticated, which only an exempt route lets pass.
 */
export interface AuthorizationRequest {
  readonly service: string | null
  readonly subject: Subject | null
  readonly origin: Origin
}

/** Why it was decided so. The words are stable: audit lines, metrics, headers and `explain` have them. */
export type Reason = DecisionReason

/**
 * The answer: effect, reason, rule and revision. A denial is a value, not an error.
 *
 * Shape: `message` is in Hadoop's own words where it has some. `rule` is the rule that decided, as `key = text`, with
 * the place it was read from; null where no rule did, and file and line also where it is built in. `key` is that of the
 * rule, such as the key of the default; which one was asked about stands in the request.
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
}
