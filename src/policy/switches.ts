import type { Component, Mode } from './components.ts'

/** What was switched for one component; undefined: as the settings have it. */
export interface ComponentSwitches {
  readonly verification?: 'required' | 'notRequired' | undefined
  readonly ranger?: boolean | undefined
}

/**
 * What operators have switched while Keddah ran. It wins over the settings.
 *
 * Shape: `generation` counts the changes. What was switched in one mode says nothing about the other.
 */
export interface Switches {
  readonly generation: number
  readonly modes: Readonly<Record<Mode, Readonly<Partial<Record<Component, ComponentSwitches>>>>>
}

/** Nothing has been switched. */
export const NO_SWITCHES: Switches = { generation: 0, modes: { security: {}, normal: {} } }

/** The switches after one more change; what `change` leaves undefined stays. */
export function switched(
  { generation, modes }: Switches,
  mode: Mode,
  component: Component,
  change: ComponentSwitches,
): Switches {
  const { verification, ranger } = modes[mode][component] ?? {}
  const merged = {
    verification: change.verification ?? verification,
    ranger: change.ranger ?? ranger,
  }
  return {
    generation: generation + 1,
    modes: { ...modes, [mode]: { ...modes[mode], [component]: merged } },
  }
}
