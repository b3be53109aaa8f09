import { describe, expect, test } from 'vitest'
import { LinkFilter } from '../../../src/http/pages/link-filter.ts'
import { PageLinks } from '../../../src/http/pages/page-links.ts'

const KEDDAH = 'https://keddah.example:8089'
const NODE = 'https://keddah.example:8043'
const LINKS = new PageLinks(
  ['http://rm1:8088', 'https://rm2:8090', 'http://[fd00::1]:8088', 'http://rm3'],
  new Map([
    ['http://nm1:8042', NODE],
    // In front of the same daemon: a page stays at the listener it was asked of.
    ['http://rm1:8088', 'https://elsewhere.example'],
  ]),
)

function filtered(page: string | Buffer, scheme = 'http:'): string {
  return new LinkFilter(LINKS, KEDDAH, scheme).end(Buffer.from(page)).toString()
}

describe('a link on a page', () => {
  test.each([
    ['<a href="http://rm1:8088/cluster">', `<a href="${KEDDAH}/cluster">`],
    ["<a href='http://rm1:8088/cluster?a=b#c'>", `<a href='${KEDDAH}/cluster?a=b#c'>`],
    ['<a href=http://rm1:8088>', `<a href=${KEDDAH}>`],
    ['<a href= \n http://rm1:8088/>', `<a href= \n ${KEDDAH}/>`],
    ['<a href="http://rm1:8088?x">', `<a href="${KEDDAH}?x">`],
    ['<a href="http://rm1:8088#x">', `<a href="${KEDDAH}#x">`],
    ['<a href="HTTP://RM1:8088/Cluster">', `<a href="${KEDDAH}/Cluster">`],
    ['<a href="//rm1:8088/proxy/application_1_1/">', `<a href="${KEDDAH}/proxy/application_1_1/">`],
    ['<a href="https://rm2:8090/x">', `<a href="${KEDDAH}/x">`],
    ['<a href="http://[fd00::1]:8088/x">', `<a href="${KEDDAH}/x">`],
    ['<a href="http://rm3/x">', `<a href="${KEDDAH}/x">`],
    ['<a href="http://rm3:80/x">', `<a href="${KEDDAH}/x">`],
    ['<a href="//nm1:8042/node">', `<a href="${NODE}/node">`],
    ['<meta content="1; url=http://rm1:8088/x">', `<meta content="1; url=${KEDDAH}/x">`],
    // What the ResourceManager says of a failed application.
    ['page: http://rm1:8088/cluster/app/a_1 Then', `page: ${KEDDAH}/cluster/app/a_1 Then`],
    // Not a relative link, which `//evil/` would be read as.
    ['<a href="http://rm1:8088//evil/">', `<a href="${KEDDAH}//evil/">`],
    ['["<a href=\'http://rm1:8088/a\'>b</a>"]', `["<a href='${KEDDAH}/a'>b</a>"]`],
    ['"http://rm1:8088/"http://rm1:8088/', `"${KEDDAH}/"${KEDDAH}/`],
  ])('%j leads to Keddah', (page, expected) => expect(filtered(page)).toBe(expected))

  test.each([
    '<a href="http://rm1:80881/">',
    '<a href="http://rm1:8088.evil/">',
    '<a href="http://rm1.evil:8088/">',
    '<a href="http://rm1:8088@evil/">',
    '<a href="http://user@rm1:8088/">',
    '<a href="http://rm1/">',
    '<a href="http://rm1:08088/">',
    '<a href="https://rm1:8088/">',
    '<a href="http://evil/?http://rm1:8088/">',
    '<a href="http://evilrm1:8088/">',
    '<a href="xhttp://rm1:8088/">',
    '<a href="ftp://rm1:8088/">',
    '<a href="http:/rm1:8088/">',
    '<a href="http:///rm1:8088/">',
    '<a href="http:\\\\rm1:8088/">',
    String.raw`"http://rm1:8088\u002eevil/"`,
    '<a href="http://rm1:8088&period;evil/">',
    '<a href="http://nm2:8042/node">',
    '>http://rm1:8088/<',
    'à//rm1:8088/',
    'http://rm1:8088/',
    '"http://rm1:8088',
    `"//${'a'.repeat(300)}`,
    '',
  ])('%j stays', (page) => expect(filtered(page)).toBe(page))

  test('without a scheme has that of the page', () => {
    expect(filtered('"//rm2:8090/"', 'https:')).toBe(`"${KEDDAH}/"`)
    expect(filtered('"//rm2:8090/"', 'http:')).toBe('"//rm2:8090/"')
  })
})

test('bytes that are no text go through', () => {
  const bytes = Buffer.from(Array.from({ length: 1_024 }, (_, at) => at & 0xff))
  expect(new LinkFilter(LINKS, KEDDAH, 'http:').end(bytes).equals(bytes)).toBe(true)
})

test('a piece without a link is not copied', () => {
  const piece = Buffer.from('<p>nothing to see here</p>')
  expect(new LinkFilter(LINKS, KEDDAH, 'http:').next(piece).buffer).toBe(piece.buffer)
})

// Attack: a page of nothing but beginnings of links, in the smallest pieces, that is to be held back for ever.
test.each([
  ['slashes behind quotes', '"//'],
  ['schemes', '"http://'],
  ['blanks', ' '],
  ['names', '"//a'],
  ['names that are too long', `"//${'a'.repeat(300)}`],
  ['slashes', '////'],
])('of a page of %s little is kept', (_, part) => {
  const filter = new LinkFilter(LINKS, KEDDAH, 'http:')
  const page = Buffer.from(part.repeat(5_000).slice(0, 5_000))
  let written = 0
  let kept = 0
  for (const [at] of page.entries()) {
    written += filter.next(page.subarray(at, at + 1)).length
    kept = Math.max(kept, at + 1 - written)
  }
  expect(kept).toBeLessThan(270)
  expect(written + filter.end(null).length).toBe(page.length)
})
