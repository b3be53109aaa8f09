import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Read, readByNode, tell } from '../support/answers.ts'

const list = (text: string): string[] => text.split(' ')
const pick = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

/** Mostly what is right, sometimes what some reader takes and another one does not. */
const mostly = <T>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: wrong })

const lineEnd = mostly(pick('\r\n'), pick('\n', '\r', '\r\r\n', ' \r\n', '\r\n ', ''))
const version = mostly(
  pick('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
  pick('HTTP/2.0', 'http/1.1', 'HTTP/1.10', ''),
)
const status = mostly(
  pick('200', '200', '201', '204', '304', '403', '999'),
  pick('99', '2000', '000', '101', '-1'),
)
const reason = mostly(pick(' OK', ' ', '', ' \u00e4\t'), pick('  ', '\t', 'OK', ' a\0b', ' a\x7f'))
const blank = mostly(pick('', ' ', '  ', '\t'), pick('\0', '\x0b', '\x0c'))
const plain = mostly(
  fc.tuple(pick(...list('X-A Date Vary x_y A!#$%')), pick('', 'a', 'a b', 'ü', '"', 'a\tb', ',')),
  fc.tuple(
    pick('', 'X A', 'X:', 'X\t', '\u00e4', ' X', '@'),
    pick('a', 'a\0', 'a\rb', 'a\x7f', 'a\x1b', '\x80'),
  ),
)
const length = (size: number): fc.Arbitrary<string> =>
  mostly(
    pick(String(size), String(size), `0${size}`),
    pick(
      '',
      `+${size}`,
      '-1',
      '0x1',
      `${size},${size}`,
      '1e1',
      '99999999999999999999',
      `${size} ${size}`,
      '५',
    ),
  )
const coding = mostly(
  pick('chunked', 'Chunked'),
  pick('gzip, chunked', 'chunked, chunked', 'identity', 'chunked;a', '', 'xchunked', 'chunked, gzip'),
)
const connection = pick('close', 'keep-alive', 'Keep-Alive, x', 'close, keep-alive', '')
const text = fc.string({ unit: pick('a', 'b', '\r', '\n', '0', ':', ' ', ';'), maxLength: 12 })

const extension = mostly(
  pick('', '', ';a', ';a=b', ';a="b c"'),
  pick(';', ' ', ';a\n', ';a b', ';"', '\t', ';=', ';\u00e4'),
)
const chunk = fc
  .tuple(text, extension, lineEnd, lineEnd, mostly(pick(0), pick(1, -1)))
  .map(
    ([data, more, first, second, off]) =>
      `${Math.max(0, data.length + off).toString(16)}${more}${first}${data}${second}`,
  )
const lastChunk = mostly(
  pick('0\r\n\r\n', '000\r\n\r\n', '0;x\r\n\r\n'),
  pick('0\r\n', '0\n\n', '', 'zz\r\n\r\n', '0\r\nX\r\n\r\n'),
)
const trailers = mostly(
  pick('', '', 'X-T: a\r\n', 'Set-Cookie: a\r\n'),
  pick(
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    'X: a\n',
    ' X: a\r\n',
    'X : a\r\n',
    ': a\r\n',
  ),
)
const chunked = fc
  .tuple(fc.array(chunk, { maxLength: 3 }), lastChunk, trailers)
  .map(([chunks, last, more]) => chunks.join('') + (more === '' ? last : `0\r\n${more}\r\n`))

type Body = readonly [headers: readonly (readonly [string, string])[], bytes: string]
const body: fc.Arbitrary<Body> = fc.oneof(
  text.chain((data) => length(data.length).map((size): Body => [[['Content-Length', size]], data])),
  fc.tuple(coding, chunked).map(([value, data]): Body => [[['Transfer-Encoding', value]], data]),
  text.map((data): Body => [[], data]),
  fc.tuple(text, chunked, fc.boolean()).map(([size, data, isFirst]): Body => {
    const both: [string, string][] = [
      ['Content-Length', String(size.length)],
      ['transfer-encoding', 'chunked'],
    ]
    return [isFirst ? both : both.reverse(), data]
  }),
  fc.tuple(text, pick('0', '2')).map(([data, other]): Body => [
    [
      ['Content-Length', String(data.length)],
      ['content-length', other],
    ],
    data,
  ]),
)
const interim = mostly(
  pick('', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 X\r\nA: b\r\n\r\n'),
  pick('HTTP/1.1 100\n\n'),
)
const behind = mostly(pick('', '', ''), pick('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'x', '\r\n'))

const answer = fc
  .tuple(
    interim,
    version,
    status,
    reason,
    lineEnd,
    fc.array(plain, { maxLength: 3 }),
    body,
    connection,
    lineEnd,
    behind,
    blank,
    fc.nat(3),
  )
  .map(([before, spoken, code, words, end, lines, [framing, data], keeps, last, more, space, at]) => {
    const all: (readonly [string, string])[] = [...lines]
    all.splice(at, 0, ...framing)
    if (keeps !== '') all.push(['Connection', keeps])
    const head = all.map(([name, value]) => `${name}:${space}${value}\r\n`).join('')
    return Buffer.from(`${before}${spoken} ${code}${words}${end}${head}${last}${data}${more}`, 'latin1')
  })

const method = pick('GET', 'GET', 'GET', 'HEAD', 'PUT')

/** Cuts bytes where the numbers say. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...ends, bytes.length].map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end))
}

describe('an answer of an upstream', () => {
  // Attack: a head or a size is cut in two where one half alone means something.
  test('is the same however it is cut into pieces', () => {
    fc.assert(
      fc.property(method, answer, fc.array(fc.nat(), { maxLength: 6 }), (asked, bytes, places) => {
        const whole = tell(asked, [bytes])
        expect(tell(asked, cut(bytes, places))).toEqual(whole)
        expect(
          tell(
            asked,
            [...bytes].map((_, at) => bytes.subarray(at, at + 1)),
          ),
        ).toEqual(whole)
      }),
      { numRuns: 2_000 },
    )
  })

  // Attack: an answer that is one thing for Keddah and another for whoever reads it by another parser.
  test('is what llhttp reads, and nothing that llhttp refuses', async () => {
    let taken = 0
    let refused = 0
    await fc.assert(
      fc.asyncProperty(method, answer, async (asked, bytes) => {
        const told = tell(asked, [bytes])
        if (told === null) {
          refused += 1
          return
        }
        taken += 1
        const { hasMore, ...ours } = told
        const theirs: Read | null = await readByNode(asked, bytes)
        // Bytes behind an answer end the connection here; Node may find them before it hands the answer out.
        const isEarly = hasMore && theirs === null
        expect(isEarly ? null : ours).toEqual(theirs)
      }),
      { numRuns: 4_000 },
    )
    // A parser that refuses everything would agree with any other.
    expect(Math.min(taken, refused)).toBeGreaterThan(400)
  })
})
