import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { originText, readDataNodeUrl } from '../../src/routes/data-node-url.ts'

const GOOD =
  'http://DN1.example.com:9864/webhdfs/v1/a%20b/%2e./c?op=open&doas=bo&user.name=hue&namenoderpcaddress=nn1:8020&delegation=TOKEN&offset=0&x'

describe('the URL of a DataNode', () => {
  test('is read as what it means', () => {
    const url = readDataNodeUrl(GOOD)
    expect(url).toMatchObject({
      server: { isTls: false, host: 'dn1.example.com', port: 9864 },
      op: 'OPEN',
      nameNode: 'nn1:8020',
      delegation: 'TOKEN',
    })
    expect(url?.target).toMatchObject({ path: '/webhdfs/v1/c', query: 'op=open&offset=0&x' })
  })

  test('may have bytes that nobody has escaped', () => {
    const raw = Buffer.from('http://dn:9864/webhdfs/v1/grüße?op=OPEN').toString('latin1')
    expect(readDataNodeUrl(raw)?.target.path).toBe('/webhdfs/v1/gr%C3%BC%C3%9Fe')
  })

  test.each([
    'dn1:9864/webhdfs/v1/a?op=OPEN',
    'ftp://dn1:9864/webhdfs/v1/a?op=OPEN',
    'http://dn1:9864',
    'http://dn1:9864/jmx?op=OPEN',
    'http://dn1:9864/webhdfs/v2/a?op=OPEN',
    'http://dn1:9864/webhdfs/v1/../../jmx?op=OPEN',
    'http://dn1:9864/webhdfs/v1/a?op=OPEN#x',
    'http://u:p@dn1:9864/webhdfs/v1/a?op=OPEN',
    'http://dn1:0/webhdfs/v1/a?op=OPEN',
    'http://dn1:99999/webhdfs/v1/a?op=OPEN',
    'http://dn1:9864/webhdfs/v1/a?op=OPEN&op=CREATE',
    'http://dn1:9864/webhdfs/v1/a?op=OPEN&doas=',
    'http://dn1:9864/webhdfs/v1/a b?op=OPEN',
    'http://dn1:9864\\@evil/webhdfs/v1/a?op=OPEN',
    'http://0x7f000001:9864/webhdfs/v1/a?op=OPEN',
    'http://2130706433:9864/webhdfs/v1/a?op=OPEN',
    'http://127.1:9864/webhdfs/v1/a?op=OPEN',
    ' http://dn1:9864/webhdfs/v1/a?op=OPEN',
    'http://dn1:9864/webhdfs/v1/a?op=OPEN\r\nX: y',
    'http://d\xfcn:9864/webhdfs/v1/a?op=OPEN',
  ])('is not %j', (text) => expect(readDataNodeUrl(text)).toBe(null))

  // Attack: a URL that leads elsewhere for another reader than for this one.
  test('has the server that the URL standard sees, whatever is changed in it', () => {
    const pieces = fc.constantFrom(
      '@',
      '\\',
      '/',
      ':',
      '#',
      '?',
      '[',
      ']',
      '%',
      '.',
      '\t',
      ' ',
      'evil',
      '\xfc',
      '//',
    )
    fc.assert(
      fc.property(fc.nat(GOOD.length), pieces, fc.nat(3), (at, piece, cut) => {
        const changed = GOOD.slice(0, at) + piece + GOOD.slice(at + cut)
        const url = readDataNodeUrl(changed)
        fc.pre(url !== null)
        const standard = new URL(changed)
        expect(new URL(originText(url.server)).origin).toBe(standard.origin)
        expect([standard.username, standard.password]).toEqual(['', ''])
      }),
      { numRuns: 1_000 },
    )
  })

  test('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.webUrl(), (text, url) => {
        readDataNodeUrl(text)
        readDataNodeUrl(`http://dn:9864/webhdfs/v1/${text}`)
        expect(readDataNodeUrl(url)?.target.path.startsWith('/webhdfs/v1') ?? true).toBe(true)
      }),
    )
  })
})
