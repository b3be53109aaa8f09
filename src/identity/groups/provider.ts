/**
 * Knows which groups a user is in.
 *
 * Shape: `groupsOf` answers group names without repetition, the primary one first where there is such a thing; the
 * empty list means no groups, which is also the answer for a user nobody knows.
 * Errors: it rejects with `UnavailableError` (`ERR_GROUPS_PROVIDER`) when it could not find out. That is never the
 * same as no groups: a blocked list that names a group would let everybody pass.
 * Source: org.apache.hadoop.security.GroupMappingServiceProvider.
 */
export interface GroupProvider {
  readonly name: string
  groupsOf(user: string): Promise<readonly string[]>
}

/**
 * Gives nobody any groups.
 *
 * Source: org.apache.hadoop.security.NullGroupsMapping.
 */
export const NO_GROUPS_PROVIDER: GroupProvider = {
  name: 'none',
  groupsOf: () => Promise.resolve([]),
}
