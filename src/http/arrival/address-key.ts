import { parseAddress } from '../../hadoop/addresses.ts'

/**
 * What counts as one address where something is counted by it: an IPv4 address as it is; of an IPv6 address the first
 * 64 bits, since whoever has one of a network may take any other of it (RFC 4291 section 2.5.1).
 *
 * Shape: takes a canonical address.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address
  const groups = parseAddress(address)?.v6
  return groups ? `${groups.slice(0, 4).map(hex).join(':')}::/64` : address
}

const hex = (group: number): string => group.toString(16)
