import { deciderOf, type Permissions } from '../policy/permissions.ts'
import type { VerifiedComponent } from '../telemetry/permission-metrics.ts'

/** How each component is verified, as the metrics show it. */
export function verifiedComponents(permissions: Permissions | null): VerifiedComponent[] {
  if (permissions === null) return []
  return [...permissions.components.values()].map((rules) => ({
    ...rules,
    decider: deciderOf(permissions, rules),
  }))
}
