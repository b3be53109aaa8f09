import type { Decision } from './request.ts'

let make: (decision: Decision) => Permit

/**
 * The proof that the policy was asked. Forwarding takes one, and only `admit` gives it out: a door that forgets to ask
 * does not compile.
 */
export class Permit {
  /** What was decided; a refusal where the service only observes. */
  readonly decision: Decision
  // A private member makes the type nominal: no object literal is a permit.
  readonly #isIssued = true

  private constructor(decision: Decision) {
    this.decision = decision
  }

  static {
    make = (decision) => new Permit(decision)
  }

  /** Whether this is a permit that was issued, not something cast to one. */
  static isIssued(permit: Permit): boolean {
    return #isIssued in permit && permit.#isIssued
  }
}

/** For the decision room alone; a test watches over it. */
export const issuePermit = (decision: Decision): Permit => make(decision)
