import { describe, expect, test } from 'vitest'
import { type Binding, type Locator, Locators } from '../../../src/http/redirects/locator.ts'

const LOCATOR: Locator = {
  dataNode: 'http://dn1:9864',
  nameNode: 'nn1:8020',
  delegation: 'SECRET-TOKEN',
  identity: {
    principal: 'alice',
    user: 'alice',
    method: 'SIMPLE',
    doAs: null,
    doAsPrincipal: null,
    anonymous: false,
  },
  parameters: [],
}
const BINDING: Binding = { service: 'nn', op: 'OPEN', path: '/webhdfs/v1/a' }
const [FIRST, SECOND] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const locators = (secrets: readonly Uint8Array[], now: () => number = () => 0): Locators =>
  new Locators({ secrets, lifetimeMs: 1_000, now })

describe('a locator', () => {
  test('is opened for exactly what it was sealed for', () => {
    const ours = locators([FIRST])
    expect(ours.open(ours.seal(LOCATOR, BINDING), BINDING)).toEqual(LOCATOR)
  })

  test('shows nothing of what is in it, and never looks the same twice', () => {
    const ours = locators([FIRST])
    const [one, other] = [ours.seal(LOCATOR, BINDING), ours.seal(LOCATOR, BINDING)]
    expect(one).toMatch(/^[A-Za-z0-9_-]+$/)
    for (const hidden of ['dn1', 'nn1', 'SECRET', 'alice'])
      expect(Buffer.from(one, 'base64url').toString('latin1')).not.toContain(hidden)
    expect(one.slice(8)).not.toBe(other.slice(8))
  })

  // Attack: a link for one thing is followed for another.
  test.each([
    ['another service', { service: 'nn2' }],
    ['another operation', { op: 'CREATE' }],
    ['another path', { path: '/webhdfs/v1/b' }],
    ['parts that are only joined alike', { op: 'OPEN","/webhdfs/v1/a' }],
  ])('is worth nothing for %s', (_, other) => {
    const ours = locators([FIRST])
    expect(ours.open(ours.seal(LOCATOR, BINDING), { ...BINDING, ...other })).toBe('locator_invalid')
  })

  test('of the secret before is still believed, of any other one never', () => {
    const sealed = locators([FIRST]).seal(LOCATOR, BINDING)
    expect(locators([SECOND, FIRST]).open(sealed, BINDING)).toEqual(LOCATOR)
    expect(locators([SECOND]).open(sealed, BINDING)).toBe('locator_invalid')
    expect(locators([FIRST]).open(locators([SECOND, FIRST]).seal(LOCATOR, BINDING), BINDING)).toBe(
      'locator_invalid',
    )
  })

  test('ends with its lifetime, and one from the future is not believed', () => {
    let now = 100_000
    const ours = locators([FIRST], () => now)
    const sealed = ours.seal(LOCATOR, BINDING)
    now += 999
    expect(ours.open(sealed, BINDING)).toEqual(LOCATOR)
    now += 1
    expect(ours.open(sealed, BINDING)).toBe('locator_expired')
    now = 39_999
    expect(ours.open(sealed, BINDING)).toBe('locator_expired')
  })

  test.each(['', 'A', 'AAAA', '/dn/evil:22', '%', 'é', `${'A'.repeat(60)}=`, 'A'.repeat(100_000)])(
    'is not made of %j',
    (text) => expect(locators([FIRST]).open(text, BINDING)).toBe('locator_invalid'),
  )
})
