import { describe, expect, test } from 'vitest'
import { forwardedForHops, forwardedHops, parseHop } from '../../../src/identity/forwarded.ts'

describe('one hop', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.1\t', '192.0.2.1'],
    ['192.0.2.1:8080', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
  ])('%j is the address %s', (text, address) => {
    expect(parseHop(text)).toBe(address)
  })

  // Other programs read these as addresses, each in its own way; held against a list they could be anybody.
  test.each([
    '',
    'unknown',
    '_hidden',
    'localhost',
    '0x0a000001',
    '0x0a.0.0.1',
    '010.0.0.1',
    '10.1',
    '167772161',
    '10.0.0.1/8',
    '10.0.0.256',
    '10.0.0.1:',
    '10.0.0.1:65536',
    '10.0.0.1:123456',
    '[10.0.0.1]',
    '[2001:db8::1',
    '2001:db8::1]:80',
    '[2001:db8::1]80',
    'fe80::1%eth0',
    '[fe80::1%25eth0]',
    '10.0.0.1 10.0.0.2',
    '"10.0.0.1"',
    '10.0.0.1\u0000',
    '１０.0.0.1',
  ])('%j is refused', (text) => {
    expect(() => parseHop(text)).toThrow(expect.objectContaining({ code: 'ERR_HTTP_FORWARDED' }))
  })
})

test.each([
  { lines: [], hops: [] },
  { lines: [''], hops: [] },
  { lines: [' \t'], hops: [] },
  { lines: ['a, b', 'c'], hops: ['a', ' b', 'c'] },
  { lines: ['a', '', 'c'], hops: ['a', '', 'c'] },
])('the lines $lines of X-Forwarded-For are the hops $hops', ({ lines, hops }) => {
  expect(forwardedForHops(lines)).toEqual(hops)
})

describe('Forwarded', () => {
  test.each([
    { lines: [], hops: [] },
    { lines: [' '], hops: [] },
    { lines: ['for=192.0.2.60'], hops: ['192.0.2.60'] },
    { lines: ['for=192.0.2.60;proto=http;by=203.0.113.43'], hops: ['192.0.2.60'] },
    { lines: ['For="[2001:db8:cafe::17]:4711"'], hops: ['[2001:db8:cafe::17]:4711'] },
    { lines: ['for=192.0.2.43, for=198.51.100.17'], hops: ['192.0.2.43', '198.51.100.17'] },
    { lines: ['for=192.0.2.43', 'proto=https;for=198.51.100.17'], hops: ['192.0.2.43', '198.51.100.17'] },
    { lines: ['for="192.0.2.43" ; host="a,b;for=1.1.1.1"'], hops: ['192.0.2.43'] },
    { lines: [String.raw`for="19\2.0.2.43"`], hops: ['192.0.2.43'] },
  ])('$lines has the hops $hops', ({ lines, hops }) => {
    expect(forwardedHops(lines)).toEqual(hops)
  })

  // A client opens a quote; the proxy appends its own element behind it. Read leniently, the quote would swallow what
  // the proxy said, and the client's address would be the last one standing.
  test.each([
    'for="192.0.2.1, for=198.51.100.17',
    'for=192.0.2.1;x=", for="[2001:db8::1]:80"',
    'for="a, for="[2001:db8::1]"',
    'for=192.0.2.1,',
    ',for=192.0.2.1',
    'for=192.0.2.1;for=198.51.100.17',
    'for=192.0.2.1;FOR=198.51.100.17',
    'proto=https',
    'for',
    'for=',
    'for =192.0.2.1',
    'for= 192.0.2.1',
    'for=192.0.2.43:47011',
    'for=2001:db8::1',
    'for="192.0.2.1" for=198.51.100.17',
    'for=192.0.2.1;',
  ])('%j is refused', (line) => {
    expect(() => forwardedHops([line])).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_FORWARDED', reason: 'forwarded_header' }),
    )
  })
})
