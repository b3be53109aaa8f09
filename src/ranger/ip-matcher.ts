import { canonicalAddress, hadoopAddressText, parseAddress } from '../hadoop/addresses.ts'
import { MachineList } from '../hadoop/machine-list.ts'
import type { Condition } from './conditions.ts'
import type { ConditionDef } from './model.ts'

/** `*`, `*.*`, `*:*:*`: all addresses. */
export const ALL_ADDRESSES: RegExp = /^(?:\*(?:\.\*)*|\*(?::\*)*)$/
const TRAILING_V4 = /(?:\.\*)+$/
const TRAILING_V6 = /(?::\*)+$/
/** IPv4 within IPv6: what comes after it is compared. */
const MAPPED = /^::ffff:(?=\d+\.)/i

const PREFIX_LENGTH = /^(?:0|[1-9]\d{0,2})$/

const ALWAYS: Condition = { readsAddress: false, holds: () => true }
const NEVER: Condition = { readsAddress: false, holds: () => false }

/** What the values of a condition compare with. */
interface AddressTests {
  readonly exact: Set<string>
  readonly prefixes: string[]
  readonly ranges: string[]
}

/**
 * Compiles a condition of the type `ip-range`: addresses, beginnings of addresses as text (`10.1.*`), and ranges
 * (`10.0.0.0/8`), which Ranger would take for texts that no address is equal to.
 *
 * Shape: no values, or one for all addresses: it always holds, and so it does where the address is unknown. An empty
 * value, which Ranger takes for all addresses, does that only where less is allowed for it; elsewhere it stands for none.
 * IPv6 is compared as a number; its beginnings are looked for in the short spelling and in the one of Java, because those
 * who write policies see the latter in Hadoop's logs. IPv4 within IPv6 is IPv4.
 * Source: org.apache.ranger.plugin.conditionevaluator.RangerIpMatcher (2.9).
 */
export function compileIpMatcher(_: ConditionDef, values: readonly string[], grants: boolean): Condition {
  if (values.length === 0 || values.some((value) => ALL_ADDRESSES.test(value))) return ALWAYS
  if (!grants && values.includes('')) return ALWAYS
  const given = values.filter((value) => value !== '')
  if (given.length === 0) return NEVER
  const { exact, prefixes, ranges } = testsOf(given)
  const list =
    ranges.length === 0
      ? null
      : MachineList.parse(ranges.join(','), () => null, {
          ipv6Ranges: true,
          shortAddresses: false,
          unresolvedMatches: false,
          ipv6AgainstRanges: false,
        })
  const isNamed = (spelling: string): boolean =>
    exact.has(spelling) || prefixes.some((prefix) => spelling.startsWith(prefix))
  return {
    readsAddress: true,
    holds: ({ address }) =>
      address === null || spellingsOf(address).some(isNamed) || (list !== null && list.includes(address)),
  }
}

function testsOf(values: readonly string[]): AddressTests {
  const tests: AddressTests = { exact: new Set(), prefixes: [], ranges: [] }
  for (const value of values) {
    const prefix = value.includes('.')
      ? value.replace(TRAILING_V4, '.').replace(MAPPED, '')
      : value.replace(TRAILING_V6, ':').toLowerCase()
    if (/[.:]\*$/.test(value) && !prefix.endsWith('*')) tests.prefixes.push(prefix)
    else if (isRange(value)) tests.ranges.push(value)
    else tests.exact.add(canonicalAddress(value) ?? prefix)
  }
  return tests
}

/** The texts that values are held against: the address as it came, and IPv6 in its short spelling and in Java's. */
function spellingsOf(address: string): readonly string[] {
  if (!address.includes(':')) return [address]
  const canonical = canonicalAddress(address)
  if (canonical === null) return [address.toLowerCase()]
  const spellings = [canonical, hadoopAddressText(canonical), address.toLowerCase()]
  return canonical.includes(':') ? spellings : [canonical]
}

/** A range in full. What only looks like one is a text, as in Ranger. */
export function isRange(value: string): boolean {
  const [base = '', bits = '', ...rest] = value.split('/')
  const address = rest.length === 0 && PREFIX_LENGTH.test(bits) ? parseAddress(base) : null
  if (address === null || base.includes('%')) return false
  const isMapped = address.v6 === null && base.includes(':')
  if (isMapped) return Number(bits) >= 96 && Number(bits) <= 128
  return Number(bits) <= (address.v6 === null ? 32 : 128)
}
