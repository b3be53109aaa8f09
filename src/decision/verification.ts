import type { Origin, Subject } from '../hadoop/subject.ts'
import type { ComponentRules, Permissions } from '../policy/permissions.ts'
import { type AuthorizationRequest, EXEMPT, type ResourceAccess } from './request.ts'

/**
 * A request whose permission is verified, with all that this reads.
 *
 * Shape: `by` is what decides: Ranger (`resources`), the role model (`role`), or nothing at all (`mode`). `rules` null:
 * the component has none.
 */
export interface Verification {
  readonly by: 'mode' | 'role' | 'resources'
  readonly permissions: Permissions
  readonly rules: ComponentRules | null
  readonly access: ResourceAccess
  readonly subject: Subject
  readonly origin: Origin
}

/** Who decides about the resources of a request. Null: nobody is asked. */
export function verificationOf(
  permissions: Permissions | null,
  { service, subject, origin, access = null }: AuthorizationRequest,
): Verification | null {
  if (permissions === null || access === null || subject === null || service === EXEMPT) return null
  const rules = permissions.components.get(access.component) ?? null
  if (rules !== null && rules.ranger === null && !rules.isRequired) return null
  return { by: verifierOf(permissions, rules), permissions, rules, access, subject, origin }
}

/** Whether it takes what a request does to know whether it may: not where nobody asks, nor where everything is refused. */
export function asksResources(permissions: Permissions | null, request: AuthorizationRequest): boolean {
  const verification = verificationOf(permissions, request)
  return verification !== null && verification.by !== 'mode'
}

function verifierOf({ roles }: Permissions, rules: ComponentRules | null): Verification['by'] {
  if (rules === null) return 'mode'
  if (rules.ranger !== null) return 'resources'
  return roles.isEmpty ? 'mode' : 'role'
}
