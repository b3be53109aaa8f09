import { describe, expect, test } from 'vitest'
import {
  addressText,
  canonicalAddress,
  hadoopAddressText,
  ipv4Number,
  parseJavaAddress,
} from '../../../src/hadoop/addresses.ts'

describe('the one spelling of an address', () => {
  test.each<[string, string | null]>([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:5', '2001:db8::5'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:201', '192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
    ['192.0.2', null],
    ['192.0.2.01', null],
    ['0x7f.0.0.1', null],
    ['localhost', null],
    ['192.0.2.1:80', null],
    ['[::1]', null],
    [' 192.0.2.1', null],
    ['', null],
  ])('%j is %j', (text, wanted) => {
    expect(canonicalAddress(text)).toBe(wanted)
  })
})

describe('what Java reads without a name service', () => {
  test.each<[string, string | null]>([
    ['10.1', '10.0.0.1'],
    ['1', '0.0.0.1'],
    ['4294967295', '255.255.255.255'],
    ['4294967296', null],
    ['10.1.65535', '10.1.255.255'],
    ['10.1.65536', null],
    ['192.0.2.005', '192.0.2.5'],
    ['0000192.0.2.5', '192.0.2.5'],
    ['000000192.0.02.5', null],
    ['1.2.3.256', null],
    ['1..2', null],
    ['.1', null],
    ['00001::', '1::'],
    ['[2001:db8::5]', '2001:db8::5'],
    ['[192.0.2.5]', null],
    ['[]', null],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1:2:3:4:5:6:7:8::', null],
    ['1:::2', null],
    ['1::2::3', null],
    [':1::2', null],
    ['1:', null],
    ['::1.2.3', null],
    ['::1.2.3.4', '::102:304'],
    ['fe80::1%3', 'fe80::1'],
    ['fe80::1%2147483648', null],
    ['fe80::1%eth0', null],
    ['::ffff:192.0.2.5%eth0', null],
    ['::ffff:192.0.2.5%1', null],
    ['fe80::1%', null],
    ['１92.0.2.1', null],
  ])('%j is %j', (text, wanted) => {
    const address = parseJavaAddress(text)
    expect(address === null ? null : addressText(address)).toBe(wanted)
  })
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::5', '2001:db8:0:0:0:0:0:5'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['fe80::1%3', 'fe80:0:0:0:0:0:0:1%3'],
  ['not-an-ip', 'not-an-ip'],
])('Java prints %s as %s', (text, wanted) => {
  expect(hadoopAddressText(text)).toBe(wanted)
})

test.each([
  ['255.255.255.255', 4_294_967_295],
  ['0.0.0.0', 0],
  ['10.0.0.1', 167_772_161],
  ['10.0.0.01', -1],
  ['10.0.0', -1],
  ['10.0.0.256', -1],
  ['10.0.0.1.', -1],
  ['.10.0.0.1', -1],
])('%s is the number %d', (text, wanted) => {
  expect(ipv4Number(text)).toBe(wanted)
})
