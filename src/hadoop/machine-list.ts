import ipaddr from 'ipaddr.js'
import { ConfigError, type Problem } from '../errors.ts'
import {
  addressText,
  ipv4Number,
  looksNumeric,
  type NumericAddress,
  parseAddress,
  parseJavaAddress,
} from './addresses.ts'
import { type AddressWords, Ranges } from './address-ranges.ts'
import { entriesIn, trimmedEntries } from './java-text.ts'
import { NameTable } from './name-table.ts'

const WILDCARD = '*'
const IPV4_WORDS = 1
const IPV6_WORDS = 4
const IPV4_RANGE = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/
const IPV6_RANGE = /^([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\/(\d{1,3})$/

/** The first address of a host name, looked up before the list is read; null = it does not resolve. */
export type HostResolver = (name: string) => string | null

/**
 * Where Keddah and Hadoop part.
 *
 * Shape: `ipv6Ranges` understands `2001:db8::/32`, which Hadoop cannot load (D-2). `shortAddresses` takes Java's
 * short forms of IPv4, else they are load errors (D-3). `ipv6AgainstRanges` is what an IPv6 address gets when it
 * meets IPv4 ranges: Hadoop raises, which is a refusal, so false for a list that allows and true for one that blocks
 * is its behaviour; ours is false (D-5). `unresolvedMatches` makes a list with an unresolvable name match
 * everything, for lists that block (D-11).
 */
export interface MachineListOptions {
  readonly ipv6Ranges: boolean
  readonly shortAddresses: boolean
  readonly unresolvedMatches: boolean
  readonly ipv6AgainstRanges: boolean
}

/** A host list on its way to another thread. */
export interface PackedHosts {
  readonly all: boolean
  readonly entries: SharedArrayBuffer
  readonly unresolved: readonly string[]
  readonly options: MachineListOptions
  readonly addresses: SharedArrayBuffer
  readonly ipv4: SharedArrayBuffer
  readonly ipv6: SharedArrayBuffer
}

/**
 * The hosts that may use a service: addresses, IPv4 ranges, host names, or `*`.
 *
 * Source: org.apache.hadoop.util.MachineList (3.4), org.apache.commons.net.util.SubnetUtils (3.9.0).
 */
export class MachineList {
  /** True where the one entry is `*`; beside another entry it is a host name that nobody has. */
  readonly all: boolean
  /** The entries as written, once each, in order. */
  readonly entries: NameTable
  /** The entries that are neither address nor range, and did not resolve. */
  readonly unresolved: readonly string[]
  readonly #options: MachineListOptions
  readonly #addresses: NameTable
  readonly #ipv4: Ranges
  readonly #ipv6: Ranges

  private constructor(packed: PackedHosts) {
    this.all = packed.all
    this.entries = new NameTable(packed.entries)
    this.unresolved = packed.unresolved
    this.#options = packed.options
    this.#addresses = new NameTable(packed.addresses)
    this.#ipv4 = new Ranges(IPV4_WORDS, packed.ipv4)
    this.#ipv6 = new Ranges(IPV6_WORDS, packed.ipv6)
  }

  /**
   * Reads a list separated by commas and newlines.
   *
   * Shape: a blank text and null include nobody. Names are looked up now, once, and only their first address counts;
   * a name that does not resolve is left out (see `unresolvedMatches`).
   * Errors: `ERR_POLICY_CIDR` with every entry that has a slash and is no range, and every number that is no address.
   */
  static parse(text: string | null, resolve: HostResolver, options: MachineListOptions): MachineList {
    const entries = NameTable.of(() => entriesIn(text))
    const all = entries.size === 1 && entries.has(WILDCARD)
    const reader = new EntryReader(resolve, options)
    if (!all) for (const entry of entries) reader.read(entry)
    reader.throwIfFaulty()
    return new MachineList({
      all,
      entries: entries.buffer,
      unresolved: reader.unresolved,
      options,
      addresses: NameTable.of(() => reader.addresses).buffer,
      ipv4: Ranges.of(IPV4_WORDS, reader.ipv4).buffer,
      ipv6: Ranges.of(IPV6_WORDS, reader.ipv6).buffer,
    })
  }

  /** The list that `pack` has taken apart, in this thread or in another one. */
  static unpack(packed: PackedHosts): MachineList {
    return new MachineList(packed)
  }

  /** What another thread needs to have the same list; no entry is copied. */
  pack(): PackedHosts {
    return {
      all: this.all,
      entries: this.entries.buffer,
      unresolved: this.unresolved,
      options: this.#options,
      addresses: this.#addresses.buffer,
      ipv4: this.#ipv4.buffer,
      ipv6: this.#ipv6.buffer,
    }
  }

  /**
   * Reports whether an address is on the list.
   *
   * Shape: `address` is an address in any spelling; what is none is on no list but `*`. 0.0.0.0 is in no range.
   * Errors: none.
   */
  includes(address: string): boolean {
    if (this.all) return true
    if (this.#options.unresolvedMatches && this.unresolved.length > 0) return true
    if (this.#addresses.has(address)) return true
    const number = ipv4Number(address)
    return number < 0 ? this.#includesUnusual(address) : number !== 0 && this.#ipv4.includes([number])
  }

  /** IPv6, and IPv4 in a spelling other than the canonical one. */
  #includesUnusual(text: string): boolean {
    const numeric = this.#options.shortAddresses ? parseJavaAddress(text) : parseAddress(text)
    if (numeric === null) return false
    if (this.#addresses.has(addressText(numeric))) return true
    if (numeric.v6 === null) return numeric.v4 !== 0 && this.#ipv4.includes([numeric.v4])
    if (this.#options.ipv6AgainstRanges && !this.#ipv4.isEmpty) return true
    return !this.#ipv6.isEmpty && this.#ipv6.includes(wordsOf(numeric.v6))
  }
}

/**
 * The names in a list that have to be looked up before it is read.
 *
 * Shape: once each, in order; empty for `*`. Texts that cannot be a host name (`192.0.2.*`) are left out.
 */
export function hostNamesIn(text: string): string[] {
  const entries = trimmedEntries(text)
  return [...entries].filter(
    (entry) => /^[\p{L}\p{N}._-]+$/u.test(entry) && !looksNumeric(entry) && parseJavaAddress(entry) === null,
  )
}

/** The eight groups of an IPv6 address, two in a word. */
function wordsOf(groups: readonly number[]): AddressWords {
  const words: number[] = []
  for (let at = 0; at < groups.length; at += 2) words.push((groups[at] ?? 0) * 65_536 + (groups[at + 1] ?? 0))
  return words
}

/** Sorts entries into addresses, ranges and names, and collects what is wrong instead of stopping at the first. */
class EntryReader {
  readonly addresses = new Set<string>()
  readonly ipv4: [AddressWords, AddressWords][] = []
  readonly ipv6: [AddressWords, AddressWords][] = []
  readonly unresolved: string[] = []
  readonly #problems: Problem[] = []
  readonly #resolve: HostResolver
  readonly #options: MachineListOptions

  constructor(resolve: HostResolver, options: MachineListOptions) {
    this.#resolve = resolve
    this.#options = options
  }

  read(entry: string): void {
    if (entry.includes('/')) this.#readRange(entry)
    else if (!this.#options.shortAddresses && looksNumeric(entry) && ipv4Number(entry) < 0)
      this.#fault(entry, 'is not an IPv4 address', 'write all four numbers, without leading zeros')
    else this.#readHost(entry)
  }

  throwIfFaulty(): void {
    const first = this.#problems[0]
    if (first !== undefined)
      throw new ConfigError('ERR_POLICY_CIDR', first.message, { problems: this.#problems })
  }

  #readHost(entry: string): void {
    const literal = parseJavaAddress(entry)
    const resolved = literal === null ? this.#resolve(entry) : null
    const address = literal ?? (resolved === null ? null : parseJavaAddress(resolved))
    if (address === null) this.unresolved.push(entry)
    else this.addresses.add(addressText(address))
  }

  #readRange(entry: string): void {
    const four = IPV4_RANGE.exec(entry)
    if (four !== null) return this.#readIpv4Range(entry, four.slice(1).map(Number))
    const six = IPV6_RANGE.exec(entry)
    const base = six === null ? null : parseJavaAddress(six[1] ?? '')
    if (six === null || base === null)
      return this.#fault(
        entry,
        'is not an address range',
        'write ranges as `10.0.0.0/8`, separated by commas',
      )
    if (!this.#options.ipv6Ranges)
      return this.#fault(entry, 'is an IPv6 range, which Hadoop cannot load', 'list the addresses one by one')
    this.#readIpv6Range(entry, base, Number(six[2]))
  }

  #readIpv4Range(entry: string, [a = 0, b = 0, c = 0, d = 0, prefix = 0]: readonly number[]): void {
    if (Math.max(a, b, c, d) > 255 || prefix > 32)
      return this.#fault(entry, 'has a number that is too high', 'octets go up to 255, prefix lengths to 32')
    this.#addIpv4(((a * 256 + b) * 256 + c) * 256 + d, prefix)
  }

  #readIpv6Range(entry: string, base: NumericAddress, prefix: number): void {
    if (prefix > 128 || (base.v6 === null && prefix < 96))
      return this.#fault(entry, 'has a prefix length that does not fit', 'IPv6 prefix lengths go up to 128')
    if (base.v6 === null) return this.#addIpv4(base.v4, prefix - 96)
    const range = `${addressText(base)}/${prefix}`
    const low = ipaddr.IPv6.networkAddressFromCIDR(range).parts
    const high = ipaddr.IPv6.broadcastAddressFromCIDR(range).parts
    this.ipv6.push([wordsOf(low), wordsOf(high)])
  }

  #addIpv4(value: number, prefix: number): void {
    const size = 2 ** (32 - prefix)
    const low = value - (value % size)
    this.ipv4.push([[low], [low + size - 1]])
  }

  #fault(entry: string, what: string, hint: string): void {
    const message = `\`${entry}\` ${what}`
    const place = { file: '', line: null, column: null, key: null }
    this.#problems.push({ ...place, severity: 'error', code: 'bad_range', message, hint })
  }
}
