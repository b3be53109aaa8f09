/** Users, groups and roles that the configuration of a service names, such as its super users. */
export class NamedPrincipals {
  readonly #users: ReadonlySet<string>
  readonly #groups: ReadonlySet<string>
  readonly #roles: ReadonlySet<string>

  /** Reads `<prefix>.users`, `.groups` and `.roles`, lists with commas. */
  constructor(config: ReadonlyMap<string, string>, prefix: string) {
    const names = (kind: string): ReadonlySet<string> => {
      const parts = (config.get(`${prefix}.${kind}`) ?? '').split(',').map((name) => name.trim())
      return new Set(parts.filter((name) => name !== ''))
    }
    this.#users = names('users')
    this.#groups = names('groups')
    this.#roles = names('roles')
  }

  get readsGroups(): boolean {
    return this.#groups.size > 0 || this.#roles.size > 0
  }

  /** Reports whether a user is named, or a group or a role of his. */
  has(user: string, groups: readonly string[], roles: () => ReadonlySet<string>): boolean {
    if (this.#users.has(user)) return true
    if (this.#groups.size > 0 && groups.some((group) => this.#groups.has(group))) return true
    return this.#roles.size > 0 && !this.#roles.isDisjointFrom(roles())
  }
}
