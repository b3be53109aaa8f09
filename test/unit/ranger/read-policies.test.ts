import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/errors.ts'
import { compileEngine } from '../../../src/ranger/compile-engine.ts'
import { readServiceDefFile, readServicePolicies } from '../../../src/ranger/read-policies.ts'
import { readServiceRoles } from '../../../src/ranger/read-roles.ts'
import { BUILT_IN_SERVICE_DEFS } from '../../../src/ranger/service-defs.ts'

const HDFS = BUILT_IN_SERVICE_DEFS.get('hdfs') ?? null
const EXPECTED = { service: 'cm_hdfs', serviceDef: HDFS, file: 'policies.json' }

const policy = (members: object = {}): object => ({
  id: 17,
  name: 'sales',
  resources: { path: { values: ['/sales'] } },
  ...members,
})
const setOf = (...policies: readonly unknown[]): object => ({ serviceName: 'cm_hdfs', policies })

/** The problems of a refusal, as `path: code`. */
function problemsOf(read: () => unknown): string[] {
  try {
    read()
  } catch (error) {
    if (!(error instanceof ConfigError) || error.code !== 'ERR_POLICY_RANGER') throw error
    return error.problems.map(({ key, code }) => `${key}: ${code}`)
  }
  return []
}

const refusalOf = (value: unknown): string[] => problemsOf(() => readServicePolicies(value, EXPECTED))

describe('reading policies', () => {
  test('fills in the defaults of Ranger', () => {
    const { policies, version, auditMode } = readServicePolicies(setOf(policy()), EXPECTED)
    expect([version, auditMode]).toEqual([-1, 'audit-default'])
    expect(policies).toMatchObject([
      { id: 17, type: 0, isEnabled: true, isAuditEnabled: true, priority: 0, isDenyAllElse: false },
    ])
    expect(policies[0]?.resourceSets[0]?.get('path')).toEqual({
      values: ['/sales'],
      isExcludes: false,
      isRecursive: false,
    })
  })

  test('takes priorities by name as well, and drops entries that are null', () => {
    const { policies } = readServicePolicies(
      setOf(policy({ policyPriority: 'OVERRIDE', policyItems: [null, { users: ['a', null] }] })),
      EXPECTED,
    )
    expect(policies[0]?.priority).toBe(1)
    expect(policies[0]?.allow.map(({ users }) => users)).toEqual([['a']])
  })

  test.each<[string, unknown, string[]]>([
    ['no object', [], [': ranger_type']],
    ['nothing', null, [': ranger_type']],
    ['no list of policies', { serviceName: 'cm_hdfs' }, ['policies: ranger_type']],
    ['no service', { policies: [] }, ['serviceName: ranger_service_name']],
    ['policies that are no list', { ...setOf(), policies: {} }, ['policies: ranger_type']],
    ['another service', { ...setOf(), serviceName: 'other' }, ['serviceName: ranger_service_name']],
    ['security zones', { ...setOf(), securityZones: { z: {} } }, ['securityZones: ranger_zones']],
    ['an unknown audit mode', { ...setOf(), auditMode: 'audit-some' }, ['auditMode: ranger_audit_mode']],
    [
      'an expression, of which a script would make a path',
      setOf(policy({ resources: { path: { values: ['/data/${{USER.x}}'] } } })),
      ['policies[0].resources.path.values: ranger_expression'],
    ],
    [
      'the definition of another kind of service, in which no path would match',
      {
        ...setOf(),
        serviceDef: { name: 'yarn', resources: [{ name: 'queue' }], accessTypes: [{ name: 'submit-app' }] },
      },
      ['serviceDef: ranger_service_def'],
    ],
    ['a policy without an id', setOf({ name: 'a' }), ['policies[0].id: ranger_policy_id']],
    ['an id that is a text', setOf(policy({ id: '17' })), ['policies[0].id: ranger_policy_id']],
    ['an id that is there twice', setOf(policy(), policy()), ['policies[1].id: ranger_policy_id']],
    [
      'a resource that the definition lacks',
      setOf(policy({ resources: { database: { values: ['x'] } } })),
      ['policies[0].resources.database: ranger_resource'],
    ],
    [
      'no value, which Ranger would take for everything',
      setOf(policy({ resources: { path: { values: [''] } } })),
      ['policies[0].resources.path.values: ranger_resource'],
    ],
    ['no resource at all', setOf(policy({ resources: {} })), ['policies[0].resources: ranger_resource']],
    [
      'no value in an additional resource',
      setOf(policy({ additionalResources: [{ path: {} }] })),
      ['policies[0].additionalResources[0].path.values: ranger_resource'],
    ],
    [
      'one text where a list is expected',
      setOf(policy({ resources: { path: { values: '/sales' } } })),
      [
        'policies[0].resources.path.values: ranger_type',
        'policies[0].resources.path.values: ranger_resource',
      ],
    ],
    [
      'a condition that the definition does not know, which Ranger would ignore',
      setOf(policy({ policyItems: [{ conditions: [{}, { type: 'country', values: ['fr'] }] }] })),
      [
        'policies[0].policyItems[0].conditions[0].type: ranger_condition',
        'policies[0].policyItems[0].conditions[1].type: ranger_condition',
      ],
    ],
    [
      'a schedule that cannot be read, which Ranger would take for open',
      setOf(policy({ validitySchedules: [{ endTime: 'tomorrow' }] })),
      ['policies[0].validitySchedules[0].endTime: ranger_schedule'],
    ],
    [
      'wrong types all over, each by its path',
      setOf(policy({ isEnabled: 1, policyItems: [{ users: [7], accesses: 'read', delegateAdmin: 'no' }] })),
      [
        'policies[0].isEnabled: ranger_type',
        'policies[0].policyItems[0].accesses: ranger_type',
        'policies[0].policyItems[0].users[0]: ranger_type',
        'policies[0].policyItems[0].delegateAdmin: ranger_type',
      ],
    ],
  ])('refuses the set for %s', (_, value, wanted) => {
    expect(refusalOf(value)).toEqual(wanted)
  })

  test('names the policy, and how many more problems there are than it lists', () => {
    const many = Array.from({ length: 1_000 }, (_, id) => policy({ id, resources: {} }))
    expect(() => readServicePolicies(setOf(...many), EXPECTED)).toThrow(
      'policies[0].resources: policy 0 `sales`: it names no resource (and 999 more)',
    )
    expect(refusalOf(setOf(...many))).toHaveLength(100)
  })

  test('does not ask of a policy that decides nothing what it asks of the others', () => {
    const off = policy({ isEnabled: false, resources: { no: {} } })
    const mask = policy({ id: 18, policyType: 1, resources: {}, conditions: [{ type: 'no' }] })
    expect(readServicePolicies(setOf(off, mask), EXPECTED).policies).toHaveLength(2)
  })

  test('needs a definition, and prefers the one that came', () => {
    const without = { ...EXPECTED, serviceDef: null }
    expect(problemsOf(() => readServicePolicies(setOf(), without))).toEqual([
      'serviceDef: ranger_service_def',
    ])
    const serviceDef = { name: 'hive', resources: [{ name: 'database' }] }
    const hive = policy({ resources: { database: { values: ['x'] } } })
    const read = readServicePolicies({ ...setOf(hive), serviceDef }, without)
    expect(read.serviceDef.name).toBe('hive')
    expect(read.serviceDef.conditions.map(({ name }) => name)).toEqual(['ip-range'])
  })

  test('refuses audit filters that are no JSON', () => {
    const serviceConfig = { 'ranger.plugin.audit.filters': "[{'accessResult':'DENIED'" }
    const read = readServicePolicies({ ...setOf(), serviceConfig }, EXPECTED)
    expect(problemsOf(() => compileEngine(read, null, { fallback: 'native' }))).toEqual([
      'serviceConfig.ranger.plugin.audit.filters: ranger_audit_filter',
    ])
  })
})

describe('reading a service definition', () => {
  test.each<[string, unknown, string[]]>([
    ['nothing', null, ['serviceDef: ranger_type']],
    ['a text', 'hdfs', ['serviceDef: ranger_type']],
    ['no resources', { name: 'x' }, ['serviceDef.resources: ranger_service_def']],
    [
      'two resources of one name',
      { name: 'x', resources: [{ name: 'a' }, { name: 'a' }] },
      ['serviceDef.resources[1].name: ranger_service_def'],
    ],
  ])('refuses %s', (_, value, wanted) => {
    expect(problemsOf(() => readServiceDefFile(value, 'def.json'))).toEqual(wanted)
  })

  test('takes a matcher that it does not know for the default one, as Ranger does', () => {
    const def = readServiceDefFile({ name: 'x', resources: [{ name: 'url', matcher: 'a.B' }] }, 'def.json')
    expect(def.resources[0]?.matcher).toBe('default')
  })
})

describe('reading roles', () => {
  test('takes members by their names', () => {
    const rangerRoles = [{ name: 'r', users: [{ name: 'u', isAdmin: true }], roles: [{ name: 'q' }] }]
    const { roles } = readServiceRoles({ roleVersion: 3, rangerRoles }, { service: null, file: '' })
    expect(roles).toEqual([{ name: 'r', users: ['u'], groups: [], roles: ['q'] }])
  })

  test('refuses roles without a name, and members that are no objects', () => {
    const read = (): unknown =>
      readServiceRoles({ rangerRoles: [{ users: ['u'] }] }, { service: null, file: '' })
    expect(problemsOf(read)).toEqual([
      'rangerRoles[0].name: ranger_role',
      'rangerRoles[0].users[0]: ranger_type',
    ])
  })
})
