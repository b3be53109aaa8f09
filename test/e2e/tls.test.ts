import { createServer } from 'node:https'
import { type AddressInfo, connect as connectTcp } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { type ClientTls, printOf, type ServerTls } from '../../src/tls/material.ts'
import { ALLOWED, lastGet } from '../support/attack/stage.ts'
import { selfSigned, TestAuthority, type TestPair } from '../support/certificates.ts'
import { closeAfterTest, openBefore } from '../support/opened.ts'
import { sendTls } from '../support/tls-client.ts'
import { serverTlsOf } from '../support/tls-material.ts'
import { openDoor } from '../support/door.ts'
import { headerOf } from '../support/upstream.ts'
import { until } from '../support/until.ts'

const authority = new TestAuthority()
const ca = authority.certificate
const REQUEST = lastGet(ALLOWED).replace('Host: nn', 'Host: localhost')

const serverTls = (parts: Partial<Omit<ServerTls, 'print'>> = {}): ServerTls => serverTlsOf(authority, parts)

function clientTls(parts: Partial<Omit<ClientTls, 'print'>> = {}): ClientTls {
  const tls = { ca, pair: null, serverName: null, ...parts }
  return { ...tls, print: printOf(tls) }
}

describe('a listener with TLS', () => {
  test('serves who believes its certificate, and says so to the upstream', async () => {
    const { door, upstream } = await openBefore(undefined, { tls: serverTls() })
    expect(door.url).toMatch(/^https:/)
    const reply = await sendTls(door.url, REQUEST, { ca })
    expect(reply).toMatchObject({ status: 200, error: null })
    const [received] = upstream.received
    expect(headerOf(received, 'x-forwarded-proto')).toBe('https')
    expect(headerOf(received, 'x-forwarded-for')).toBe('127.0.0.1')
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s with forward secrecy', async (version) => {
    const { door } = await openBefore(undefined, { tls: serverTls() })
    const options = { ca, minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] }
    const reply = await sendTls(door.url, REQUEST, options)
    expect([reply.status, reply.socket.alpnProtocol]).toEqual([200, 'http/1.1'])
  })

  test('shows the certificate for the name that a client asks for, else its own', async () => {
    const names = [
      { hosts: ['nn.example.com'], pair: authority.issue({ alt: ['DNS:nn.example.com'] }) },
      { hosts: ['*.rm.example.com'], pair: authority.issue({ alt: ['DNS:*.rm.example.com'] }) },
    ]
    const { door } = await openBefore(undefined, { tls: serverTls({ names }) })
    for (const host of ['nn.example.com', 'NN.Example.com', 'a.rm.example.com', 'localhost']) {
      const request = lastGet(ALLOWED).replace('Host: nn', `Host: ${host}`)
      expect(await sendTls(door.url, request, { ca, servername: host })).toMatchObject({
        status: 200,
        error: null,
      })
    }
    for (const host of ['a.b.rm.example.com', 'other.example.com', 'rm.example.com'])
      expect((await sendTls(door.url, REQUEST, { ca, servername: host })).error).toBe(
        'ERR_TLS_CERT_ALTNAME_INVALID',
      )
  })

  test('shows another certificate after a refresh, and open connections go on', async () => {
    const before = authority.issue({ name: 'before' })
    const { door } = await openBefore(undefined, { tls: serverTls({ pair: before }) })
    const open = await keptOpen(door.url)
    expect(await open.ask()).toBe('before')
    door.update({ ...door.service, tls: serverTls({ pair: authority.issue({ name: 'after' }) }) })
    expect(await open.ask()).toBe('before')
    const next = await keptOpen(door.url)
    expect(await next.ask()).toBe('after')
    open.end()
    next.end()
  })

  test('cuts an answer that the upstream cut, so that it cannot be taken for whole', async () => {
    const { door } = await openBefore(
      (_, response) => {
        response.writeHead(200)
        response.write('half')
        setTimeout(() => response.destroy(), 50)
      },
      { tls: serverTls() },
    )
    const request = REQUEST.replace('HTTP/1.1', 'HTTP/1.0')
    const reply = await sendTls(door.url, request, { ca })
    expect(reply.text).toMatch(/half$/)
    expect(reply.error).toBe('ECONNRESET')
  })

  test('closes at once, whatever is in the middle of a handshake', async () => {
    const { door } = await openBefore(undefined, { tls: serverTls() })
    const socket = connectTcp(Number(new URL(door.url).port), '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await door.close({ graceMs: 60_000 })
    await closed
    expect(socket.destroyed).toBe(true)
  })
})

/** A connection that stays open; `ask` sends a request, and says which certificate the connection was made with. */
async function keptOpen(url: string): Promise<{ ask(): Promise<string>; end(): void }> {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port: Number(new URL(url).port),
    servername: 'localhost',
    ca,
  })
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  return {
    async ask() {
      text = ''
      socket.write(REQUEST.replace('Connection: close\r\n', ''))
      await until(() => text.includes('{"ok":true}'))
      return String(socket.getPeerCertificate().subject.CN)
    },
    end: () => socket.destroy(),
  }
}

describe('client certificates', () => {
  const required = serverTls({ clientCa: ca, clientAuth: 'required' })
  const optional = serverTls({ clientCa: ca, clientAuth: 'optional' })
  const client = authority.issue({ name: 'client', alt: [] })
  const shown = (pair: TestPair): object => ({ ca, cert: pair.certificate, key: pair.keyPem })

  test('let in who has a good one', async () => {
    for (const tls of [required, optional]) {
      const { door } = await openBefore(undefined, { tls })
      expect((await sendTls(door.url, REQUEST, shown(client))).status).toBe(200)
    }
  })

  test('are not asked of everybody where they are optional', async () => {
    const { door } = await openBefore(undefined, { tls: optional })
    expect((await sendTls(door.url, REQUEST, { ca })).status).toBe(200)
  })
})

describe('an upstream with TLS', () => {
  async function secureUpstream(pair: TestPair, options: object = {}) {
    const seen: { host: string | undefined; servername: unknown; client: string | undefined }[] = []
    const server = createServer(
      { cert: pair.certificate, key: pair.keyPem, ...options },
      (request, response) => {
        const socket = request.socket as TLSSocket
        const { host } = request.headers
        const client = socket.getPeerX509Certificate()?.subject
        seen.push({ host, servername: socket.servername, client })
        response.end(request.url === '/isActive' ? 'I am Active!' : 'ok')
      },
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closeAfterTest(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    const { port } = server.address() as AddressInfo
    return { port, seen }
  }

  async function doorTo(url: string, upstreamTls: ClientTls | null) {
    const door = await openDoor({ upstreams: [url], upstreamTls })
    closeAfterTest(door.stop)
    return door
  }

  test('is asked where its certificate is good, whatever host the client names', async () => {
    const { port, seen } = await secureUpstream(authority.issue())
    const door = await doorTo(`https://localhost:${port}`, clientTls())
    for (const host of ['one.example', 'two.example'])
      expect((await fetch(door.url + ALLOWED, { headers: { host } })).status).toBe(200)
    expect(seen.map(({ servername }) => servername)).toEqual(['localhost', 'localhost'])
  })

  test('is asked by an address that its certificate has', async () => {
    const { port } = await secureUpstream(authority.issue({ alt: ['IP:127.0.0.1'] }))
    const door = await doorTo(`https://127.0.0.1:${port}`, clientTls())
    expect((await fetch(door.url + ALLOWED)).status).toBe(200)
  })

  test('has to have the name that the settings give it', async () => {
    const { port, seen } = await secureUpstream(authority.issue({ alt: ['DNS:nn.example.com'] }))
    const door = await doorTo(`https://127.0.0.1:${port}`, clientTls({ serverName: 'nn.example.com' }))
    expect((await fetch(door.url + ALLOWED)).status).toBe(200)
    expect(seen[0]?.servername).toBe('nn.example.com')
  })

  test('is shown the certificate of the settings', async () => {
    const { port, seen } = await secureUpstream(authority.issue(), { requestCert: true, ca })
    const pair = authority.issue({ name: 'keddah', alt: [] })
    const door = await doorTo(`https://localhost:${port}`, clientTls({ pair }))
    expect((await fetch(door.url + ALLOWED)).status).toBe(200)
    expect(seen[0]?.client).toBe('CN=keddah')
  })

  test.each([
    ['nobody that is known vouches for it', () => selfSigned({ alt: ['DNS:localhost'] })],
    ['it has another name', () => authority.issue({ alt: ['DNS:other.example'] })],
    ['it has expired', () => authority.issue({ to: Date.now() - 1_000 })],
    ['it is not valid yet', () => authority.issue({ from: Date.now() + 86_400_000 })],
  ])('is not asked where %s', async (_, pairOf) => {
    const { port, seen } = await secureUpstream(pairOf())
    const door = await doorTo(`https://localhost:${port}`, clientTls())
    const answer = await fetch(door.url + ALLOWED)
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([502, 'upstream_tls'])
    expect(seen).toEqual([])
    expect(await door.metric('keddah_upstream_errors_total{service="nn",kind="tls"}')).toBe(1)
  })

  // The attack: whoever can take the name or the address of a server says that it is the active one, and gets all
  // requests of the pair.
  test('is not believed to be the active one of a pair where its certificate is not good', async () => {
    const impostor = await secureUpstream(selfSigned({ alt: ['DNS:localhost'] }))
    const genuine = await secureUpstream(authority.issue())
    const door = await openDoor({
      upstreams: [impostor, genuine].map(({ port }) => `https://localhost:${port}`),
      upstreamTls: clientTls(),
    })
    closeAfterTest(door.stop)
    expect((await fetch(door.url + ALLOWED)).status).toBe(200)
    expect(impostor.seen).toEqual([])
    const line = door.log.find((text) => text.includes('cannot be asked whether it is active'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      upstream: `https://localhost:${impostor.port}`,
      reason: 'tls',
    })
  })

  test('without `upstreamTls` is believed only where Node knows who vouches for it', async () => {
    const { port } = await secureUpstream(authority.issue())
    const door = await doorTo(`https://localhost:${port}`, null)
    expect((await fetch(door.url + ALLOWED)).status).toBe(502)
  })
})
