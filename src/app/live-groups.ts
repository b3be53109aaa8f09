import type { Scope } from '../config/refresher.ts'
import { createGroupService, type GroupService } from '../identity/group-service.ts'
import type { GroupMapping } from '../identity/groups/settings.ts'
import { OnceASecond } from '../telemetry/once-a-second.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { ReplaceableGroups } from './replaceable-groups.ts'
import type { ServingState } from './state.ts'

/** The groups of users by the state in force, with a cache that lives as long as what it was filled by. */
export class LiveGroups {
  readonly service: ReplaceableGroups
  readonly #telemetry: Pick<Telemetry, 'metrics' | 'log'>

  constructor({ prepared }: Pick<ServingState, 'prepared'>, telemetry: Pick<Telemetry, 'metrics' | 'log'>) {
    this.#telemetry = telemetry
    this.service = new ReplaceableGroups(this.#make(prepared.groups))
    telemetry.metrics.watchGroups(() => this.service.stats().users)
  }

  /** Follows a refresh. Nobody is asked again who need not be: what else was loaded leaves the cache as it is. */
  follow(
    state: Pick<ServingState, 'prepared'>,
    previous: Pick<ServingState, 'prepared'>,
    scope: Scope,
  ): void {
    if (scope === 'user-mappings' || state.prepared.groupsPrint !== previous.prepared.groupsPrint)
      this.renew(state)
  }

  /** Forgets what is known and asks anew. */
  renew({ prepared }: Pick<ServingState, 'prepared'>): void {
    this.service.replace(this.#make(prepared.groups))
  }

  #make(mapping: GroupMapping): GroupService {
    const { log, metrics } = this.#telemetry
    const [slow, failed] = [new OnceASecond(), new OnceASecond()]
    return createGroupService({
      ...mapping,
      observer: {
        groupsLooked: (result) => metrics.groupsLooked(result),
        slow: (user, tookMs) =>
          slow.tell((notLogged) => log.warn({ user, tookMs, notLogged }, 'a look-up of groups was slow')),
        failed: (user, err) =>
          failed.tell((notLogged) => log.error({ user, err, notLogged }, 'a look-up of groups failed')),
      },
    })
  }
}
