import type { Component } from '../policy/components.ts'
import { type Decider, deciderOf, type Permissions } from '../policy/permissions.ts'

/**
 * The policies of Ranger that are in force for a component.
 *
 * Shape: `version` null: none have come; -1: it is not known. `policies` is how many there are. `loadedAt` and
 * `ageSeconds` null: not known. `decider` is what decides about the component.
 */
export interface ResourcePoliciesReport {
  readonly component: Component
  readonly decider: Decider
  readonly serviceName: string
  readonly source: string
  readonly version: number | null
  readonly policies: number
  readonly loadedAt: string | null
  readonly ageSeconds: number | null
}

/** Shows the policies of every component that Ranger decides about; `loadedAt` in milliseconds since the epoch. */
export function reportResourcePolicies(
  permissions: Permissions | null,
  loadedAt: ReadonlyMap<Component, number | null>,
): ResourcePoliciesReport[] {
  if (permissions === null) return []
  return [...permissions.components.values()].flatMap((rules) => {
    const { component, ranger } = rules
    if (ranger === null) return []
    const time = ranger.engine === null ? null : (loadedAt.get(component) ?? null)
    return [
      {
        component,
        decider: deciderOf(permissions, rules),
        serviceName: ranger.serviceName,
        source: ranger.source,
        version: ranger.engine?.version ?? null,
        policies: ranger.engine?.policyCount ?? 0,
        loadedAt: time === null ? null : new Date(time).toISOString(),
        ageSeconds: time === null ? null : Math.max(0, (Date.now() - time) / 1_000),
      },
    ]
  })
}
