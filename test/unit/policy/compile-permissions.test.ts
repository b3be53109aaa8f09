import { describe, expect, test } from 'vitest'
import { compilePermissions, type WrittenPermissions } from '../../../src/policy/compile-permissions.ts'
import {
  type Component,
  COMPONENTS,
  componentNamed,
  isListed,
  isSwitchable,
  type Mode,
} from '../../../src/policy/components.ts'
import { deciderOf, type Permissions } from '../../../src/policy/permissions.ts'
import { NO_SWITCHES, switched, type Switches } from '../../../src/policy/switches.ts'
import { configError } from '../../support/config-error.ts'

const RANGER = { serviceName: 'hadoop', source: {} }
const everywhere = Object.fromEntries(
  COMPONENTS.map((component) => [component, { unknownOp: 'deny', ranger: RANGER }]),
) satisfies WrittenPermissions['components']

function compiled(
  mode: Mode,
  written: Partial<WrittenPermissions> = {},
  switches: Switches = NO_SWITCHES,
): Permissions {
  const least = { mode, cluster: { upgraded: false }, components: {}, roles: {}, roleBindings: [] }
  return compilePermissions({ ...least, ...written }, switches, new Map())
}

const rulesOf = (permissions: Permissions, component: Component) => {
  const rules = permissions.components.get(component)
  if (rules === undefined) throw new Error(`no rules for ${component}`)
  return rules
}
const decider = (permissions: Permissions, component: Component) =>
  deciderOf(permissions, rulesOf(permissions, component))
const where = (permissions: Permissions, holds: (component: Component) => boolean) =>
  [...permissions.components.keys()].filter(holds)

const ROLES = { roles: { a: { grants: [] } } }

describe('the components', () => {
  test('are the fourteen of the table, and Impala', () => {
    expect(COMPONENTS.filter(isListed)).toHaveLength(14)
    expect(COMPONENTS.filter((component) => !isListed(component))).toEqual(['Impala'])
  })

  test('are known in any case', () => {
    expect(['hdfs', 'YARN', 'MapReduce', 'zookeeper', 'nope', ''].map(componentNamed)).toEqual([
      'HDFS',
      'Yarn',
      'Mapreduce',
      'ZooKeeper',
      null,
      null,
    ])
  })
})

describe('permission verification', () => {
  test('P-04: security mode verifies every component, and none can be switched', () => {
    const permissions = compiled('security')
    expect(where(permissions, (component) => !rulesOf(permissions, component).isRequired)).toEqual([])
    expect(COMPONENTS.filter((component) => isSwitchable(component, 'security'))).toEqual([])
  })

  test('P-05: normal mode verifies and can switch what the table says', () => {
    const permissions = compiled('normal')
    expect(where(permissions, (component) => rulesOf(permissions, component).isRequired)).toEqual([
      'ClickHouse',
      'HDFS',
      'Oozie',
      'ZooKeeper',
    ])
    expect(COMPONENTS.filter((component) => isSwitchable(component, 'normal'))).toEqual([
      'HBase',
      'HDFS',
      'Yarn',
      'ZooKeeper',
    ])
  })

  test('P-06: in a new cluster of security mode Ranger is on for the eight that have it', () => {
    const permissions = compiled('security', { components: everywhere })
    const eight = ['HBase', 'HDFS', 'Hive', 'Impala', 'Kafka', 'Spark2x', 'Storm', 'Yarn']
    expect(where(permissions, (component) => decider(permissions, component) === 'ranger')).toEqual(eight)
  })

  test('P-09: in an upgraded one it is off until somebody switches it on', () => {
    const upgraded = { cluster: { upgraded: true }, components: everywhere }
    const permissions = compiled('security', upgraded)
    expect(where(permissions, (component) => rulesOf(permissions, component).isRangerEnabled)).toEqual([])
    const later = switched(NO_SWITCHES, 'security', 'HDFS', { ranger: true })
    expect(decider(compiled('security', upgraded, later), 'HDFS')).toBe('ranger')
  })

  test('P-10: in normal mode it is off by itself, and can be on for five', () => {
    const permissions = compiled('normal', { components: everywhere })
    expect(where(permissions, (component) => rulesOf(permissions, component).isRangerEnabled)).toEqual([])
    const on = Object.fromEntries(
      COMPONENTS.map((component) => [component, { unknownOp: 'deny', ranger: { ...RANGER, enabled: true } }]),
    ) satisfies WrittenPermissions['components']
    const all = compiled('normal', { components: on })
    expect(where(all, (component) => decider(all, component) === 'ranger')).toEqual([
      'HBase',
      'HDFS',
      'Hive',
      'Spark2x',
      'Yarn',
    ])
  })

  test('P-07: without Ranger the role model decides, and without roles nobody gets in', () => {
    const off = { HDFS: { unknownOp: 'deny', ranger: { ...RANGER, enabled: false } } } as const
    expect(decider(compiled('security', { components: off, ...ROLES }), 'HDFS')).toBe('role')
    expect(decider(compiled('security', { components: off }), 'HDFS')).toBe('mode')
    expect(decider(compiled('security', ROLES), 'HDFS')).toBe('role')
  })

  test('P-16: nobody is asked where verification is not required, unless Ranger is on', () => {
    expect(decider(compiled('normal', ROLES), 'Yarn')).toBe('none')
    const on = { Yarn: { unknownOp: 'deny', ranger: { ...RANGER, enabled: true } } } as const
    expect(decider(compiled('normal', { components: on }), 'Yarn')).toBe('ranger')
  })

  test('P-13, P-14: HDFS and Yarn fall back to their own permissions, the others refuse', () => {
    const permissions = compiled('security', { components: everywhere })
    const native = where(
      permissions,
      (component) => rulesOf(permissions, component).ranger?.fallback === 'native',
    )
    expect(native).toEqual(['HDFS', 'Yarn'])
  })

  test('what was switched wins over the settings, in the mode in which it was switched', () => {
    const off = switched(NO_SWITCHES, 'normal', 'HDFS', { verification: 'notRequired' })
    expect(decider(compiled('normal', ROLES, off), 'HDFS')).toBe('none')
    expect(decider(compiled('security', ROLES, off), 'HDFS')).toBe('role')
  })

  test('Ranger that was switched on and has no source any more is told with its key', () => {
    const on = switched(NO_SWITCHES, 'security', 'HDFS', { ranger: true })
    const error = configError(() => compiled('security', {}, on))
    expect(error?.problems).toMatchObject([{ key: 'components.HDFS.ranger', code: 'no_ranger' }])
  })

  test('the revision differs where a decision may', () => {
    const revisions = [
      compiled('normal'),
      compiled('security'),
      compiled('normal', ROLES),
      compiled('normal', {}, switched(NO_SWITCHES, 'normal', 'Yarn', { verification: 'required' })),
      compiled('normal', { components: { Yarn: { unknownOp: 'deny', queueNames: 'asSubmitted' } } }),
      compiled('normal', { components: { Yarn: { unknownOp: 'deny', queues: { etl: 'root.etl' } } } }),
    ].map(({ revision }) => revision)
    expect(new Set(revisions).size).toBe(revisions.length)
    expect(compiled('normal').revision).toBe(compiled('normal').revision)
  })
})
