import { ItemAccesses } from './coverage.ts'
import { lintAddresses } from './lint-addresses.ts'
import { PoliciesBetween } from './lint-between.ts'
import { type RangerFinding, RangerFindings, quoted } from './lint-finding.ts'
import { lintItems } from './lint-items.ts'
import { lintResources } from './lint-resources.ts'
import { lintSchedules } from './lint-schedules.ts'
import type { ServicePolicies, ServiceRoles } from './model.ts'

/**
 * What policies are held against.
 *
 * Shape: `roles` null: they are not known, and nothing is said about them. `now` in milliseconds since the epoch.
 */
export interface RangerLintContext {
  readonly roles: ServiceRoles | null
  readonly now: number
}

/**
 * Finds what policies say but nobody meant, in the order of the download. Policies that are disabled are passed over.
 *
 * Shape: the policies have been read, so that what keeps a set from being taken is not found here. Errors: none.
 */
export function lintPolicies(
  { policies, serviceDef }: ServicePolicies,
  { roles, now }: RangerLintContext,
): RangerFinding[] {
  const names = roles === null ? null : new Set(roles.roles.map(({ name }) => name))
  const placed = policies
    .map((policy, index) => ({ policy, key: `policies[${index}]` }))
    .filter(({ policy }) => policy.isEnabled && policy.type === 0)
  const accesses = new ItemAccesses(serviceDef)
  const between = new PoliciesBetween(placed, serviceDef, accesses)
  const found = new RangerFindings()
  for (const one of placed) {
    const { serviceType, conditions } = one.policy
    if (serviceType !== '' && serviceType !== serviceDef.name) {
      const message = `it is for ${quoted(serviceType)}, the definition for ${quoted(serviceDef.name)}`
      found.add(one, 'other_service_type', 'serviceType', message)
    }
    lintResources(one, serviceDef, found)
    lintSchedules(one, now, found)
    lintAddresses(one, conditions, '', serviceDef, found)
    lintItems(one, serviceDef, accesses, names, found)
    between.lint(one, found)
  }
  return found.list
}
