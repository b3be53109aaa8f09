import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { authorize, decide } from '../../src/decision/authorize.ts'
import { cacheKey } from '../../src/decision/cache-key.ts'
import type { AuthorizationRequest } from '../../src/decision/request.ts'
import { createSnapshot } from '../../src/decision/snapshot.ts'
import type { Subject } from '../../src/hadoop/subject.ts'
import { CLIENT, policyOf } from '../support/policy.ts'

/** Texts that would be mistaken for one another if they were joined by a separator, or by nothing. */
const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ab', 'a|b', 'a,b', 'a:b', '1:a', '2:ab', '=', ';', '#0', '-', '?', 'a\0b'),
  fc.string({ maxLength: 4 }),
)

const plain: fc.Arbitrary<Subject> = fc.record({
  user: text,
  principal: text,
  method: fc.constantFrom('SIMPLE', 'KERBEROS', 'TOKEN'),
  groups: fc.option(fc.array(text, { maxLength: 3 }), { nil: null }),
  realUser: fc.constant(null),
})

const subject = fc
  .tuple(plain, fc.option(plain, { nil: null }))
  .map(([self, realUser]): Subject => ({ ...self, realUser }))

const request: fc.Arbitrary<AuthorizationRequest> = fc.record({
  service: fc.option(fc.oneof(fc.constantFrom(CLIENT, 'exempt'), text), { nil: null }),
  subject: fc.option(subject, { nil: null }),
  origin: fc.record({
    address: fc.option(fc.oneof(fc.ipV4(), text), { nil: null }),
    names: fc.array(text, { maxLength: 2 }),
  }),
})

// Attack: a user called `a|b` is answered from the cache with the decision about `a` of the group `b`.
test('requests that differ have keys that differ', () => {
  fc.assert(
    fc.property(request, request, (one, other) => {
      expect(cacheKey(one) === cacheKey(other)).toBe(JSON.stringify(one) === JSON.stringify(other))
    }),
    { numRuns: 5_000 },
  )
})

test('parts that move from one field to the next make another key', () => {
  const base = (user: string, principal: string, groups: string[]): AuthorizationRequest => ({
    service: CLIENT,
    subject: { user, principal, method: 'SIMPLE', groups, realUser: null },
    origin: { address: null, names: [] },
  })
  const keys = [
    base('ab', 'c', []),
    base('a', 'bc', []),
    base('a', 'b', ['c']),
    base('a', 'a', ['b', 'c']),
    base('a', 'a', ['b,c']),
    base('a', 'a', ['b1:c']),
  ].map(cacheKey)
  expect(new Set(keys).size).toBe(keys.length)
})

test('the cache answers what deciding anew would', () => {
  const policy = policyOf({
    [CLIENT]: 'a,ab b',
    [`${CLIENT}.blocked`]: 'b a|b',
    'security.client.protocol.hosts.blocked': '1.0.0.0/8',
    'hadoop.proxyuser.a.users': '*',
    'hadoop.proxyuser.a.hosts': '*',
  })
  const snapshot = createSnapshot(policy, { cacheMax: 50 })
  fc.assert(
    fc.property(request, (asked) => {
      expect(authorize(snapshot, asked)).toEqual(decide(policy, asked))
      expect(authorize(snapshot, asked)).toEqual(decide(policy, asked))
    }),
    { numRuns: 3_000 },
  )
})
