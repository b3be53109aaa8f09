/**
 * The numbered departures from Hadoop that the `parity` setting switches to Hadoop's behaviour. `docs/divergences.md`
 * says for each of them, and for those with another switch or none, what Hadoop does, what we do and why.
 */
export const SWITCHABLE = ['D-1', 'D-2', 'D-3', 'D-4', 'D-5', 'D-8', 'D-9', 'D-11'] as const

/** The number of a divergence that can be switched. */
export type Divergence = (typeof SWITCHABLE)[number]

/** The divergences in which Hadoop's behaviour is in force; none: all departures of ours are. */
export type Parity = ReadonlySet<Divergence>

const isSwitchable = (id: string): id is Divergence => SWITCHABLE.some((known) => known === id)

/** Reads the `parity` setting. Numbers that cannot be switched mean nothing here: the settings refuse them. */
export function parityOf(setting: 'none' | 'all' | readonly string[]): Parity {
  if (setting === 'none') return new Set()
  return new Set(setting === 'all' ? SWITCHABLE : setting.filter(isSwitchable))
}
