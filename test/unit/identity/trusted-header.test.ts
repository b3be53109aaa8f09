import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { parseTrustedPeers } from '../../../src/identity/peers.ts'
import { createTrustedHeaderAuthenticator } from '../../../src/identity/trusted-header.ts'
import { viewOf } from './support.ts'

const SECRET = 'correct horse battery staple'

const authenticatorFor = (options: { header?: string; secretHeader?: string; secret?: string } = {}) =>
  createTrustedHeaderAuthenticator({
    header: options.header ?? 'X-Remote-User',
    shared: {
      header: options.secretHeader ?? 'X-Proxy-Secret',
      secret: Buffer.from(options.secret ?? SECRET),
    },
    certificateNames: [],
    peers: parseTrustedPeers(['192.0.2.1', '10.1.0.0/16', '2001:db8::/32'], 'peers'),
  })

const trusted = authenticatorFor()
const USER = ['x-remote-user', 'alice'] as const
const KEY = ['x-proxy-secret', SECRET] as const

test.each([
  { who: 'a listed address', peer: '192.0.2.1' },
  { who: 'an address in a listed range', peer: '10.1.2.3' },
  { who: 'an address in a listed IPv6 range', peer: '2001:db8::7' },
])('$who with the secret says who is calling', ({ peer }) => {
  expect(trusted.authenticate(viewOf({ peer, headers: [USER, KEY] }))).toEqual({
    principal: 'alice',
    method: 'SIMPLE',
  })
})

// A client sends the header itself: it stands for nothing unless a listed proxy has sent it, and shows its secret.
test.each([
  { what: 'an unlisted peer with the right secret', peer: '192.0.2.2', headers: [USER, KEY] },
  { what: 'an unlisted peer with everything twice', peer: '192.0.2.2', headers: [USER, USER, KEY, KEY] },
  { what: 'no secret', headers: [USER] },
  { what: 'an empty secret', headers: [USER, ['x-proxy-secret', '']] as const },
  { what: 'a wrong secret', headers: [USER, ['x-proxy-secret', 'wrong']] as const },
  { what: 'the beginning of the secret', headers: [USER, ['x-proxy-secret', SECRET.slice(0, -1)]] as const },
  { what: 'the secret and more', headers: [USER, ['x-proxy-secret', `${SECRET}x`]] as const },
  { what: 'the secret in capitals', headers: [USER, ['x-proxy-secret', SECRET.toUpperCase()]] as const },
  { what: 'the secret and no user', headers: [KEY] },
])('$what is not mine', ({ peer, headers }) => {
  expect(trusted.authenticate(viewOf({ headers, ...(peer === undefined ? {} : { peer }) }))).toBeNull()
})

// A client sends the header as well, and the proxy adds its own: Node would join the two, other programs take either.
test.each([
  { what: 'the user', headers: [USER, ['x-remote-user', 'root'], KEY] as const },
  { what: 'the same user', headers: [USER, USER, KEY] },
  { what: 'the secret', headers: [USER, KEY, KEY] },
])('$what twice is refused', ({ headers }) => {
  expect(() => trusted.authenticate(viewOf({ headers }))).toThrow(
    expect.objectContaining({ code: 'ERR_HTTP_FRAMING', reason: 'duplicate_header' }),
  )
})

describe('the value of the header', () => {
  test('beyond ASCII is UTF-8, which Node hands over as Latin-1', () => {
    const sent = Buffer.from('josé', 'utf8').toString('latin1')
    const answer = trusted.authenticate(viewOf({ headers: [['x-remote-user', sent], KEY] }))
    expect(answer).toMatchObject({ principal: 'josé' })
  })

  test('that is not UTF-8 is refused', () => {
    expect(() => trusted.authenticate(viewOf({ headers: [['x-remote-user', 'jos\u00e9'], KEY] }))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTHN_INVALID' }),
    )
  })
})

test('both headers are taken off every request, whoever sent them', () => {
  expect(trusted.managedHeaders).toEqual(['x-remote-user', 'x-proxy-secret'])
})

test('a line end at the end of the file of the secret does not count', () => {
  const authenticator = authenticatorFor({ secret: `${SECRET}\r\n` })
  expect(authenticator.authenticate(viewOf({ headers: [USER, KEY] }))).not.toBeNull()
})

test.each([
  ['an empty secret', { secret: '\n' }],
  ['one header for both', { secretHeader: 'x-remote-USER' }],
  ['a header that frames messages', { header: 'Content-Length' }],
  ['a header of other credentials', { header: 'Authorization' }],
  ['the header of addresses', { secretHeader: 'X-Forwarded-For' }],
  ['an underscore, which others read as a dash', { header: 'X_Remote_User' }],
  ['no header', { header: '' }],
])('%s is refused at the start', (_, options) => {
  expect(() => authenticatorFor(options)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_SETTINGS' }))
})

describe('a list of trusted peers', () => {
  test.each([
    '*',
    '0.0.0.0/0',
    '::/0',
    '0.0.0.0/00',
    '0.0.0.0/1',
    '128.0.0.0/7',
    '2000::/3',
    'proxy.example',
    '10.1',
    '010.0.0.1',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0.1,10.0.0.2',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    '',
  ])('must not have %j in it', (entry) => {
    expect(() => parseTrustedPeers(['192.0.2.1', entry], 'trustedProxies')).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_SETTINGS',
        problems: [expect.objectContaining({ key: 'trustedProxies' })],
      }),
    )
  })

  test('reports every bad entry, and trusts nobody when empty', () => {
    expect(() => parseTrustedPeers(['*', '::/0'], 'peers')).toThrow(
      expect.objectContaining({ problems: [expect.anything(), expect.anything()] }),
    )
    expect(parseTrustedPeers([], 'peers').includes('192.0.2.1')).toBe(false)
  })
})
