import { DECISION_REASONS } from './decision-reasons.ts'
import { FAILURE_REASONS } from './failure-reasons.ts'
import { MESSAGE_REASONS } from './message-reasons.ts'
import { TARGET_REASONS } from './target-reasons.ts'

type Registered = typeof DECISION_REASONS &
  typeof MESSAGE_REASONS &
  typeof TARGET_REASONS &
  typeof FAILURE_REASONS

/**
 * Every word that says why a request was answered as it was: the value of `X-Keddah-Reason`, and the same in audit
 * lines, log and metrics. The words are stable.
 *
 * Shape: `status` is the one of the refusal, null for what refuses nothing; the order is the one in which they are
 * documented. A new reason is a line in one of the four tables; `docs/errors.md` mirrors them.
 */
export const REASONS: Registered = {
  ...DECISION_REASONS,
  ...MESSAGE_REASONS,
  ...TARGET_REASONS,
  ...FAILURE_REASONS,
}

/** A word of the registry. */
export type Reason = keyof Registered

/** Those of decisions. */
export type DecisionReason = keyof typeof DECISION_REASONS

/** Those of a `ProtocolError`: the caller's bytes cannot be taken as they are. */
export type ProtocolReason = keyof typeof MESSAGE_REASONS | keyof typeof TARGET_REASONS

/** The status that a refusal for this reason has. What refuses nothing, and is to refuse all the same, is a defect. */
export const statusOf = (reason: Reason): number => REASONS[reason].status ?? 500
