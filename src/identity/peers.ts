import { isIP } from 'node:net'
import { ConfigError } from '../errors.ts'
import { MachineList } from '../hadoop/machine-list.ts'

/** An address or a range; the prefix length is checked against the family below. */
const RANGE = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/

/** 10.0.0.0/8 and fc00::/7 are the widest private networks; a few wider ones together hold every address there is. */
const MIN_IPV4_PREFIX = 8
const MIN_IPV6_PREFIX = 7

function flawOf(entry: string): string | null {
  const match = RANGE.exec(entry)
  const family = match?.[1] === undefined ? 0 : isIP(match[1])
  if (match === null || family === 0) return `\`${entry}\` is not an address or a range such as 10.0.0.0/24`
  if (match[2] === undefined) return null
  const prefix = Number(match[2])
  if (prefix === 0) return `\`${entry}\` would trust every address there is`
  if (prefix < (family === 4 ? MIN_IPV4_PREFIX : MIN_IPV6_PREFIX))
    return `\`${entry}\` is wider than any network of one owner`
  return prefix > (family === 4 ? 32 : 128) ? `the range \`${entry}\` is longer than its addresses` : null
}

/**
 * Reads a list of peers that are believed about others: proxies that authenticate or that forward addresses.
 *
 * Shape: addresses and ranges only. A name could come to mean another machine, and `*` or a range that holds
 * everything would let any client speak for any other: both are refused. The empty list trusts nobody.
 * Errors: `ERR_CONFIG_SETTINGS` with every bad entry; `key` is the settings key they stand under.
 */
export function parseTrustedPeers(entries: readonly string[], key: string): MachineList {
  const problems = entries.flatMap((entry) => {
    const message = flawOf(entry)
    if (message === null) return []
    const hint = 'name the addresses of your proxies'
    return [
      {
        file: '',
        line: null,
        column: null,
        key,
        severity: 'error' as const,
        code: 'trusted_peers',
        message,
        hint,
      },
    ]
  })
  if (problems.length > 0)
    throw new ConfigError('ERR_CONFIG_SETTINGS', `\`${key}\`: ${problems[0]?.message ?? ''}`, { problems })
  return MachineList.parse(entries.join(','), () => null, {
    ipv6Ranges: true,
    shortAddresses: false,
    unresolvedMatches: false,
    ipv6AgainstRanges: false,
  })
}
