import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalAddress } from '../../src/hadoop/addresses.ts'
import { readProxyHeader } from '../../src/http/arrival/proxy-protocol.ts'
import { proxyBlock } from '../support/proxy-block.ts'

const port = fc.integer({ min: 0, max: 65_535 })
const four = fc.ipV4()
const six = fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 8, maxLength: 8 })
const sixText = six.map((groups) => groups.map((group) => group.toString(16)).join(':'))
const field = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300 }))
const fields = fc
  .array(field, { maxLength: 5 })
  .map((list) => list.flatMap(([type, value]) => [type, value.length >> 8, value.length & 0xff, ...value]))

const lines = fc
  .oneof(fc.tuple(fc.constant('TCP4'), four, four), fc.tuple(fc.constant('TCP6'), sixText, sixText))
  .chain(([family, from, to]) =>
    fc.tuple(port, port).map(([one, other]) => ({
      source: from,
      bytes: Buffer.from(`PROXY ${family} ${from} ${to} ${one} ${other}\r\n`),
    })),
  )
const blocks = fc
  .tuple(fc.oneof(four, sixText), fields)
  .map(([source, rest]) => ({ source, bytes: proxyBlock({ source, fields: rest }) }))
const headers = fc.oneof(lines, blocks)

describe('a header of the PROXY protocol', () => {
  test('is read to its end and no further, whatever follows', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 64 }), ({ source, bytes }, rest) => {
        const read = readProxyHeader(Buffer.concat([bytes, rest]))
        expect(read).toMatchObject({ kind: 'header', length: bytes.length })
        const found = read.kind === 'header' ? read.source : null
        expect(canonicalAddress(found ?? '')).toBe(canonicalAddress(source))
      }),
    )
  })

  // However it is cut into packets, nobody believes half of it.
  test('wants more for as long as it is not whole', () => {
    fc.assert(
      fc.property(
        headers,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        ({ bytes }, share) => {
          const part = bytes.subarray(0, Math.floor(bytes.length * share))
          expect(readProxyHeader(part)).toEqual({ kind: 'more' })
        },
      ),
    )
  })

  test('is no other than what the grammar has, whatever a byte becomes', () => {
    fc.assert(
      fc.property(lines, fc.nat(), fc.integer({ min: 0, max: 255 }), ({ bytes }, at, value) => {
        const changed = Buffer.from(bytes)
        changed[at % bytes.length] = value
        const read = readProxyHeader(changed)
        if (read.kind !== 'header') return
        const text = changed.toString('latin1', 0, read.length)
        expect(text).toMatch(/^PROXY TCP[46] [0-9A-Fa-f.:]+ [0-9A-Fa-f.:]+ \d{1,5} \d{1,5}\r\n$/)
      }),
    )
  })

  test('is decided after a bounded number of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 5_000, maxLength: 5_000 }), fc.boolean(), (noise, begins) => {
        const start = begins ? Buffer.from('PROXY ') : Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
        expect(readProxyHeader(Buffer.concat([start, noise])).kind).not.toBe('more')
      }),
    )
  })
})
