import { allHold } from './compiled-item.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import type { ConditionFacts } from './conditions.ts'
import { type Candidates, MergedPlaces } from './policy-index.ts'
import type { MatchType, RequestedResource } from './policy-resources.ts'
import type { Tokens } from './tokens.ts'

/** What is looked at to tell whether a policy has a say. */
export interface MatchQuestion {
  readonly resource: RequestedResource
  readonly tokens: Tokens
  readonly facts: ConditionFacts
  /** Whether policies about what lies below the resource count too. */
  readonly isBelowToo: boolean
}

/** A policy that has a say, and how its resource matches. */
export interface MatchingPolicy {
  readonly policy: CompiledPolicy
  readonly matchType: MatchType
}

/** A policy whose resource matches, and why it has no say all the same. */
export interface LeftOut {
  readonly policy: CompiledPolicy
  readonly why: string
}

/**
 * The policies that have a say about a request, in their order of evaluation, looked for as far as somebody asks.
 */
export class MatchingPolicies {
  readonly #policies: readonly CompiledPolicy[]
  readonly #places: MergedPlaces
  readonly #question: MatchQuestion
  readonly #found: MatchingPolicy[] = []
  readonly leftOut: LeftOut[] = []
  /** The last moment at which all that was looked at so far is what it is. */
  until: number = Infinity
  /** Whether they are all there are, and not only those that concern who asks. */
  readonly isForAll: boolean
  #isAtEnd = false

  constructor(policies: readonly CompiledPolicy[], candidates: Candidates, question: MatchQuestion) {
    this.#policies = policies
    this.#places = new MergedPlaces(candidates.lists)
    this.isForAll = candidates.isForAll
    this.#question = question
  }

  /** The policy at a position, from 0; null behind the last one. */
  at(position: number): MatchingPolicy | null {
    while (position >= this.#found.length && !this.#isAtEnd) this.#lookFurther()
    return this.#found[position] ?? null
  }

  #lookFurther(): void {
    const policy = this.#policies[this.#places.next()]
    if (policy === undefined) {
      this.#isAtEnd = true
      return
    }
    const { resource, tokens, facts, isBelowToo } = this.#question
    const matchType = policy.resources.matchType(resource, tokens)
    if (matchType === 'none' || matchType === 'ancestor') return
    if (matchType === 'descendant' && !isBelowToo) return
    if (policy.schedules !== null) {
      this.until = Math.min(this.until, policy.schedules.until(facts.at))
      if (!policy.schedules.isValid(facts.at)) {
        this.leftOut.push({ policy, why: 'it is not valid at this time' })
        return
      }
    }
    if (!allHold(policy.refusing, facts))
      this.leftOut.push({ policy, why: 'a condition of it does not hold' })
    else this.#found.push({ policy, matchType })
  }
}
