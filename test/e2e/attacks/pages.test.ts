import { describe, expect, test } from 'vitest'
import { pageLinksOf } from '../../../src/app/links.ts'
import { parseDataNodes } from '../../../src/http/redirects/data-node-list.ts'
import { type DoorOptions, exchangeRaw, openDoor, type TestDoor } from '../../support/door.ts'
import { closeAfterTest, openBefore } from '../../support/opened.ts'
import { CLIENT } from '../../support/policy.ts'
import { headerOf, startUpstream, type Upstream } from '../../support/upstream.ts'

/** A page of links to its own server and to others. */
const linksTo = (...origins: readonly string[]): string =>
  `<html>\n${origins.map((origin) => `<a href="${origin}/cluster/app/x">é</a>`).join('\n')}\n</html>\n`

const PAGE = '/cluster/apps?user.name=alice'
const HTML = 'text/html; charset=utf-8'

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Stage {
  readonly door: TestDoor
  readonly upstream: Upstream
  readonly get: (target: string, sent?: Sent) => Promise<Response>
}

/** A ResourceManager that answers everything with one page, whose links name itself. */
async function openPage(
  page: (own: string) => string | Buffer,
  headers: Readonly<Record<string, string | number>> = {},
  options: Partial<DoorOptions> & { readonly status?: number } = {},
): Promise<Stage> {
  const { status = 200, ...others } = options
  const { door, upstream } = await openBefore(
    (request, response) => {
      response.writeHead(status, { 'Content-Type': HTML, ...headers })
      response.end(page(`http://${String(request.headers['x-own'])}`))
    },
    { kind: 'resourcemanager', ...others },
  )
  const own = new URL(upstream.url).host
  return {
    door,
    upstream,
    get: (target, { method = 'GET', headers: sent = {} } = {}) =>
      fetch(door.url + target, { redirect: 'manual', method, headers: { 'X-Own': own, ...sent } }),
  }
}

describe('a page of the daemon', () => {
  test('leads to Keddah where it named the daemon, whatever its size, and is else as it was', async () => {
    const filler = `<p>${'x'.repeat(997)}</p>\n`.repeat(10_000)
    const page = (own: string): string => linksTo(own) + filler + linksTo(own, 'http://other.example')
    const { door, upstream, get } = await openPage(page)
    const answer = await get(PAGE)
    expect(answer.headers.get('content-type')).toBe(HTML)
    const text = await answer.text()
    expect(text === page(upstream.url).replaceAll(upstream.url, door.url)).toBe(true)
    expect(headerOf(upstream.received[0], 'accept-encoding')).toBe('identity')
  })

  test('is asked for without an encoding, whatever the client would take', async () => {
    const { upstream, get } = await openPage(linksTo)
    await get(PAGE, { headers: { 'Accept-Encoding': 'gzip, br' } })
    expect(headerOf(upstream.received[0], 'accept-encoding')).toBe('identity')
    await get('/ws/v1/cluster/apps?user.name=alice', { headers: { 'Accept-Encoding': 'br' } })
    expect(headerOf(upstream.received[1], 'accept-encoding')).toBe('br')
  })

  test('vouches for no bytes that it does not have any more, in HEAD as in GET', async () => {
    const page = linksTo('http://other.example')
    const vouching = {
      'Content-Length': Buffer.byteLength(page),
      'Content-MD5': 'x',
      Digest: 'x',
      ETag: '"x"',
      'Last-Modified': 'Sat, 28 Nov 2026 00:00:00 GMT',
      'Accept-Ranges': 'bytes',
      'X-Kept': 'y',
    }
    const { get } = await openPage(() => page, vouching)
    const [whole, head] = await Promise.all([get(PAGE), get(PAGE, { method: 'HEAD' })])
    for (const { status, headers } of [whole, head]) {
      expect([status, headers.get('x-kept')]).toEqual([200, 'y'])
      for (const name of [
        'content-length',
        'content-md5',
        'digest',
        'etag',
        'last-modified',
        'accept-ranges',
      ])
        expect(headers.get(name)).toBe(null)
    }
    expect([(await whole.text()).endsWith('</html>\n'), await head.text()]).toEqual([true, ''])
  })

  test('keeps its links where the service says so', async () => {
    const { upstream, get } = await openPage(linksTo, { ETag: '"x"' }, { pageLinks: null })
    const answer = await get(PAGE, { headers: { 'Accept-Encoding': 'br' } })
    expect([answer.headers.get('etag'), await answer.text()]).toEqual(['"x"', linksTo(upstream.url)])
    expect(headerOf(upstream.received[0], 'accept-encoding')).toBe('br')
  })
})

// Attack: a change where bytes are counted on. What is no page has to arrive as it was, with all that vouches for it.
describe('what is no page passes byte for byte', () => {
  const asked = async (stage: Stage, target: string, sent: Sent = {}): Promise<unknown> => {
    const answer = await stage.get(target, sent)
    const isSame = (await answer.text()) === linksTo(stage.upstream.url)
    return { etag: answer.headers.get('etag'), isSame }
  }
  const UNTOUCHED = { etag: '"x"', isSame: true }
  const ETAG = { ETag: '"x"' }

  test.each([
    ['the REST services', '/ws/v1/cluster/apps?user.name=alice'],
    ['a page for operators', '/conf?user.name=admin'],
  ])('HTML of %s', async (_, target) =>
    expect(await asked(await openPage(linksTo, ETAG), target)).toEqual(UNTOUCHED),
  )

  test.each([
    ['JSON', { 'Content-Type': 'application/json' }],
    ['a script', { 'Content-Type': 'text/javascript' }],
    ['what only begins like HTML', { 'Content-Type': 'text/html5' }],
    ['a download', { 'Content-Disposition': 'attachment; filename=page.html' }],
    ['what is encoded', { 'Content-Encoding': 'x-rot0' }],
  ])('%s on the route of a page', async (_, headers) =>
    expect(await asked(await openPage(linksTo, { ...ETAG, ...headers }), PAGE)).toEqual(UNTOUCHED),
  )

  test('a part of a page', async () =>
    expect(
      await asked(await openPage(linksTo, ETAG, { status: 206 }), PAGE, { headers: { Range: 'bytes=0-' } }),
    ).toEqual(UNTOUCHED))

  test('a file named page.html that is read through WebHDFS, though it says that it is HTML', async () => {
    let nameNode = ''
    const page = (): string => linksTo(nameNode)
    const dataNode = await startUpstream((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': Buffer.byteLength(page()) })
      response.end(page())
    })
    closeAfterTest(dataNode.close)
    const { host } = new URL(dataNode.url)
    const { door, upstream } = await openBefore(
      (_, response) => {
        const where = '/webhdfs/v1/page.html?op=OPEN&namenoderpcaddress=127.0.0.1:8020&offset=0'
        response.writeHead(307, { Location: dataNode.url + where })
        response.end()
      },
      {
        dataNodes: parseDataNodes([host], 'dataNodes', []),
        policy: { [CLIENT]: 'alice', 'security.client.datanode.protocol.acl': 'alice' },
      },
    )
    nameNode = upstream.url
    const answer = await fetch(`${door.url}/webhdfs/v1/page.html?op=OPEN&user.name=alice`)
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(page())))
    expect(await answer.text()).toBe(page())
  })
})

// Attack: a page, or whoever asks for it, has Keddah write what it would not.
describe('a link that is to lead astray', () => {
  test('is never one to another host by a path that begins with two slashes', async () => {
    const { door, get } = await openPage((own) => `<a href="${own}//evil.example/">`)
    const link = /href="([^"]*)"/.exec(await (await get(PAGE)).text())?.[1] ?? ''
    expect(new URL(link, door.url).origin).toBe(door.url)
  })

  test.each([`a"onload=x`, 'a/b', "a'b", 'a<b>', 'a b', 'a@b', 'a?b', 'a#b'])(
    'cannot be given a Host that is none: %j',
    async (host) => {
      const { door, upstream } = await openPage(linksTo)
      const answer = await exchangeRaw(
        door.url,
        `GET ${PAGE} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(upstream.received).toEqual([])
    },
  )

  test('leads whoever forges a Host to that host, and nobody else', async () => {
    let own = ''
    const { door, upstream, get } = await openPage(() => linksTo(own))
    own = upstream.url
    const forged = await exchangeRaw(
      door.url,
      `GET ${PAGE} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: worse.example\r\nConnection: close\r\n\r\n`,
    )
    expect(forged).toContain('href="http://evil.example/cluster/app/x"')
    expect(await (await get(PAGE)).text()).toBe(linksTo(door.url))
  })

  // Attack: two services in front of one daemon, or of two; a page of one sends browsers to the weaker policy of the other.
  test('stays at the listener that was asked, and leads to another service only for its own daemons', async () => {
    const other = 'http://nm.example:8042'
    const strangers = ['http://nm.example:80420', 'http://nm.example', 'https://nm.example:8042']
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'Content-Type': HTML })
      response.end(linksTo(upstream.url, other, ...strangers))
    })
    const services = [
      { upstreams: [upstream.url], externalUrl: 'https://weaker.example' },
      { upstreams: [other], externalUrl: 'https://nodes.example' },
      { upstreams: [other], externalUrl: 'https://weaker.example' },
    ]
    const door = await openDoor({
      kind: 'resourcemanager',
      upstreams: [upstream.url],
      pageLinks: pageLinksOf({ upstreams: [upstream.url] }, services),
    })
    closeAfterTest(door.stop)
    closeAfterTest(upstream.close)
    const text = await (await fetch(door.url + PAGE)).text()
    expect(text).toBe(linksTo(door.url, 'https://nodes.example', ...strangers))
  })
})
