import { isIPv6 } from 'node:net'

/** A header of the PROXY protocol, version 2; what is left out is as a load balancer sends it. */
export function proxyBlock(parts: {
  readonly source?: string
  readonly command?: number
  readonly family?: number
  readonly fields?: readonly number[]
  readonly length?: number
}): Buffer {
  const { source, command = 0x21, fields = [] } = parts
  const addresses = source === undefined ? [] : addressesOf(source)
  const family = parts.family ?? (addresses.length === 36 ? 0x21 : 0x11)
  const rest = [...addresses, ...fields]
  const length = parts.length ?? rest.length
  const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
  return Buffer.concat([signature, Buffer.from([command, family, length >> 8, length & 0xff, ...rest])])
}

/** Source, the same as destination, and two ports. */
function addressesOf(source: string): number[] {
  const bytes = isIPv6(source) ? sixteen(source) : source.split('.').map(Number)
  return [...bytes, ...bytes, 0x1f, 0x90, 0x01, 0xbb]
}

function sixteen(address: string): number[] {
  const mapped = /^::ffff:([\d.]+)$/.exec(address)?.[1]
  if (mapped !== undefined)
    return [...Array.from({ length: 10 }, () => 0), 0xff, 0xff, ...mapped.split('.').map(Number)]
  const [left = '', right = ''] = address.split('::')
  const groups = (text: string): number[] =>
    text.split(':').flatMap((group) => (group === '' ? [] : [Number.parseInt(group, 16)]))
  const [before, after] = [groups(left), groups(right)]
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
  return all.flatMap((group) => [group >> 8, group & 0xff])
}
