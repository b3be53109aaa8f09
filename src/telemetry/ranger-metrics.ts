import type { CellRegistry } from './cell-registry.ts'
import { type Children, counterOf, gaugeOf, type NumberCell } from './families.ts'
import { RANGER_METRICS } from './ranger-declarations.ts'

/**
 * The policies of one component as they are had.
 *
 * Shape: `version` and `rolesVersion` null: there are none, or their version is unknown. `loadedAt` in milliseconds since
 * the epoch, null: never. `isFailing`: the last download has failed.
 */
export interface PresentRanger {
  readonly component: string
  readonly version: number | null
  readonly rolesVersion: number | null
  readonly policyCount: number
  readonly origin: (typeof ORIGINS)[number]
  readonly loadedAt: number | null
  readonly isFailing: boolean
}

const ORIGINS = ['admin', 'cache', 'file', 'none'] as const

/** The numbers of where Ranger's policies come from. States are read when somebody scrapes. */
export class RangerMetrics {
  readonly #failures: Children<NumberCell>
  readonly #emptied: Children<NumberCell>
  #read: () => Iterable<PresentRanger> = () => []

  /** Units: `now` gives milliseconds since the epoch. */
  constructor(register: CellRegistry, now: () => number) {
    this.#failures = counterOf(register, RANGER_METRICS.rangerFailures)
    this.#emptied = counterOf(register, RANGER_METRICS.rangerEmptied)
    const shown = (
      declaration: Parameters<typeof gaugeOf>[1],
      valueOf: (one: PresentRanger) => number | null,
    ): void => {
      gaugeOf(register, declaration, (children) => {
        children.clear()
        for (const one of this.#read()) {
          const value = valueOf(one)
          if (value !== null) children.child(one.component).value = value
        }
      })
    }
    shown(RANGER_METRICS.rangerPolicyVersion, ({ version }) => version)
    shown(RANGER_METRICS.rangerRolesVersion, ({ rolesVersion }) => rolesVersion)
    shown(RANGER_METRICS.rangerPolicies, ({ policyCount }) => policyCount)
    // A clock that was set back makes nothing younger than new.
    shown(RANGER_METRICS.rangerPolicyAge, ({ loadedAt }) =>
      loadedAt === null ? null : Math.max(0, now() - loadedAt) / 1_000,
    )
    shown(RANGER_METRICS.rangerDownloadFailing, ({ isFailing }) => (isFailing ? 1 : 0))
    gaugeOf(register, RANGER_METRICS.rangerPolicySource, (children) => {
      children.clear()
      for (const { component, origin } of this.#read())
        for (const one of ORIGINS) children.child(component, one).value = one === origin ? 1 : 0
    })
  }

  /** Tells where the policies that are had are read at a scrape. */
  watch(read: () => Iterable<PresentRanger>): void {
    this.#read = read
  }

  /** Counts one failure: of a download, or of the cache; `reason` is one of a few words. */
  failed(component: string, what: 'policies' | 'roles' | 'cache', reason: string): void {
    this.#failures.child(component, what, reason).value += 1
  }

  /** Counts one set of policies that has become empty, or whose service is gone. */
  emptied(component: string): void {
    this.#emptied.child(component).value += 1
  }
}
