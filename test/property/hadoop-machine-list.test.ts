import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { Ranges } from '../../src/hadoop/address-ranges.ts'
import { canonicalAddress, hadoopAddressText } from '../../src/hadoop/addresses.ts'
import { MachineList, type MachineListOptions } from '../../src/hadoop/machine-list.ts'
import { hostEntry, ipv4, ipv6 } from '../support/arbitraries-hadoop.ts'
import { oracleIncludes } from '../support/oracle-hadoop.ts'

const DNS = new Map([['edge1', '10.0.0.1']])
const resolve = (name: string): string | null => DNS.get(name) ?? null
const parity = (blocked: boolean): MachineListOptions => ({
  ipv6Ranges: false,
  shortAddresses: true,
  unresolvedMatches: false,
  ipv6AgainstRanges: blocked,
})

/** What the engine says; a load error is an answer too. */
function answer(text: string, query: string, blocked: boolean): boolean | 'does not load' {
  try {
    return MachineList.parse(text, resolve, parity(blocked)).includes(query)
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'ERR_POLICY_CIDR') return 'does not load'
    throw error
  }
}

const list = (): fc.Arbitrary<string> =>
  fc.array(hostEntry(), { maxLength: 8 }).map((entries) => entries.join(', '))

test('a host list answers as the twin does; where Hadoop raises, a list that allows says no and one that blocks yes', () => {
  fc.assert(
    fc.property(list(), fc.oneof(ipv4(), ipv6()), fc.boolean(), (text, query, blocked) => {
      const twin = oracleIncludes(text, query, DNS)
      expect(answer(text, query, blocked)).toBe(twin === 'raises' ? blocked : twin)
    }),
    { numRuns: 5000 },
  )
})

test('an address is found in every spelling of it', () => {
  fc.assert(
    fc.property(ipv6(), ipv4(), (six, four) => {
      const short = canonicalAddress(six)
      const both = MachineList.parse(`${six},${four}`, resolve, parity(false))
      for (const text of [six, six.toUpperCase(), short ?? '']) expect(both.includes(text)).toBe(true)
      expect(both.includes(`::ffff:${four}`)).toBe(true)
      expect(canonicalAddress(`::ffff:${four}`)).toBe(four)
    }),
  )
})

test('canonical text is stable, and Java prints the same address again', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const canonical = canonicalAddress(text)
      expect(canonical).not.toBeNull()
      expect(canonicalAddress(canonical ?? '')).toBe(canonical)
      expect(canonicalAddress(hadoopAddressText(text))).toBe(canonical)
    }),
    { numRuns: 1000 },
  )
})

test('an IPv6 range holds exactly the addresses that share its first bits', () => {
  const options: MachineListOptions = { ...parity(false), ipv6Ranges: true }
  const toBits = (text: string): string =>
    text
      .split(':')
      .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
      .join('')
  fc.assert(
    fc.property(ipv6(), fc.nat(128), ipv6(), (base, prefix, query) => {
      const range = MachineList.parse(`${base}/${prefix}`, resolve, options)
      expect(range.includes(query)).toBe(toBits(base).slice(0, prefix) === toBits(query).slice(0, prefix))
    }),
    { numRuns: 2000 },
  )
})

test.each([1, 4])(
  'merged ranges of %i words hold an address exactly where one of the ranges does',
  (width) => {
    // Numbers up to 80, spread over all words, so that each of them decides sometimes.
    const words = (value: number): number[] =>
      Array.from(
        { length: width },
        (_, at) => Math.floor(value / 3 ** (width - 1 - at)) % (at === 0 ? 81 : 3),
      )
    const range = fc.tuple(fc.nat(60), fc.nat(12)).map(([low, size]): [number, number] => [low, low + size])
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), fc.nat(80), (ranges, value) => {
        const wanted = ranges.some(([low, high]) => low <= value && value <= high)
        const made = Ranges.of(
          width,
          ranges.map(([low, high]) => [words(low), words(high)]),
        )
        expect(made.includes(words(value))).toBe(wanted)
        expect(new Ranges(width, made.buffer).includes(words(value))).toBe(wanted)
      }),
      { numRuns: 3000 },
    )
  },
)
