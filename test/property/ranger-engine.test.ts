import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileEngine } from '../../src/ranger/compile-engine.ts'
import type { RangerEngine } from '../../src/ranger/engine.ts'
import { readServicePolicies } from '../../src/ranger/read-policies.ts'
import type { ResourceRequest } from '../../src/ranger/request.ts'
import { BUILT_IN_SERVICE_DEFS } from '../../src/ranger/service-defs.ts'
import {
  decideNaively,
  type NaiveItem,
  type NaivePolicy,
  type NaiveRequest,
  type NaiveRole,
} from '../support/oracle-ranger.ts'

const HDFS = BUILT_IN_SERVICE_DEFS.get('hdfs') ?? null
const RUNS = { numRuns: 400 }

const some = <T>(...values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values], { maxLength: 2 })
const userNames = ['ann', 'bob', 'cid']
const groupNames = ['red', 'blue']
const roleNames = ['r1', 'r2', 'r3']
const addresses = ['10.0.0.1', '10.0.0.2']

const condition = fc.record({ type: fc.constant('ip-range' as const), values: some(...addresses) })
const item: fc.Arbitrary<NaiveItem> = fc.record({
  accesses: fc.array(
    fc.record({
      type: fc.constantFrom('read', 'write', 'EXECUTE'),
      isAllowed: fc.constantFrom(true, true, false),
    }),
    { maxLength: 3 },
  ),
  users: some(...userNames, '{USER}', '{OWNER}'),
  groups: some(...groupNames, 'public'),
  roles: some(...roleNames),
  conditions: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(condition, { maxLength: 1 })),
  delegateAdmin: fc.boolean(),
})
const list = fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, fc.array(item, { maxLength: 2 }))

const VALUES = ['/', '/a', '/a/b', '/a/b/c', '/a*', '/a/*', '/ab', '*', '/b', '/home/{USER}', '/{OWNER}/x']
const PATHS = [
  '/',
  '/a',
  '/a/b',
  '/a/b/c',
  '/a/bc',
  '/ab',
  '/b',
  '/b/x',
  '/home/ann',
  '/home/bob/x',
  '/cid/x',
  '/c',
]

const policy = (id: number): fc.Arbitrary<NaivePolicy> =>
  fc.record({
    id: fc.constant(id),
    name: fc.constantFrom('p', 'q'),
    isEnabled: fc.constantFrom(true, true, true, false),
    isAuditEnabled: fc.boolean(),
    policyPriority: fc.constantFrom(0, 0, 1),
    resources: fc.record({
      path: fc.record({
        values: fc.subarray(VALUES, { minLength: 1, maxLength: 2 }),
        // A star in a recursive value has rules of its own, which have a twin of their own.
        isRecursive: fc.boolean(),
        isExcludes: fc.constantFrom(false, false, false, true),
      }),
    }),
    conditions: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.array(condition, { maxLength: 1 })),
    policyItems: list,
    allowExceptions: list,
    denyPolicyItems: list,
    denyExceptions: list,
    isDenyAllElse: fc.constantFrom(false, false, false, true),
    validitySchedules: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      fc.array(fc.record({ endTime: fc.constantFrom('2030/01/01 00:00:00', '2030/01/02 00:00:00') }), {
        maxLength: 2,
      }),
    ),
  })
const isPlain = ({ resources: { path } }: NaivePolicy): boolean =>
  !path.isRecursive || path.values.every((value) => value === '*' || !/[*]|^\/$/.test(value))

const policies = (most: number): fc.Arbitrary<NaivePolicy[]> =>
  fc.tuple(...Array.from({ length: most }, (_, id) => policy(id))).map((all) => all.filter(isPlain))

const roles: fc.Arbitrary<NaiveRole[]> = fc.tuple(
  ...roleNames.map((name) =>
    fc.record({
      name: fc.constant(name),
      users: some(...userNames),
      groups: some(...groupNames, 'public'),
      roles: some(...roleNames),
    }),
  ),
)

const request: fc.Arbitrary<NaiveRequest> = fc.record({
  path: fc.constantFrom(...PATHS),
  owner: fc.constantFrom(null, ...userNames),
  user: fc.constantFrom(...userNames),
  groups: some(...groupNames),
  accessTypes: fc.constantFrom(
    ['read'],
    ['write'],
    ['execute'],
    ['read', 'execute'],
    ['read', 'write'],
    ['_admin'],
  ),
  address: fc.constantFrom(null, ...addresses),
  at: fc.constantFrom(Date.UTC(2030, 0, 1), Date.UTC(2030, 0, 1, 12), Date.UTC(2030, 0, 3)),
})

function engineOf(written: readonly object[], withRoles: readonly NaiveRole[]): RangerEngine {
  const read = readServicePolicies({ policies: written }, { service: null, serviceDef: HDFS, file: '' })
  return compileEngine(read, { serviceName: '', version: 1, roles: withRoles }, { fallback: 'native' })
}

const asked = ({ path, ...rest }: NaiveRequest): ResourceRequest => ({
  ...rest,
  resource: new Map([['path', path]]),
  roles: null,
  action: '',
})

// A twin looks at every policy: an index that lost one of many would be found out.
test.each([
  { most: 6, runs: RUNS },
  { most: 40, runs: { numRuns: 100 } },
])('decides what a twin decides that looks at every one of up to $most policies', ({ most, runs }) => {
  fc.assert(
    fc.property(
      policies(most),
      roles,
      fc.array(request, { minLength: 1, maxLength: 8 }),
      (written, given, requests) => {
        const engine = engineOf(written, given)
        for (const one of requests) {
          const { isDetermined, isAllowed, isAudited } = engine.decide(asked(one))
          expect({ isDetermined, isAllowed, isAudited }).toEqual(decideNaively(written, given, one))
        }
      },
    ),
    runs,
  )
})

test('explains what it decides, from every policy whose resource matches', () => {
  fc.assert(
    fc.property(policies(30), roles, request, (written, given, one) => {
      const engine = engineOf(written, given)
      const { result, candidates } = engine.explain(asked(one))
      const { until, ...decided } = engine.decide(asked(one))
      expect(result).toEqual({ ...decided, until: expect.any(Number) })
      if (result.policyId === null) return
      const said = candidates.filter(({ policyId }) => policyId === result.policyId).map(({ says }) => says)
      expect(said).toContain(result.isAllowed ? 'allow' : 'deny')
      expect(until).toBeGreaterThanOrEqual(one.at)
    }),
    RUNS,
  )
})

test('does not change because of a policy about something else', () => {
  const elsewhere = {
    id: 99,
    name: 'z',
    resources: { path: { values: ['/elsewhere'] } },
    isDenyAllElse: true,
  }
  fc.assert(
    fc.property(policies(6), roles, request, (written, given, one) => {
      fc.pre(written.length > 0)
      const alone = engineOf(written, given).decide(asked(one))
      expect(engineOf([...written, elsewhere], given).decide(asked(one))).toEqual(alone)
    }),
    RUNS,
  )
})

test('gives the same answer up to the moment that it names', () => {
  fc.assert(
    fc.property(policies(6), roles, request, fc.nat(3 * 86_400_000), (written, given, one, later) => {
      const engine = engineOf(written, given)
      const { until, ...now } = engine.decide(asked(one))
      const { until: _, ...then } = engine.decide(asked({ ...one, at: Math.min(one.at + later, until) }))
      expect(then).toEqual(now)
    }),
    RUNS,
  )
})

test('reads no address and no groups where it says so', () => {
  fc.assert(
    fc.property(policies(4), request, (written, one) => {
      const engine = engineOf(written, [])
      const { until: _, ...answer } = engine.decide(asked(one))
      const other = {
        ...one,
        address: engine.readsAddress ? one.address : '192.0.2.1',
        groups: engine.readsGroups ? one.groups : ['other'],
      }
      expect(engine.decide(asked(other))).toMatchObject(answer)
    }),
    RUNS,
  )
})
