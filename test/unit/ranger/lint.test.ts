import { describe, expect, test } from 'vitest'
import { type RangerFinding } from '../../../src/ranger/lint-finding.ts'
import { lintPolicies } from '../../../src/ranger/lint.ts'
import { readServicePolicies } from '../../../src/ranger/read-policies.ts'
import { BUILT_IN_SERVICE_DEFS } from '../../../src/ranger/service-defs.ts'
import type { RangerRole } from '../../../src/ranger/model.ts'

const NOW = Date.UTC(2026, 5, 1)

const item = (users: readonly string[], types: readonly string[] = ['read'], more: object = {}): object => ({
  users,
  accesses: types.map((type) => ({ type })),
  ...more,
})

/** A policy about a path, without anything odd but for what a test adds. */
const policy = (id: number, path: string | object, parts: object = {}): object => ({
  id,
  name: `p${id}`,
  resources: { path: typeof path === 'string' ? { values: [path], isRecursive: true } : path },
  policyItems: [item(['amy'])],
  ...parts,
})

function lint(
  policies: readonly object[],
  { roles = null, envelope = {} }: { roles?: readonly RangerRole[] | null; envelope?: object } = {},
): RangerFinding[] {
  const serviceDef = BUILT_IN_SERVICE_DEFS.get('hdfs') ?? null
  const set = { serviceName: 's', policyVersion: 1, policies, ...envelope }
  const read = readServicePolicies(set, { service: null, serviceDef, file: 'x.json' })
  return lintPolicies(read, {
    roles: roles === null ? null : { serviceName: 's', version: 1, roles },
    now: NOW,
  })
}

const codes = (findings: readonly RangerFinding[]): string[] =>
  findings.map(({ code, key }) => `${code} ${key}`)

describe('one policy', () => {
  test('that means what it says is not mentioned, nor one that is disabled', () => {
    expect(lint([policy(1, '/data')])).toEqual([])
    expect(lint([policy(1, '/data/', { isEnabled: false })])).toEqual([])
  })

  test.each([
    [
      'an access type that nobody knows',
      { policyItems: [item(['amy'], ['read', 'fly'])] },
      'unknown_access_type policies[0].policyItems[0].accesses[1].type',
    ],
    ['no access type', { policyItems: [item(['amy'], [])] }, 'no_access_type policies[0].policyItems[0]'],
    ['nobody in it', { policyItems: [item([])] }, 'no_principal policies[0].policyItems[0]'],
    ['no items', { policyItems: [] }, 'no_item policies[0]'],
    [
      'a user that is a macro of others',
      { policyItems: [item(['${USER}'])] },
      'dollar_macro policies[0].policyItems[0].users[0]',
    ],
    [
      'the owner as a user',
      { policyItems: [item(['{OWNER}'])] },
      'unknown_macro policies[0].policyItems[0].users[0]',
    ],
    ['another type of service', { serviceType: 'hive' }, 'other_service_type policies[0].serviceType'],
    [
      'an item twice',
      { policyItems: [item(['amy', 'bob']), item(['bob'])] },
      'shadowed_item policies[0].policyItems[1]',
    ],
    [
      'an exception for all',
      { policyItems: [item(['amy'])], allowExceptions: [item([], ['read'], { groups: ['public'] })] },
      'cancelled_allow policies[0].policyItems[0]',
    ],
    [
      'a deny that its exception cancels',
      { denyPolicyItems: [item(['bob'])], denyExceptions: [item(['bob', 'eve'])] },
      'cancelled_deny policies[0].denyPolicyItems[0]',
    ],
    [
      'a deny for those whom it allows',
      { denyPolicyItems: [item(['{USER}'])] },
      'beaten_by_deny policies[0].policyItems[0]',
    ],
  ])('with %s', (_, parts, expected) => {
    expect(codes(lint([policy(1, '/data', parts)]))).toEqual([expected])
  })

  test.each([
    ['/home/${USER}', true, ['dollar_macro']],
    ['/home/{USER}', true, []],
    ['/home/{user}', true, ['unknown_macro']],
    ['/a/', true, ['slash_at_end']],
    ['/a/', false, ['slash_at_end']],
    ['/', true, []],
    ['/a/*', false, ['star_at_end']],
    ['/a/*', true, []],
    ['data', true, ['relative_path']],
    ['*', false, []],
  ])('about %s, recursive: %s', (value, isRecursive, expected) => {
    const found = lint([policy(1, { values: [value], isRecursive })])
    expect(found.map(({ code }) => code)).toEqual(expected)
  })

  test('about a path with a slash at its end matches less than it seems, or nothing', () => {
    const [recursive] = lint([policy(1, '/a/')])
    expect(recursive).toMatchObject({
      severity: 'warning',
      understood: expect.stringContaining('without `/a`'),
    })
    const [single] = lint([policy(1, { values: ['/a/'] })])
    expect(single).toMatchObject({ severity: 'error', understood: 'nothing' })
  })

  test('an item that an earlier one covers for part of its accesses only is no shadow', () => {
    const policyItems = [item(['amy']), item(['amy'], ['read', 'write'])]
    expect(lint([policy(1, '/data', { policyItems })])).toEqual([])
    const conditions = [{ type: 'ip-range', values: ['10.1.*'] }]
    const narrowed = [item(['amy'], ['read'], { conditions }), item(['amy'])]
    expect(lint([policy(1, '/data', { policyItems: narrowed })])).toEqual([])
  })

  test('with a name that tries to look like another line is printed on one', () => {
    const [finding] = lint([policy(1, '/a/', { name: 'x\n/etc/passwd:1: error: \u001b[31m' })])
    expect(finding?.message).not.toMatch(/\p{Cc}/u)
  })
})

describe('roles', () => {
  const policies = [policy(1, '/data', { policyItems: [item([], ['read'], { roles: ['etl', 'Etl'] })] })]

  test('that are not there are told, with the case of their letters', () => {
    const roles = [{ name: 'etl', users: ['amy'], groups: [], roles: [] }]
    expect(codes(lint(policies, { roles }))).toEqual(['unknown_role policies[0].policyItems[0].roles[1]'])
  })

  test('are not mentioned where nobody knows them', () => {
    expect(lint(policies)).toEqual([])
  })
})

describe('addresses', () => {
  const withRange = (...values: string[]): string[] =>
    lint([
      policy(1, '/data', {
        policyItems: [item(['amy'], ['read'], { conditions: [{ type: 'ip-range', values }] })],
      }),
    ]).map(({ code }) => code)

  test.each([
    ['10.1.2.3', []],
    ['10.1.*', []],
    ['2001:db8::1', []],
    ['2001:db8:*', []],
    ['10.0.0.0/8', ['address_range']],
    ['0.0.0.0/0', ['address_always']],
    ['*', ['address_always']],
    ['*.*.*.*', ['address_always']],
    ['', ['address_always']],
    ['10.0.0.1-10.0.0.9', ['address_never']],
    ['10.0.0.300', ['address_never']],
    ['10.*.1', ['address_never']],
    ['300.*', ['address_never']],
    ['gateway.example.com', ['address_never']],
  ])('%s', (value, expected) => {
    expect(withRange(value)).toEqual(expected)
  })

  test('are looked at in the conditions of the policy too', () => {
    const conditions = [{ type: 'ip-range', values: ['nowhere'] }]
    expect(codes(lint([policy(1, '/data', { conditions })]))).toEqual([
      'address_never policies[0].conditions[0].values[0]',
    ])
  })
})

describe('schedules', () => {
  const always = { minute: '0', hour: '8', dayOfMonth: '*', dayOfWeek: '', month: '*', year: '*' }
  const schedules = (...validitySchedules: object[]): string[] =>
    lint([policy(1, '/data', { validitySchedules })]).map(({ code }) => code)

  test('that are over are told where none is left', () => {
    const old = { startTime: '2020/01/01 00:00:00', endTime: '2020/02/01 00:00:00', timeZone: 'UTC' }
    const open = { startTime: '2020/01/01 00:00:00', timeZone: 'UTC' }
    expect(schedules(old)).toEqual(['expired'])
    expect(schedules(old, open)).toEqual([])
  })

  test('end by the clock of their own zone', () => {
    const until = (timeZone: string): object => ({
      startTime: '2020/01/01 00:00:00',
      endTime: '2026/06/01 05:00:00',
      timeZone,
    })
    expect(schedules(until('UTC'))).toEqual([])
    expect(schedules(until('Asia/Shanghai'))).toEqual(['expired'])
  })

  test.each([
    ['no day', { dayOfMonth: '', dayOfWeek: '' }],
    ['a day that no month has', { dayOfMonth: '32' }],
    ['an hour that no day has', { hour: '24' }],
    ['a range from end to start', { month: '9-3' }],
  ])('never begin with %s', (_, fields) => {
    const recurrences = [{ schedule: { ...always, ...fields }, interval: { hours: 2 } }]
    expect(schedules({ recurrences })).toEqual(['never_starts'])
  })

  test('never begin where they end before they start', () => {
    expect(schedules({ startTime: '2026/02/01 00:00:00', endTime: '2026/01/01 00:00:00' })).toEqual([
      'never_starts',
    ])
  })

  test('that Ranger Admin would not save are told in its words', () => {
    const recurrences = [{ schedule: { ...always, dayOfMonth: '1,32' }, interval: { hours: 2 } }]
    expect(schedules({ recurrences })).toEqual(['odd_schedule'])
  })
})

describe('several policies', () => {
  const deny = (id: number, path: string, parts: object = {}): object =>
    policy(id, path, {
      policyItems: [],
      denyPolicyItems: [item([], ['read', 'write'], { groups: ['public'] })],
      ...parts,
    })

  test('a deny above takes away what is allowed below', () => {
    const [finding, ...others] = lint([policy(1, '/data/x'), deny(2, '/data')])
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code: 'beaten_by_deny',
      policyId: 1,
      key: 'policies[0].policyItems[0]',
      message: expect.stringContaining('`denyPolicyItems[0]` of policy 2 "p2"'),
    })
  })

  test.each([
    ['beside it', deny(2, '/dat')],
    ['of what is below it alone', deny(2, '/data/x/y')],
    ['of other accesses', deny(2, '/data', { denyPolicyItems: [item(['amy'], ['write'])] })],
    ['of others', deny(2, '/data', { denyPolicyItems: [item(['bob'])] })],
    ['with an exception', deny(2, '/data', { denyExceptions: [item(['bob'])] })],
    ['at times', deny(2, '/data', { validitySchedules: [{ startTime: '2020/01/01 00:00:00' }] })],
    ['from some addresses', deny(2, '/data', { conditions: [{ type: 'ip-range', values: ['10.1.*'] }] })],
    ['that is disabled', deny(2, '/data', { isEnabled: false })],
    ['of a lower priority than the allow', deny(2, '/data', { policyPriority: -1 })],
    [
      'of all but that',
      deny(2, '/', { resources: { path: { values: ['/data'], isRecursive: true, isExcludes: true } } }),
    ],
  ])('a deny %s takes nothing away for sure', (_, other) => {
    expect(lint([policy(1, '/data/x'), other])).toEqual([])
  })

  test('deny-all-else without anything that is allowed is a deny of all', () => {
    const others = policy(2, '/*', { policyItems: [], isDenyAllElse: true })
    expect(codes(lint([policy(1, '/data/x'), others]))).toEqual(['beaten_by_deny policies[0].policyItems[0]'])
  })

  test('an override decides before a normal policy, also before its deny', () => {
    const override = policy(1, '/data', {
      policyPriority: 'OVERRIDE',
      policyItems: [item([], ['read', 'write'], { groups: ['public'] })],
    })
    expect(codes(lint([override, deny(2, '/data/x')]))).toEqual(['overridden policies[1].denyPolicyItems[0]'])
    expect(codes(lint([override, policy(2, '/data/x')]))).toEqual(['overridden policies[1].policyItems[0]'])
    expect(lint([override, policy(2, '/other')])).toEqual([])
  })

  test('of thousands on one resource each is still told about once', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => deny(index, '/data'))
    const found = lint([...many, policy(9_000, '/data/x')])
    expect(codes(found)).toEqual(['beaten_by_deny policies[3000].policyItems[0]'])
  })
})

test('a definition that reads no denies is told with the first of them', () => {
  const serviceDef = {
    id: 1,
    name: 'hdfs',
    options: { enableDenyAndExceptionsInPolicies: 'false' },
    resources: [{ itemId: 1, name: 'path', level: 10 }],
    accessTypes: [
      { itemId: 1, name: 'read' },
      { itemId: 2, name: 'write' },
      { itemId: 3, name: 'execute' },
    ],
  }
  const found = lint([policy(1, '/data', { denyPolicyItems: [item(['amy'])] })], { envelope: { serviceDef } })
  expect(codes(found)).toEqual(['deny_not_read policies[0].denyPolicyItems[0]'])
})

test('resources with a gap between them match nothing', () => {
  const serviceDef = {
    id: 1,
    name: 'hive',
    resources: [
      { itemId: 3, name: 'path', level: 10 },
      { itemId: 1, name: 'database', level: 10 },
      { itemId: 2, name: 'table', level: 20, parent: 'database' },
    ],
    accessTypes: [
      { itemId: 1, name: 'read' },
      { itemId: 2, name: 'write' },
      { itemId: 3, name: 'execute' },
    ],
  }
  const found = lint([policy(1, '', { resources: { table: { values: ['t'] } } })], {
    envelope: { serviceDef },
  })
  expect(codes(found)).toEqual(['no_definition policies[0].resources'])
})
