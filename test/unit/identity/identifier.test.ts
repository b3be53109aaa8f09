import { describe, expect, test } from 'vitest'
import { AuthToLocal } from '../../../src/hadoop/kerberos-name.ts'
import type { Authenticator } from '../../../src/identity/authenticator.ts'
import {
  createIdentifier,
  effectiveUser,
  subjectOf,
  type Identity,
} from '../../../src/identity/identifier.ts'
import { compileUserPattern } from '../../../src/identity/names.ts'
import { parseTrustedPeers } from '../../../src/identity/peers.ts'
import { createPseudoAuthenticator } from '../../../src/identity/pseudo.ts'
import { createTrustedHeaderAuthenticator } from '../../../src/identity/trusted-header.ts'
import { configurationOf, viewOf } from './support.ts'

const PATTERN = 'dfs.webhdfs.user.provider.user.pattern'
const pattern = compileUserPattern(configurationOf({}))
const names = { pattern, rules: AuthToLocal.parse('RULE:[1:$1] RULE:[2:$1]', 'hadoop', '') }
const pseudo = createPseudoAuthenticator({ pattern })
const header = createTrustedHeaderAuthenticator({
  header: 'x-user',
  shared: { header: 'x-key', secret: Buffer.from('k') },
  certificateNames: [],
  peers: parseTrustedPeers(['192.0.2.1'], 'peers'),
})
/** The proxy in front says that this is the caller. */
const vouched = (user: string) => ({ headers: [['x-user', user] as const, ['x-key', 'k'] as const] })

const identifierOf = (authenticators: readonly Authenticator[], anonymousUser: string | null = null) =>
  createIdentifier({ authenticators, anonymousUser, names })
const both = identifierOf([header, pseudo])

describe('who is calling', () => {
  test.each([
    { request: { userName: 'alice' }, user: 'alice', principal: 'alice' },
    { request: vouched('alice'), user: 'alice', principal: 'alice' },
    { request: vouched('alice@EXAMPLE.COM'), user: 'alice', principal: 'alice@EXAMPLE.COM' },
    { request: vouched('nn/host@EXAMPLE.COM'), user: 'nn', principal: 'nn/host@EXAMPLE.COM' },
    { request: { ...vouched('alice@A'), userName: 'alice' }, user: 'alice', principal: 'alice@A' },
  ])('$request is $user', ({ request, user, principal }) => {
    expect(both.identify(viewOf(request))).toEqual({
      principal,
      user,
      method: 'SIMPLE',
      doAs: null,
      doAsPrincipal: null,
      anonymous: false,
    })
  })

  test('nobody is asked to authenticate, with every challenge there is', () => {
    expect(() => both.identify(viewOf({}))).toThrow(expect.objectContaining({ code: 'ERR_AUTHN_REQUIRED' }))
    expect(both.challenges).toEqual(['PseudoAuth'])
    expect(both.managedHeaders).toEqual(['x-user', 'x-key'])
  })

  test('nobody is the anonymous user where one is configured', () => {
    expect(identifierOf([header, pseudo], 'dr.who').identify(viewOf({}))).toMatchObject({
      user: 'dr.who',
      method: 'SIMPLE',
      anonymous: true,
    })
  })

  test.each(['', '*', 'a b', '1bad', '~svc'])('the anonymous user cannot be %j', (anonymousUser) => {
    expect(() => identifierOf([], anonymousUser)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_SETTINGS' }),
    )
  })

  // `user.name=root` sent to a listener that does not take user names: the caller must not come out as anybody,
  // not even as the anonymous user, because the upstream would read what we did not.
  test.each([null, 'dr.who'])(
    'a user name that nobody takes is not an identity (anonymous user: %s)',
    (anonymous) => {
      expect(() => identifierOf([header], anonymous).identify(viewOf({ userName: 'root' }))).toThrow(
        expect.objectContaining({ code: 'ERR_AUTHN_REQUIRED' }),
      )
    },
  )

  test.each(['*', 'alice, root', 'alice root', '', ' ', 'a/b/c@R', '@R', '..', '~svc', 'x/y@R@R', '1bad'])(
    'a proxy cannot vouch for %j',
    (user) => {
      expect(() => both.identify(viewOf(vouched(user)))).toThrow(
        expect.objectContaining({ code: 'ERR_AUTHN_INVALID' }),
      )
    },
  )

  // An operator may loosen the pattern as far as `.*`; some names would still be read as something else.
  test.each(['~svc', '.', '..', '../hdfs@R', 'a/b/c', 'alice hdfs', '*'])(
    '%j is nobody under any pattern',
    (user) => {
      const lax = { ...names, pattern: compileUserPattern(configurationOf({ [PATTERN]: '.*' })) }
      const identifier = createIdentifier({ authenticators: [header], anonymousUser: null, names: lax })
      expect(() => identifier.identify(viewOf(vouched(user)))).toThrow(
        expect.objectContaining({ code: 'ERR_AUTHN_INVALID' }),
      )
    },
  )

  // MIT rules leave a name that no rule takes as it is; `/user/nn/host@R` is not the folder of a user.
  test('a short name may keep its realm, but no slash', () => {
    const mit = {
      pattern: compileUserPattern(configurationOf({ [PATTERN]: '.*' })),
      rules: AuthToLocal.parse('RULE:[1:$1](nobody)', 'mit', ''),
    }
    const identifier = createIdentifier({ authenticators: [header], anonymousUser: null, names: mit })
    expect(identifier.identify(viewOf(vouched('alice@R')))).toMatchObject({ user: 'alice@R' })
    expect(() => identifier.identify(viewOf(vouched('nn/host@R')))).toThrow('cannot be a user name')
  })

  test('where no rule gives the principal a user, it is refused', () => {
    const strict = { pattern, rules: AuthToLocal.parse('DEFAULT', 'hadoop', 'EXAMPLE.COM') }
    const identifier = createIdentifier({ authenticators: [header], anonymousUser: null, names: strict })
    expect(identifier.identify(viewOf(vouched('alice@EXAMPLE.COM')))).toMatchObject({ user: 'alice' })
    expect(() => identifier.identify(viewOf(vouched('alice@EVIL.REALM')))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTHN_INVALID' }),
    )
  })
})

// The proxy in front has authenticated alice, and the query that she wrote says root. Whichever we took, some
// daemon behind us might take the other.
describe('two identities at once are refused', () => {
  test.each([
    { what: 'user.name names another user', request: { ...vouched('alice'), userName: 'root' } },
    { what: 'user.name differs in case', request: { ...vouched('alice'), userName: 'Alice' } },
  ])('$what', ({ request }) => {
    for (const authenticators of [[header, pseudo], [pseudo, header], [header]])
      expect(() => identifierOf(authenticators).identify(viewOf(request))).toThrow(
        expect.objectContaining({ code: 'ERR_HTTP_PARAMETER', reason: 'identity_conflict' }),
      )
  })

  test('a malformed user.name beside an authenticated user', () => {
    expect(() => identifierOf([header]).identify(viewOf({ ...vouched('alice'), userName: '*' }))).toThrow(
      expect.objectContaining({ reason: 'identity_conflict' }),
    )
  })
})

describe('an authenticator that takes its time', () => {
  const slow = (answer: string | null): Authenticator => ({
    kind: 'slow',
    challenge: 'Slow',
    managedHeaders: [],
    authenticate: async () => (answer === null ? null : { principal: answer, method: 'KERBEROS' }),
  })

  test('is waited for, and the order stays', async () => {
    const identity = identifierOf([slow(null), pseudo]).identify(viewOf({ userName: 'alice' }))
    expect(identity).toBeInstanceOf(Promise)
    expect(await identity).toMatchObject({ user: 'alice', method: 'SIMPLE' })
    expect(
      await identifierOf([slow('alice@R'), pseudo]).identify(viewOf({ userName: 'alice' })),
    ).toMatchObject({
      principal: 'alice@R',
      method: 'KERBEROS',
    })
  })

  // A rejection that nobody waits for ends a Node process: two bad credentials in one request would be enough.
  test('may fail after another has refused the request', async () => {
    const failing: Authenticator = {
      ...slow(null),
      authenticate: () => Promise.reject(new Error('too late')),
    }
    expect(() => identifierOf([failing, pseudo]).identify(viewOf({ userName: '*' }))).toThrow(
      expect.objectContaining({ reason: 'user_name' }),
    )
    await new Promise((resolve) => setImmediate(resolve))
  })

  test('contradicts like any other', async () => {
    await expect(identifierOf([slow('bo'), pseudo]).identify(viewOf({ userName: 'alice' }))).rejects.toThrow(
      expect.objectContaining({ reason: 'identity_conflict' }),
    )
  })
})

describe('doas', () => {
  test('names the effective user, through the same rules', () => {
    const identity = both.identify(viewOf({ userName: 'svc', doAs: 'bo@EXAMPLE.COM' }))
    expect(identity).toMatchObject({ user: 'svc', doAs: 'bo', doAsPrincipal: 'bo@EXAMPLE.COM' })
  })

  test('may come from the anonymous user, who needs the same right as anybody', () => {
    const identity = identifierOf([pseudo], 'dr.who').identify(viewOf({ doAs: 'bo' }))
    expect(identity).toMatchObject({ user: 'dr.who', anonymous: true, doAs: 'bo' })
  })

  test.each([
    '',
    '*',
    'hdfs,alice',
    'hdfs alice',
    'a\0b',
    '../x',
    '..',
    '~svc',
    'hdfs\u200b',
    '1bad',
    'a/b/c',
  ])('%j is refused with 400', (doAs) => {
    expect(() => both.identify(viewOf({ userName: 'svc', doAs }))).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_PARAMETER', reason: 'doas' }),
    )
  })

  test('does not help those who have not authenticated', () => {
    expect(() => both.identify(viewOf({ doAs: 'bo' }))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTHN_REQUIRED' }),
    )
  })
})

describe('the subject', () => {
  const identity = both.identify(viewOf({ ...vouched('svc/h@R'), doAs: 'bo' })) as Identity

  test('under doas is the effective user with its groups, and the caller behind it', () => {
    expect(effectiveUser(identity)).toBe('bo')
    expect(subjectOf(identity, ['eng'])).toEqual({
      user: 'bo',
      principal: 'bo',
      method: 'PROXY',
      groups: ['eng'],
      realUser: { user: 'svc', principal: 'svc/h@R', method: 'SIMPLE', groups: [], realUser: null },
    })
  })

  test('without doas is the caller; a failed look-up stays a failed look-up', () => {
    const plain = { ...identity, doAs: null, doAsPrincipal: null }
    expect(effectiveUser(plain)).toBe('svc')
    expect(subjectOf(plain, null)).toEqual({
      user: 'svc',
      principal: 'svc/h@R',
      method: 'SIMPLE',
      groups: null,
      realUser: null,
    })
  })

  test('acting for oneself is still acting for somebody', () => {
    const self = both.identify(viewOf({ userName: 'svc', doAs: 'svc' })) as Identity
    expect(subjectOf(self, []).realUser).toMatchObject({ user: 'svc' })
  })
})
