import { compileIpMatcher } from './ip-matcher.ts'
import type { ConditionDef } from './model.ts'

/** What conditions read of a request. `address` null: unknown. `at` in milliseconds since the epoch. */
export interface ConditionFacts {
  readonly address: string | null
  readonly at: number
}

/** A compiled condition. Without `readsAddress` the answer does not depend on the address. */
export interface Condition {
  readonly readsAddress: boolean
  holds(facts: ConditionFacts): boolean
}

/**
 * Compiles the values of a condition.
 *
 * Shape: `grants` is true where more is allowed when the condition holds (allow items and exceptions of denials), false
 * where less is. A value that Ranger takes for anything by mistake counts as it harms least.
 */
export type ConditionCompiler = (def: ConditionDef, values: readonly string[], grants: boolean) => Condition

/** The evaluators that are implemented, by the last segment of their class name. */
export const CONDITIONS: ReadonlyMap<string, ConditionCompiler> = new Map([
  ['RangerIpMatcher', compileIpMatcher],
])
