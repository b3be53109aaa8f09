import { type Component, COMPONENTS, isSwitchable, mayHaveRanger, type Mode } from './components.ts'

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

/** Why something cannot be switched. `message` begins with `Not supported` where it never can in this mode. */
export interface SwitchFlaw {
  readonly code: 'not_supported' | 'no_mode'
  readonly message: string
}

/** Why a change cannot be made, whatever it would change to; null where it can. `mode` null: verification is off. */
export function switchFlaw(
  mode: Mode | null,
  component: Component,
  { verification, ranger }: ComponentSwitches,
): SwitchFlaw | null {
  if (mode === null)
    return {
      code: 'no_mode',
      message: 'Not supported: permission verification is off, since the settings have no `mode`',
    }
  if (verification !== undefined && !isSwitchable(component, mode)) {
    const what = mode === 'security' ? 'in security mode every component verifies permissions' : NO_SWITCH
    return { code: 'not_supported', message: `Not supported: ${component}: ${what}` }
  }
  if (ranger !== undefined && !mayHaveRanger(component, mode)) {
    const allowed = COMPONENTS.filter((other) => mayHaveRanger(other, mode)).join(', ')
    const what = `Ranger is supported for ${allowed} in ${mode} mode`
    return { code: 'not_supported', message: `Not supported: ${component}: ${what}` }
  }
  return null
}

const NO_SWITCH = 'its permission verification cannot be enabled or disabled in normal mode'
