/** A component of a cluster, in the spelling of the product. */
export type Component =
  | 'ClickHouse'
  | 'Flume'
  | 'HBase'
  | 'HDFS'
  | 'Hive'
  | 'Hue'
  | 'Impala'
  | 'Kafka'
  | 'Loader'
  | 'Mapreduce'
  | 'Oozie'
  | 'Spark2x'
  | 'Storm'
  | 'Yarn'
  | 'ZooKeeper'

/** How a cluster authenticates: by Kerberos, or as its components do by themselves. */
export type Mode = 'security' | 'normal'

/**
 * What a component is like in a cluster of normal mode, and in which modes it may have Ranger.
 *
 * Shape: `hasRow` false: the table of the product does not list it, and Ranger alone is asked about it.
 */
interface ComponentTraits {
  readonly component: Component
  readonly isRequired: boolean
  readonly isSwitchable: boolean
  readonly ranger: readonly Mode[]
  readonly hasRow: boolean
}

const BOTH: readonly Mode[] = ['security', 'normal']
const SECURITY: readonly Mode[] = ['security']
const NEITHER: readonly Mode[] = []

function traits(
  component: Component,
  verification: 'required' | 'not required',
  switching: 'supported' | 'not supported',
  ranger: readonly Mode[],
): ComponentTraits {
  const isRequired = verification === 'required'
  return { component, isRequired, isSwitchable: switching === 'supported', ranger, hasRow: true }
}

const TABLE: readonly ComponentTraits[] = [
  traits('ClickHouse', 'required', 'not supported', NEITHER),
  traits('Flume', 'not required', 'not supported', NEITHER),
  traits('HBase', 'not required', 'supported', BOTH),
  traits('HDFS', 'required', 'supported', BOTH),
  traits('Hive', 'not required', 'not supported', BOTH),
  traits('Hue', 'not required', 'not supported', NEITHER),
  { ...traits('Impala', 'not required', 'not supported', SECURITY), hasRow: false },
  traits('Kafka', 'not required', 'not supported', SECURITY),
  traits('Loader', 'not required', 'not supported', NEITHER),
  traits('Mapreduce', 'not required', 'not supported', NEITHER),
  traits('Oozie', 'required', 'not supported', NEITHER),
  traits('Spark2x', 'not required', 'not supported', BOTH),
  traits('Storm', 'not required', 'not supported', SECURITY),
  traits('Yarn', 'not required', 'supported', BOTH),
  traits('ZooKeeper', 'required', 'supported', NEITHER),
]

const BY_NAME: ReadonlyMap<string, ComponentTraits> = new Map(
  TABLE.map((row) => [row.component.toLowerCase(), row]),
)

/** Every component, in the order of the table of the product. */
export const COMPONENTS: readonly Component[] = TABLE.map(({ component }) => component)

/** The component of this name, in whatever case it is written; null where there is none. */
export const componentNamed = (name: string): Component | null =>
  BY_NAME.get(name.toLowerCase())?.component ?? null

/** Whether the table of the product lists it: Impala it does not. */
export const isListed = (component: Component): boolean => traitsOf(component).hasRow

/** Whether it verifies permissions while nobody has said otherwise. In security mode every component does. */
export const isRequiredByDefault = (component: Component, mode: Mode): boolean =>
  mode === 'security' || traitsOf(component).isRequired

/** Whether its verification can be enabled and disabled. In security mode that of none can. */
export const isSwitchable = (component: Component, mode: Mode): boolean =>
  mode === 'normal' && traitsOf(component).isSwitchable

/** Whether Ranger's policies can decide for it. */
export const mayHaveRanger = (component: Component, mode: Mode): boolean =>
  traitsOf(component).ranger.includes(mode)

/** Whether Ranger decides while nobody has said otherwise: in a new cluster of security mode. */
export const isRangerDefault = (component: Component, mode: Mode, isUpgraded: boolean): boolean =>
  mode === 'security' && !isUpgraded && mayHaveRanger(component, mode)

/** Whether its own permissions decide where Ranger's policies say nothing. */
export const fallsBackToNative = (component: Component): boolean =>
  component === 'HDFS' || component === 'Yarn'

function traitsOf(component: Component): ComponentTraits {
  const row = BY_NAME.get(component.toLowerCase())
  if (row === undefined) throw new Error(`\`${component}\` is no component`)
  return row
}
