import { describe, expect, test } from 'vitest'
import { hostNamesIn, MachineList, type MachineListOptions } from '../../../src/hadoop/machine-list.ts'
import { configError } from '../../support/config-error.ts'

const DNS = new Map([
  ['edge1', '192.0.2.11'],
  ['six.example', '2001:DB8::7'],
])
const resolve = (name: string): string | null => DNS.get(name) ?? null

const OURS: MachineListOptions = {
  ipv6Ranges: true,
  shortAddresses: false,
  unresolvedMatches: false,
  ipv6AgainstRanges: false,
}
const HADOOP: MachineListOptions = { ...OURS, ipv6Ranges: false, shortAddresses: true }

describe('which address is on which list', () => {
  test.each<[string, string | null, string, boolean]>([
    ['everybody', '*', '192.0.2.1', true],
    ['everybody, said twice', '*, *', '2001:db8::1', true],
    ['a star beside another entry is a host nobody has', '*,10.0.0.1', '192.0.2.1', false],
    ['an empty list', '', '192.0.2.1', false],
    ['no list', null, '192.0.2.1', false],
    ['an address', '192.0.2.1, 192.0.2.2', '192.0.2.2', true],
    ['blanks do not separate', '192.0.2.1 192.0.2.2', '192.0.2.1', false],
    ['a range, its first address', '10.7.0.0/16', '10.7.0.0', true],
    ['a range, its last address', '10.7.33.44/16', '10.7.255.255', true],
    ['a range, one before it', '10.7.0.0/16', '10.6.255.255', false],
    ['a range in the upper half', '200.0.0.0/6', '203.255.255.255', true],
    ['0.0.0.0 is in no range', '0.0.0.0/0', '0.0.0.0', false],
    ['0.0.0.0 by itself', '0.0.0.0', '0.0.0.0', true],
    ['leading zeros in a range are decimal', '010.007.000.000/08', '10.1.1.1', true],
    ['a host name', 'edge1', '192.0.2.11', true],
    ['a host name with an IPv6 address', 'six.example', '2001:db8::7', true],
    ['a host name that nobody has', 'ghost', '192.0.2.11', false],
    ['a name that JavaScript objects have', 'constructor', '192.0.2.11', false],
    ['IPv6 in another spelling', '2001:db8:0:0::5', '2001:DB8::0:5', true],
    ['IPv6 in brackets', '[2001:db8::5]', '2001:db8::5', true],
    ['a numeric zone does not count', 'fe80::1%3', 'fe80::1', true],
    ['IPv4 written as IPv6', '::ffff:192.0.2.5', '192.0.2.5', true],
    ['an IPv4 client seen as IPv6', '10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['an IPv6 client and IPv4 ranges', '10.0.0.0/8', '2001:db8::5', false],
    ['what is not an address', '10.0.0.0/8', 'not-an-address', false],
    ['the empty text', '10.0.0.0/8, 127.0.0.1', '', false],
  ])('%s, for us and for Hadoop', (_, list, address, wanted) => {
    expect(MachineList.parse(list, resolve, OURS).includes(address)).toBe(wanted)
    expect(MachineList.parse(list, resolve, HADOOP).includes(address)).toBe(wanted)
  })

  test.each<[string, string, boolean]>([
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::8000:0/97', '2001:db8::ffff:ffff', true],
    ['::/0', '2001:db8::1', true],
    ['::/0', '192.0.2.1', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '11.1.2.3', false],
    ['2001:db8::1/128', '2001:db8::1', true],
  ])('IPv6 ranges (D-2): %s and %s', (list, address, wanted) => {
    expect(MachineList.parse(list, resolve, OURS).includes(address)).toBe(wanted)
  })

  test('short forms are addresses for Hadoop alone (D-3)', () => {
    const list = MachineList.parse('10.1, 1, 192.0.2.005', resolve, HADOOP)
    expect(['10.0.0.1', '0.0.0.1', '192.0.2.5'].map((address) => list.includes(address))).toEqual([
      true,
      true,
      true,
    ])
  })

  test('an IPv6 client that meets ranges is on a list that blocks, as Hadoop refuses it (D-5)', () => {
    const blocked = MachineList.parse('10.0.0.0/8', resolve, { ...HADOOP, ipv6AgainstRanges: true })
    expect(blocked.includes('2001:db8::5')).toBe(true)
    expect(blocked.includes('192.0.2.1')).toBe(false)
    const without = MachineList.parse('10.0.0.1', resolve, { ...HADOOP, ipv6AgainstRanges: true })
    expect(without.includes('2001:db8::5')).toBe(false)
  })

  test('nobody is outside a list that blocks as long as a name in it is unknown (D-11)', () => {
    const list = MachineList.parse('192.0.2.9, ghost', resolve, { ...OURS, unresolvedMatches: true })
    expect(list.unresolved).toEqual(['ghost'])
    expect(list.includes('203.0.113.5')).toBe(true)
  })
})

describe('entries that do not load', () => {
  const problemsOf = (list: string, options: MachineListOptions): string[] =>
    configError(() => MachineList.parse(list, resolve, options))?.problems.map(({ message }) => message) ?? []

  test.each([
    '10.7/24',
    '10.7.0.0/33',
    '10.7.256.0/24',
    '10.7.0.0/255.255.0.0',
    '10.7.0.0/',
    '10.7.0.0 /16',
    '10.7.0.0/016',
    'edge1/24',
    '/',
    '10.0.0.0/8/8',
    '١٠.0.0.0/8',
  ])('%j, for us and for Hadoop', (entry) => {
    expect(problemsOf(`192.0.2.1,${entry}`, OURS)).toHaveLength(1)
    expect(problemsOf(`192.0.2.1,${entry}`, HADOOP)).toHaveLength(1)
  })

  test.each(['10.1', '1', '256.0.0.1', '192.0.2.005', '1.2.3.4.5', '0x7f.1', '10.0.0.'])(
    '%j, for us alone (D-3)',
    (entry) => {
      expect(problemsOf(entry, OURS)).toHaveLength(1)
      expect(problemsOf(entry, HADOOP)).toEqual([])
    },
  )

  test.each(['2001:db8::/129', '::ffff:10.0.0.0/8', '2001:db8::%3/64', '::/', 'fe80::1/64/1'])(
    '%j',
    (entry) => {
      expect(problemsOf(entry, OURS)).toHaveLength(1)
    },
  )

  test('all of them are reported at once, each with what to write instead', () => {
    expect(problemsOf('10.7/24, 10.0.0.1, 10.0.0.0/33, 10.1', OURS)).toEqual([
      '`10.7/24` is not an address range',
      '`10.0.0.0/33` has a number that is too high',
      '`10.1` is not an IPv4 address',
    ])
  })

  test('an IPv6 range does not load in Hadoop', () => {
    expect(problemsOf('2001:db8::/32', HADOOP)).toEqual([
      '`2001:db8::/32` is an IPv6 range, which Hadoop cannot load',
    ])
  })
})

test('only what may be a host name is looked up', () => {
  const text =
    '*, 10.0.0.1, 10.0.0.0/8, 2001:db8::1, 192.0.2.*, edge1, a b, 10.1, !x, Six.Example, edge1, bücher.example'
  expect(hostNamesIn(text)).toEqual(['edge1', 'Six.Example', 'bücher.example'])
  expect(hostNamesIn('*')).toEqual([])
})
