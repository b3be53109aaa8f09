import { RANGER_LINT_CODES, type RangerLintCode } from './lint-codes.ts'
import type { PolicyItem, RangerPolicy } from './model.ts'

/**
 * One thing that is odd about a policy.
 *
 * Shape: `key` is the path in the download, such as `policies[3].policyItems[0]`.
 */
export interface RangerFinding {
  readonly policyId: number
  readonly policyName: string
  readonly key: string
  readonly severity: 'error' | 'warning'
  readonly code: RangerLintCode
  readonly message: string
  readonly understood: string
  readonly hint: string
}

/** A policy, and where it stands in the download. */
export interface PlacedPolicy {
  readonly policy: RangerPolicy
  readonly key: string
}

/** As many items of a list, and policies of a kind, are held against each other; nobody reads more than these. */
export const MOST_COMPARED = 100

/** The lists of items of a policy, by their names in Ranger. */
export const ITEM_LISTS = [
  ['policyItems', 'allow'],
  ['allowExceptions', 'allowExceptions'],
  ['denyPolicyItems', 'deny'],
  ['denyExceptions', 'denyExceptions'],
] as const

/** An item, and where it stands in the download. */
export interface PlacedItem {
  readonly item: PolicyItem
  readonly list: (typeof ITEM_LISTS)[number][1]
  /** Such as `policyItems[0]`. */
  readonly place: string
}

/** All items of a policy. */
export const itemsOf = (policy: RangerPolicy): PlacedItem[] =>
  ITEM_LISTS.flatMap(([name, list]) =>
    policy[list].map((item, index) => ({ item, list, place: `${name}[${index}]` })),
  )

/** Collects what is found about one policy after the other. */
export class RangerFindings {
  readonly list: RangerFinding[] = []

  /** Notes a finding at a place of a policy; what is left out is said as the code has it. */
  add(
    { policy, key }: PlacedPolicy,
    code: RangerLintCode,
    place: string,
    message: string,
    more: Partial<Pick<RangerFinding, 'severity' | 'understood' | 'hint'>> = {},
  ): void {
    const { severity, understood, hint } = RANGER_LINT_CODES[code]
    this.list.push({
      policyId: policy.id,
      policyName: policy.name,
      key: place === '' ? key : `${key}.${place}`,
      severity: severity === 'warning' ? 'warning' : 'error',
      code,
      message: `policy ${policy.id} ${quoted(policy.name)}: ${message}`,
      understood,
      hint,
      ...more,
    })
  }
}

const MOST_SHOWN = 100

/** A text of a policy in a message: on one line, and not endless. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)
