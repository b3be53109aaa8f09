import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LinkFilter } from '../../src/http/pages/link-filter.ts'
import { PageLinks } from '../../src/http/pages/page-links.ts'

const KEDDAH = 'https://keddah:9'
const OWN = ['http://rm1:8088', 'https://rm1:8090']
const OTHERS = new Map([['http://nm1:8042', 'http://node']])
const PLACES = new Map([...OTHERS, ...OWN.map((origin): [string, string] => [origin, KEDDAH])])
const filter = (): LinkFilter => new LinkFilter(new PageLinks(OWN, OTHERS), KEDDAH, 'http:')

/** What a page near a link consists of, and what is none of it. */
const part = fc.oneof(
  fc.constantFrom(
    '"',
    "'",
    '=',
    ' ',
    '\n',
    '<',
    '>',
    '/',
    '//',
    '?',
    '#',
    '.',
    '@',
    ':',
    'é',
    'a'.repeat(250),
  ),
  fc.constantFrom('h', 'http:', 'https:', 'HTTP://', 'rm1', 'RM1', ':8088', ':8090', 'nm1:8042'),
  fc.constantFrom('"http://rm1:8088/', '"//nm1:8042"'),
  fc.string({ maxLength: 3 }),
)
const page = fc.array(part, { maxLength: 60 }).map((parts) => Buffer.from(parts.join('')))

test('how a page is cut into pieces changes nothing', () => {
  fc.assert(
    fc.property(page, fc.array(fc.nat(400), { minLength: 1, maxLength: 30 }), (bytes, sizes) => {
      const whole = filter().end(Buffer.from(bytes))
      const cut = filter()
      const pieces: Buffer[] = []
      let at = 0
      for (const size of sizes) {
        pieces.push(cut.next(bytes.subarray(at, at + size)))
        at += size
      }
      pieces.push(cut.end(bytes.subarray(at)))
      expect(Buffer.concat(pieces).toString('latin1')).toBe(whole.toString('latin1'))
    }),
    { numRuns: 2_000 },
  )
})

/** The same said in another way: each part behind what may stand before a link is looked at alone. */
function replaced(text: string): string {
  const [first = '', ...others] = text.split(/(?<=["'=\t\n\f\r ])/)
  return first + others.map((part) => rewritten(part)).join('')
}

/** A part ends with the first character that may stand before a link; of these, `=` ends none. */
function rewritten(part: string): string {
  const scheme = /^https?:/i.exec(part)?.[0] ?? ''
  const rest = part.slice(scheme.length)
  const end = rest.slice(2).search(/[/?#"'<>\t\n\f\r ]/)
  if (!rest.startsWith('//') || end === -1) return part
  const authority = rest.slice(2, 2 + end)
  const place = PLACES.get(`${scheme === '' ? 'http:' : scheme}//${authority}`.toLowerCase())
  return place === undefined ? part : place + rest.slice(2 + end)
}

test('a page becomes what replacing each of its links makes of the whole', () => {
  fc.assert(
    fc.property(page, (bytes) => {
      const filtered = filter().end(Buffer.from(bytes))
      expect(filtered.toString('latin1')).toBe(replaced(bytes.toString('latin1')))
    }),
    { numRuns: 2_000 },
  )
})
