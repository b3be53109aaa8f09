/**
 * May this user do that with this resource?
 *
 * Shape: `resource` by the names of the definition, such as `path`; a value that is a list fits where any of its values
 * fits. `owner` null: unknown. `roles` null: they are computed from the roles of the service. `accessTypes`: one type, or
 * a combination, all of which are needed; `execute` in a combination only has to be not denied. `address` null: unknown.
 * `at` in milliseconds since the epoch. `action` is the name of the operation, for audit and its filters.
 */
export interface ResourceRequest {
  readonly resource: ReadonlyMap<string, string | readonly string[]>
  readonly owner: string | null
  readonly user: string
  readonly groups: readonly string[]
  readonly roles: readonly string[] | null
  readonly accessTypes: readonly string[]
  readonly address: string | null
  readonly at: number
  readonly action: string
}

/**
 * What the policies say.
 *
 * Shape: `isDetermined` false: no policy has an opinion, and `isAllowed` is false. `policyId` null: no policy decided, or a
 * super user asked. `auditPolicyId` is the policy because of which it is audited, null: none. `until` is the last moment,
 * in milliseconds since the epoch, at which the same request has the same answer; `Infinity` where time plays no part.
 */
export interface ResourceResult {
  readonly isDetermined: boolean
  readonly isAllowed: boolean
  readonly policyId: number | null
  readonly policyName: string | null
  readonly policyVersion: number | null
  readonly priority: number
  /** In Ranger's words where it has some, such as `matched deny-all-else policy`; empty where it says nothing. */
  readonly reason: string
  readonly isAudited: boolean
  readonly auditPolicyId: number | null
  readonly until: number
}
