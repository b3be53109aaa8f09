import { entriesIn, javaTrim } from './java-text.ts'
import { NameTable } from './name-table.ts'
import type { Subject } from './subject.ts'

const WILDCARD = '*'
const NOBODY = NameTable.of(() => [])

/** An access control list on its way to another thread. */
export interface PackedAcl {
  readonly allAllowed: boolean
  readonly users: SharedArrayBuffer
  readonly groups: SharedArrayBuffer
}

/**
 * Users and groups that may use a service, or everybody.
 *
 * Source: org.apache.hadoop.security.authorize.AccessControlList (3.4).
 */
export class AccessControlList {
  /** True for `*`; `users` and `groups` are empty then. */
  readonly allAllowed: boolean
  /** Short names in the order written, once each; `~name` admits whoever `name` impersonates. */
  readonly users: NameTable
  /** Group names in the order written, once each; netgroups keep their `@`. */
  readonly groups: NameTable

  private constructor(allAllowed: boolean, users: NameTable, groups: NameTable) {
    this.allAllowed = allAllowed
    this.users = users
    this.groups = groups
  }

  /**
   * Reads `users groups`, each separated by commas, cut at the first U+0020.
   *
   * Shape: nothing is trimmed before the cut, so ` staff` is a group, and `alice, bob` is the user `alice` and the
   * group `bob`. `*` counts only as a whole part. A blank text admits nobody. Every text is readable.
   */
  static parse(text: string): AccessControlList {
    const blank = text.indexOf(' ')
    return blank < 0
      ? AccessControlList.ofLists(text, null)
      : AccessControlList.ofLists(text.slice(0, blank), text.slice(blank + 1))
  }

  /** Reads users and groups from two texts, as the proxy-user keys have them; null means none. */
  static ofLists(users: string | null, groups: string | null): AccessControlList {
    const isWild = [users, groups].some((part) => part !== null && javaTrim(part) === WILDCARD)
    return isWild
      ? new AccessControlList(true, NOBODY, NOBODY)
      : new AccessControlList(false, namesIn(users), namesIn(groups))
  }

  /** The list that `pack` has taken apart, in this thread or in another one. */
  static unpack({ allAllowed, users, groups }: PackedAcl): AccessControlList {
    return new AccessControlList(allAllowed, new NameTable(users), new NameTable(groups))
  }

  /** What another thread needs to have the same list; no name is copied. */
  pack(): PackedAcl {
    return { allAllowed: this.allAllowed, users: this.users.buffer, groups: this.groups.buffer }
  }

  /**
   * Reports whether the subject is on the list, by short name, by a group, or through its real user's `~` entry.
   *
   * Shape: exact and case-sensitive. Groups whose look-up failed count as none, as in Hadoop; whoever asks about a
   * blocked list has to refuse before (D-4). The real user's own name and groups are never looked at.
   */
  allows(subject: Subject): boolean {
    if (this.allAllowed || this.users.has(subject.user)) return true
    if (this.groups.size > 0 && subject.groups?.some((group) => this.groups.has(group))) return true
    return subject.realUser !== null && this.users.has(`~${subject.realUser.user}`)
  }

  /** The text that parses to the same list: `*`, or users and groups joined by commas around one blank. */
  toAclString(): string {
    return this.allAllowed ? WILDCARD : `${[...this.users].join(',')} ${[...this.groups].join(',')}`
  }

  /** The list in words, as Hadoop logs it: `Users [a, b] and members of the groups [g] are allowed`. */
  describe(): string {
    if (this.allAllowed) return 'All users are allowed'
    const users = `[${[...this.users].join(', ')}]`
    const groups = `[${[...this.groups].join(', ')}]`
    if (this.groups.size === 0)
      return this.users.size === 0 ? 'No users are allowed' : `Users ${users} are allowed`
    if (this.users.size === 0) return `Members of the groups ${groups} are allowed`
    return `Users ${users} and members of the groups ${groups} are allowed`
  }
}

const namesIn = (text: string | null): NameTable => NameTable.of(() => entriesIn(text))
