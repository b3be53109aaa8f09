import { describe, expect, test } from 'vitest'
import { parseProxyServers } from '../../../src/hadoop/forwarded-address.ts'
import { originOf } from '../../../src/identity/origin.ts'
import { parseTrustedPeers } from '../../../src/identity/peers.ts'

const proxies = parseTrustedPeers(['10.0.0.0/24', '2001:db8:1::/48'], 'trustedProxies')
const PROXY = '10.0.0.1'
const CLIENT = '198.51.100.7'

describe('the address of a request', () => {
  test.each([
    { peer: CLIENT, address: CLIENT },
    { peer: '::ffff:198.51.100.7', address: CLIENT },
    { peer: '2001:DB8::1', address: '2001:db8::1' },
    { peer: 'fe80::1%eth0', address: 'fe80::1' },
    { peer: '', address: null },
    { peer: 'localhost', address: null },
  ])('of the peer $peer is $address', ({ peer, address }) => {
    expect(originOf(peer, [], null)).toEqual({ address, names: [] })
  })

  // A client claims the address of an administrator's machine to pass a host list.
  test.each([
    { what: 'without trusted proxies', peer: PROXY, trusted: null },
    { what: 'from an untrusted peer', peer: CLIENT, trusted: proxies },
  ])('is the peer $what, whatever the headers say', ({ peer, trusted }) => {
    expect(originOf(peer, ['192.0.2.99'], trusted, null, ['for=192.0.2.99'])).toMatchObject({ address: peer })
    expect(originOf(peer, ['garbage'], trusted, null, ['"'])).toMatchObject({ address: peer })
  })

  test.each([
    { chain: [], address: PROXY },
    { chain: [''], address: PROXY },
    { chain: [CLIENT], address: CLIENT },
    { chain: [`${CLIENT}, 10.0.0.2`], address: CLIENT },
    { chain: [CLIENT, '10.0.0.2'], address: CLIENT },
    { chain: [`${CLIENT}:4711, [2001:db8:1::9]:443`], address: CLIENT },
    { chain: ['::ffff:198.51.100.7, ::ffff:10.0.0.2'], address: CLIENT },
    { chain: ['[2001:DB8:2::1]:80'], address: '2001:db8:2::1' },
    { chain: ['10.0.0.3, 10.0.0.2'], address: '10.0.0.3' },
  ])('through trusted proxies with $chain is $address', ({ chain, address }) => {
    expect(originOf(PROXY, chain, proxies)).toEqual({ address, names: [] })
  })

  // The client writes the left part itself; proxies only append. The first hop that is not trusted is the client,
  // and what it wrote is not even read: it can neither lie with it nor make its own request look broken.
  test.each([
    [`192.0.2.99, ${CLIENT}, 10.0.0.2`],
    [`10.0.0.9, ${CLIENT}`],
    [`unknown, ${CLIENT}`],
    [`, ${CLIENT}`],
    ['192.0.2.99', CLIENT],
  ])('is not what the client wrote left of itself: %s', (...chain) => {
    expect(originOf(PROXY, chain, proxies)).toMatchObject({ address: CLIENT })
  })

  test.each([
    'unknown',
    '_obf',
    '010.0.0.1',
    '0x0a000001',
    '10.1',
    ' , ',
    `${CLIENT},`,
    'localhost',
    `${CLIENT}, x`,
  ])('cannot be told from %j, which is refused', (line) => {
    expect(() => originOf(PROXY, [line], proxies)).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_FORWARDED', reason: 'forwarded_address' }),
    )
  })
})

describe('Forwarded', () => {
  test.each([
    { lines: [`for=${CLIENT}`], address: CLIENT },
    { lines: [`for=192.0.2.99, for=${CLIENT};proto=http, for=10.0.0.2`], address: CLIENT },
    { lines: ['for="[2001:db8:2::1]:80"'], address: '2001:db8:2::1' },
  ])('$lines is walked in the same way', ({ lines, address }) => {
    expect(originOf(PROXY, [], proxies, null, lines)).toMatchObject({ address })
  })

  test('may stand beside X-Forwarded-For if both say the same', () => {
    expect(originOf(PROXY, [CLIENT], proxies, null, [`for="${CLIENT}:80"`])).toMatchObject({
      address: CLIENT,
    })
  })

  // The proxy overwrites one of the headers and passes the other on as the client wrote it.
  test('that disagrees with X-Forwarded-For is refused', () => {
    expect(() => originOf(PROXY, [CLIENT], proxies, null, ['for=192.0.2.99'])).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_FORWARDED', reason: 'forwarded_conflict' }),
    )
  })

  test.each(['for=unknown', 'for=_hidden', 'proto=http', 'for="'])('%s is refused', (line) => {
    expect(() => originOf(PROXY, [], proxies, null, [line])).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_FORWARDED' }),
    )
  })
})

// Hadoop's own rule, which lets a client choose its address; parity alone switches it on.
describe('as Hadoop (D-9)', () => {
  const servers = parseProxyServers('192.0.2.9, 2001:db8::9', () => null)

  test.each([
    { peer: '192.0.2.9', chain: [], address: '192.0.2.9' },
    { peer: '192.0.2.9', chain: ['192.0.2.99, 198.51.100.7'], address: '192.0.2.99' },
    { peer: '192.0.2.9', chain: ['10.1', '198.51.100.7'], address: '10.0.0.1' },
    { peer: '192.0.2.9', chain: [' , 198.51.100.7'], address: '192.0.2.9' },
    { peer: '192.0.2.9', chain: ['not-an-ip'], address: null },
    { peer: '2001:db8::9', chain: ['2001:db8::1'], address: '2001:db8::1' },
    { peer: '192.0.2.8', chain: ['192.0.2.99'], address: '192.0.2.8' },
  ])('$chain from $peer is $address', ({ peer, chain, address }) => {
    expect(originOf(peer, chain, proxies, servers)).toEqual({ address, names: [] })
  })
})
