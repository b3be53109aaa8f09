import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { authorize, decide } from '../../src/decision/authorize.ts'
import { verdictKey } from '../../src/decision/cache-key.ts'
import type { AuthorizationRequest } from '../../src/decision/request.ts'
import { createSnapshot } from '../../src/decision/snapshot.ts'
import { verificationOf } from '../../src/decision/verification.ts'
import { VerdictCache } from '../../src/decision/verdict-cache.ts'
import { NOON, permissionsOf, rolesWhere } from '../support/permissions.ts'
import { CLIENT, from, policyOf, user } from '../support/policy.ts'

/** Texts that would be mistaken for one another if they were joined by a separator, or by nothing. */
const text = fc.constantFrom('', 'a', 'b', 'ab', 'a:b', '1:a', '#0', '-', '?', ';', 'read', '/a', '/a/b')

const ask = fc.record({
  resource: fc.array(fc.tuple(text, text), { maxLength: 2 }).map((pairs) => new Map(pairs)),
  accessTypes: fc.array(text, { maxLength: 2 }),
  needs: fc.constantFrom('allow' as const, 'no_deny' as const),
  shown: text,
})

const request = fc
  .record({
    name: text,
    groups: fc.array(text, { maxLength: 2 }),
    resources: fc.record({
      asks: fc.array(ask, { maxLength: 2 }),
      isUnknown: fc.boolean(),
      action: text,
    }),
  })
  .map(({ name, groups, resources }): AuthorizationRequest => ({
    service: CLIENT,
    subject: user(name, groups),
    origin: from('10.0.0.7'),
    access: { component: 'HDFS', resources, at: NOON },
  }))

const POLICY = policyOf({ [CLIENT]: '*' })
const PERMISSIONS = permissionsOf(null, {
  unknownOp: 'native',
  roles: rolesWhere(({ user: name, groups, resource, accessTypes, isTraverse }) =>
    isTraverse || name === 'a' || groups.includes([...resource.values()].join('') + accessTypes.join(''))
      ? ['some']
      : [],
  ),
})

const plain = (_: string, value: unknown): unknown => (value instanceof Map ? [...value] : value)

const keyOf = (asked: AuthorizationRequest): string => {
  const verification = verificationOf(PERMISSIONS, asked)
  if (verification === null) throw new Error('it is verified')
  return verdictKey(verification)
}

// Attack: a path that ends like the next part of the key is answered with the verdict on another path.
test('requests whose permission may differ have keys that differ', () => {
  fc.assert(
    fc.property(request, request, (one, other) => {
      expect(keyOf(one) === keyOf(other)).toBe(JSON.stringify(one, plain) === JSON.stringify(other, plain))
    }),
    { numRuns: 5_000 },
  )
})

test('the cache of verdicts answers what deciding anew would', () => {
  const snapshot = createSnapshot(POLICY, { cacheMax: 50, permissions: PERMISSIONS })
  fc.assert(
    fc.property(request, (asked) => {
      expect(authorize(snapshot, asked)).toEqual(decide(POLICY, asked, PERMISSIONS))
      expect(authorize(snapshot, asked)).toEqual(decide(POLICY, asked, PERMISSIONS))
    }),
    { numRuns: 2_000 },
  )
})

test('a verdict is remembered from its moment to the last one at which it holds, and not a millisecond longer', () => {
  const moment = fc.integer({ min: 0, max: 1_000 })
  fc.assert(
    fc.property(moment, moment, moment, (decidedAt, lasts, askedAt) => {
      const cache = new VerdictCache(10)
      const until = decidedAt + lasts
      cache.set('key', decidedAt, { refusal: null, resource: null, until })
      const isKnown = cache.get('key', askedAt) !== undefined
      expect(isKnown).toBe(decidedAt <= askedAt && askedAt <= until)
    }),
  )
})

test('a path as long as anybody likes is decided, and not remembered', () => {
  const cache = new VerdictCache(10)
  cache.set('k'.repeat(2_000), 0, { refusal: null, resource: null, until: Infinity })
  expect(cache.size).toBe(0)
})
