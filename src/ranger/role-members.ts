import { PUBLIC_GROUP } from './compiled-item.ts'
import type { RangerRole } from './model.ts'

const NOBODY: ReadonlySet<string> = new Set()

/**
 * Who has which role, computed once: a role is had by its members, and by those of the roles in it, at any depth.
 *
 * Source: org.apache.ranger.plugin.util.RangerRolesUtil, org.apache.ranger.plugin.service.RangerAuthContext (2.9).
 */
export class RoleMembers {
  readonly #ofUser = new Map<string, string[]>()
  readonly #ofGroup = new Map<string, string[]>()
  /** By a role: the roles that it is a member of. */
  readonly #parents = new Map<string, string[]>()
  readonly #withParents = new Map<string, ReadonlySet<string>>()
  readonly isEmpty: boolean

  constructor(roles: readonly RangerRole[]) {
    this.isEmpty = roles.length === 0
    for (const role of roles) {
      for (const user of role.users) add(this.#ofUser, user, role.name)
      for (const group of role.groups) add(this.#ofGroup, group, role.name)
      for (const member of role.roles) add(this.#parents, member, role.name)
    }
  }

  /** The roles of a user, through any group and any role in between. */
  rolesOf(user: string, groups: readonly string[]): ReadonlySet<string> {
    if (this.isEmpty) return NOBODY
    const all = new Set<string>()
    const take = (roles: readonly string[] | undefined): void => {
      for (const role of roles ?? []) for (const one of this.#upwards(role)) all.add(one)
    }
    take(this.#ofUser.get(user))
    take(this.#ofGroup.get(PUBLIC_GROUP))
    for (const group of groups) take(this.#ofGroup.get(group))
    return all
  }

  /** A role and all roles that it is in, directly or not; circles end where they began. */
  #upwards(role: string): ReadonlySet<string> {
    const known = this.#withParents.get(role)
    if (known !== undefined) return known
    const all = new Set([role])
    for (const one of all) for (const parent of this.#parents.get(one) ?? []) all.add(parent)
    this.#withParents.set(role, all)
    return all
  }
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}
