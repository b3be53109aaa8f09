import { addressText, ipv4Number, looksNumeric, parseAddress, parseJavaAddress } from '../hadoop/addresses.ts'
import { javaTrim } from '../hadoop/java-text.ts'
import { MachineList } from '../hadoop/machine-list.ts'
import { ConfigError } from '../errors.ts'
import { error, type Found, warning } from './lint-finding.ts'
import { lintCharacters, lintEntries, writtenEntries } from './lint-names.ts'
import { understoodHosts, visible } from './understood.ts'

const IPV4_RANGE = /^([\d.]+)\/(\d{1,2})$/
const STRICT = {
  ipv6Ranges: false,
  shortAddresses: true,
  unresolvedMatches: false,
  ipv6AgainstRanges: false,
}

/**
 * Finds the traps of a list of addresses, ranges and host names.
 *
 * Shape: `blocks` for a list that blocks. Nothing is looked up. What Hadoop cannot load is an error, also where Keddah
 * can.
 * Source: org.apache.hadoop.util.MachineList (3.4).
 */
export function lintHosts(text: string, blocks: boolean): Found[] {
  const written = writtenEntries(text)
  const entries = [...new Set(written)]
  if (entries.length === 1 && entries[0] === '*') return []
  const sorted = { addresses: [] as string[], ranges: [] as string[], names: [] as string[] }
  const found = [...lintCharacters(text), ...lintEntries(written, 'host')]
  let loads = true
  for (const entry of entries) {
    const own = entry.includes('/') ? lintRange(entry, sorted.ranges) : lintHost(entry, blocks, sorted)
    if (own.some(({ code }) => code === 'bad_range' || code === 'ipv6_range')) loads = false
    found.push(...own)
  }
  const understood = loads
    ? understoodHosts({ all: false, ...sorted })
    : 'nothing: Hadoop does not load the policy'
  return found.map((one) => ({ ...one, understood: one.understood ?? understood }))
}

function lintHost(entry: string, blocks: boolean, sorted: { addresses: string[]; names: string[] }): Found[] {
  const address = parseJavaAddress(entry)
  const shown = `\`${visible(entry)}\``
  if (address !== null) {
    sorted.addresses.push(addressText(address))
    if (address.v6 !== null || parseAddress(entry) !== null || entry.startsWith('[')) return []
    return [
      error(
        'short_address',
        `${shown} is ${addressText(address)} for Hadoop, and Keddah does not load it`,
        null,
        `write \`${addressText(address)}\`, if this is meant`,
      ),
    ]
  }
  sorted.names.push(entry)
  if (entry === '*') {
    const effect = blocks ? 'and nobody can be shown to be outside the list' : 'and nobody has this name'
    return [
      error(
        'literal_star',
        `\`*\` is a host name among others, ${effect}`,
        null,
        'write `*` alone for every address, or remove it',
      ),
    ]
  }
  if (/[\t-\r ]/.test(entry))
    return [
      error(
        'blank_in_host',
        `${shown} is one host name: blanks do not separate`,
        null,
        `write \`${visible(entry.replaceAll(/[\t-\r ]+/g, ','))}\``,
      ),
    ]
  if (looksNumeric(entry))
    return [
      error(
        'bad_address',
        `${shown} is not an address: a host name for Hadoop, and Keddah does not load it`,
        null,
        'write all four numbers, each up to 255',
      ),
    ]
  if (/^\d+\.[\d.]*[\d.*xX:-]*$/.test(entry) || /[*?:]/.test(entry))
    return [
      error(
        'like_address',
        `${shown} is a host name for Hadoop, and none that resolves`,
        null,
        'write an address, a range such as `192.0.2.0/24`, or a host name',
      ),
    ]
  return []
}

function lintRange(entry: string, ranges: string[]): Found[] {
  const flaw = flawOf(entry)
  if (flaw !== null) {
    const pieces = entry.replaceAll(/ *\/ */g, '/').replaceAll(/ +/g, ',')
    const hint = / /.test(javaTrim(entry))
      ? `blanks do not separate; write \`${visible(pieces)}\``
      : (flaw.hint ?? 'write ranges as `10.0.0.0/8`, separated by commas')
    const isIpv6 = entry.includes(':') && flawOf(entry, true) === null
    const after = isIpv6 ? '; Keddah understands it (D-2)' : ''
    return [
      error(
        isIpv6 ? 'ipv6_range' : 'bad_range',
        flaw.message,
        `nothing: Hadoop does not load the policy${after}`,
        hint,
      ),
    ]
  }
  const [, base = '', digits = ''] = IPV4_RANGE.exec(entry) ?? []
  const value = ipv4Number(base.replaceAll(/\b0+(?=\d)/g, ''))
  const size = 2 ** (32 - Number(digits))
  const low = value - (value % size)
  const first = addressText({ v4: low, v6: null })
  const last = addressText({ v4: low + size - 1, v6: null })
  ranges.push(`${first}/${Number(digits)} (${first} to ${last})`)
  if (Number(digits) === 0)
    return [
      warning(
        'whole_range',
        `\`${entry}\` is every IPv4 address but 0.0.0.0, and no IPv6 address`,
        null,
        'write `*`, if every address is meant',
      ),
    ]
  if (value === low) return []
  return [
    warning(
      'host_bits',
      `\`${entry}\` is the whole range from ${first} to ${last}`,
      null,
      `write \`${first}/${Number(digits)}\`, or the address alone`,
    ),
  ]
}

/** What Hadoop has against a range. */
function flawOf(entry: string, ipv6Ranges = false): { message: string; hint: string | null } | null {
  try {
    MachineList.parse(entry, () => null, { ...STRICT, ipv6Ranges })
    return null
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    return { message: visible(cause.message), hint: cause.problems[0]?.hint ?? null }
  }
}
