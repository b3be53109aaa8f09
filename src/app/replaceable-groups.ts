import type { GroupService, GroupStats } from '../identity/group-service.ts'

/**
 * A group service that can be replaced under those who hold it. An answer that was begun before a replacement is not
 * given out after it: the new one is asked instead.
 */
export class ReplaceableGroups implements GroupService {
  #current: GroupService

  constructor(first: GroupService) {
    this.#current = first
  }

  replace(next: GroupService): void {
    this.#current = next
  }

  groupsOf(user: string): ReturnType<GroupService['groupsOf']> {
    const asked = this.#current
    const answer = asked.groupsOf(user)
    if (!(answer instanceof Promise)) return answer
    return answer.then((groups) => (asked === this.#current ? groups : this.groupsOf(user)))
  }

  stats(): GroupStats {
    return this.#current.stats()
  }
}
