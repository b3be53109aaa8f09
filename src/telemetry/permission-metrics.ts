import type { CellRegistry } from './cell-registry.ts'
import { METRICS } from './declarations.ts'
import {
  type Children,
  counterOf,
  gaugeOf,
  type HistogramCell,
  histogramOf,
  type NumberCell,
} from './families.ts'

/** How a component is verified. */
export interface VerifiedComponent {
  readonly component: string
  readonly isRequired: boolean
  readonly isRangerEnabled: boolean
  readonly decider: (typeof DECIDERS)[number]
}

const DECIDERS = ['ranger', 'role', 'mode', 'none'] as const

/** The numbers of permission verification. */
export class PermissionMetrics {
  readonly #verification: Children<NumberCell>
  readonly #ranger: Children<NumberCell>
  readonly #decider: Children<NumberCell>
  readonly #switches: Children<NumberCell>
  readonly #evalSeconds: HistogramCell

  constructor(register: CellRegistry) {
    this.#verification = gaugeOf(register, METRICS.componentVerification)
    this.#ranger = gaugeOf(register, METRICS.rangerEnabled)
    this.#decider = gaugeOf(register, METRICS.permissionDecider)
    this.#switches = counterOf(register, METRICS.permissionSwitches)
    this.#evalSeconds = histogramOf(register, METRICS.policyEvalSeconds).child()
  }

  /** Shows how the components are verified; none where permission verification is off. */
  inForce(components: Iterable<VerifiedComponent>): void {
    for (const gauge of [this.#verification, this.#ranger, this.#decider]) gauge.clear()
    for (const { component, isRequired, isRangerEnabled, decider } of components) {
      this.#verification.child(component).value = isRequired ? 1 : 0
      this.#ranger.child(component).value = isRangerEnabled ? 1 : 0
      for (const one of DECIDERS) this.#decider.child(component, one).value = one === decider ? 1 : 0
    }
  }

  /** Notes how long one decision about a resource took. */
  evaluated(seconds: number): void {
    this.#evalSeconds.observe(seconds)
  }

  /** Counts one request to switch the verification of a component, by how it ended. */
  switched(component: string, result: string): void {
    this.#switches.child(component, result).value += 1
  }
}
