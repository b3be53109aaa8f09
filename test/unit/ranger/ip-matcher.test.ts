import { describe, expect, test } from 'vitest'
import { CONDITIONS } from '../../../src/ranger/conditions.ts'

const IP_RANGE = { name: 'ip-range', evaluator: 'RangerIpMatcher', options: new Map<string, string>() }

function compile(values: readonly string[], grants = true) {
  const compiler = CONDITIONS.get(IP_RANGE.evaluator)
  if (compiler === undefined) throw new TypeError('no compiler for addresses')
  return compiler(IP_RANGE, values, grants)
}

const holds = (values: readonly string[], address: string | null, grants = true): boolean =>
  compile(values, grants).holds({ address, at: 0 })

describe('the condition on the address', () => {
  test.each<[string, string[], string | null, boolean]>([
    ['an address', ['192.0.2.1'], '192.0.2.1', true],
    ['an address that only starts like it', ['192.0.2.1'], '192.0.2.10', false],
    ['a beginning', ['10.1.*'], '10.1.200.3', true],
    ['a beginning that ends at a dot', ['10.1.*'], '10.10.0.1', false],
    ['several stars at the end', ['172.16.*.*'], '172.16.5.9', true],
    ['a star inside is a star', ['10.*.1'], '10.0.1', false],
    ['a star at the start is a star', ['*.5.*'], '10.5.1.1', false],
    ['a star without a dot is a star', ['10*'], '10.0.0.1', false],
    ['a star without a dot after a dot is a star', ['10.0*'], '10.0.0.1', false],
    ['any of several', ['10.1.*', '192.0.2.1'], '192.0.2.1', true],
    ['all', ['*'], '192.0.2.1', true],
    ['all, beside others', ['10.0.0.1', '*'], '192.0.2.1', true],
    ['all, in numbers', ['*.*.*.*'], '192.0.2.1', true],
    ['all, in groups', ['*:*'], '192.0.2.1', true],
    ['no values', [], '192.0.2.1', true],
    ['an unknown address', ['10.0.0.1'], null, true],
    ['IPv6 in capitals', ['2001:DB8::1'], '2001:db8::1', true],
    ['IPv6 in capitals is no beginning', ['2001:DB8::1'], '2001:db8::10', false],
    ['IPv6 in capitals that is asked for', ['2001:db8::1'], '2001:DB8::1', true],
    ['IPv6 as Java writes it', ['2001:db8:0:0:0:0:0:1'], '2001:db8::1', true],
    ['a beginning of IPv6', ['FE80:*'], 'fe80::1', true],
    ['a beginning of IPv6, several stars', ['fe80:*:*'], 'fe80::1', true],
    ['a beginning of IPv6 that ends at a colon', ['fe8:*'], 'fe80::1', false],
    ['a beginning as Java writes it', ['2001:db8:0:*'], '2001:db8::1', true],
    ['a beginning as it is written short', ['fe80::*'], 'fe80::1', true],
    ['what is no address is compared as text', ['fe80:*'], 'FE80:0:0:1', true],
    ['IPv4 within IPv6', ['10.1.*'], '::ffff:10.1.2.3', true],
    ['IPv4 within IPv6, in the policy', ['::FFFF:10.1.2.3'], '10.1.2.3', true],
    ['a beginning of IPv4 within IPv6, in the policy', ['::ffff:10.1.*'], '10.1.2.3', true],
    ['a beginning of IPv4 within IPv6 elsewhere', ['::ffff:10.1.*'], '10.2.2.3', false],
    ['a range', ['10.0.0.0/8'], '10.255.0.1', true],
    ['a range that ends before it', ['10.0.0.0/8'], '11.0.0.0', false],
    ['a range that is not written from its start', ['10.1.2.3/8'], '10.255.0.1', true],
    ['a range of IPv6', ['2001:db8::/32'], '2001:db8:ffff::1', true],
    ['a range of IPv6 and IPv4', ['::/0'], '10.0.0.1', false],
    ['a range of IPv4 within IPv6', ['::ffff:10.0.0.0/104'], '10.255.0.1', true],
    ['what only looks like a range', ['10.0.0.0/33'], '10.0.0.0', false],
    ['what only looks like a range of IPv6', ['2001:db8::/129'], '2001:db8::', false],
    ['a range of IPv4 within IPv6 that is larger than IPv4', ['::ffff:10.0.0.0/8'], '10.0.0.0', false],
    ['a range with a zone', ['fe80::%1/64'], 'fe80::1', false],
    ['a prefix length with a zero before it', ['10.0.0.0/08'], '10.0.0.0', false],
    ['two slashes', ['10.0.0.0/8/8'], '10.0.0.0', false],
    ['a blank is part of a value', [' 192.0.2.1'], '192.0.2.1', false],
  ])('%s', (_, values, address, wanted) => {
    expect(holds(values, address)).toBe(wanted)
    expect(holds(values, address, false)).toBe(wanted)
  })

  test('an empty value never helps to grant, and never weakens a refusal', () => {
    expect(holds([''], '10.0.0.1', true)).toBe(false)
    expect(holds([''], null, true)).toBe(false)
    expect(holds(['', '10.0.0.1'], '10.0.0.1', true)).toBe(true)
    expect(holds(['', '10.0.0.1'], '192.0.2.1', true)).toBe(false)
    expect(holds([''], '10.0.0.1', false)).toBe(true)
    expect(holds(['', '10.0.0.1'], '192.0.2.1', false)).toBe(true)
  })

  test('says whether it reads the address', () => {
    expect(compile(['10.0.0.1']).readsAddress).toBe(true)
    expect(compile(['*']).readsAddress).toBe(false)
    expect(compile([]).readsAddress).toBe(false)
    expect(compile(['']).readsAddress).toBe(false)
  })
})
