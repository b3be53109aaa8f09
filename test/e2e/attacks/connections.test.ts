import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect, type ConnectionOptions, Server as TlsServer } from 'node:tls'
import { Worker } from 'node:worker_threads'
import { describe, expect, test, vi } from 'vitest'
import { HostList } from '../../../src/http/arrival/host-list.ts'
import { parseTrustedPeers } from '../../../src/identity/peers.ts'
import { createTrustedHeaderAuthenticator } from '../../../src/identity/trusted-header.ts'
import type { ServerTls } from '../../../src/tls/material.ts'
import { ALLOWED, head, lastGet } from '../../support/attack/stage.ts'
import { TestAuthority, type TestPair } from '../../support/certificates.ts'
import type { DoorOptions, TestDoor } from '../../support/door.ts'
import { closeAfterTest, openBefore } from '../../support/opened.ts'
import { proxyBlock } from '../../support/proxy-block.ts'
import { sendTls } from '../../support/tls-client.ts'
import { serverTlsOf } from '../../support/tls-material.ts'
import { until } from '../../support/until.ts'
import { headerOf, type Upstream } from '../../support/upstream.ts'

/** What is tried before there is a request: PROXY headers, handshakes, client certificates, names. */
const REQUEST = lastGet(ALLOWED)
const LOOPBACK = parseTrustedPeers(['127.0.0.1'], 'peers')

/** Sends pieces over a TCP connection; how it ended, and what came back. */
function sendRaw(
  url: string,
  pieces: readonly (string | Buffer)[],
): Promise<{ text: string; end: 'reset' | 'closed' }> {
  return new Promise((resolve) => {
    let text = ''
    let end: 'reset' | 'closed' = 'closed'
    const { port, hostname } = new URL(url)
    const socket = connectTcp({ host: hostname, port: Number(port), noDelay: true }, () => {
      const next = (index: number): void => {
        const piece = pieces[index]
        if (piece === undefined || socket.destroyed) return
        // What the kernel has sent is a packet of its own.
        socket.write(piece, () => setImmediate(() => next(index + 1)))
      }
      next(0)
    })
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', () => (end = 'reset'))
    socket.on('close', () => resolve({ text, end }))
  })
}

/** A port that nobody uses. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const refusals = (door: TestDoor, reason: string): Promise<number> =>
  door.metric(`keddah_connections_refused_total{service="nn",reason="${reason}"}`)

const connections = (door: TestDoor): Promise<number> => door.metric('keddah_connections{service="nn"}')

/** Waits until so many connections are open. */
const accepted = (door: TestDoor, count: number): Promise<void> =>
  vi.waitFor(async () => expect(await connections(door)).toBe(count), { timeout: 20_000 })

describe('the PROXY protocol', () => {
  const open = (more: Partial<DoorOptions> = {}): ReturnType<typeof openBefore> =>
    openBefore(undefined, { proxyProtocol: LOOPBACK, ...more })
  const V1 = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n'

  /** The address that the upstream is told after this header. */
  async function addressAfter(
    header: string | Buffer,
    lines: readonly string[] = [],
  ): Promise<string | null> {
    const { door, upstream } = await open()
    const reply = await sendRaw(door.url, [
      Buffer.concat([Buffer.from(header), Buffer.from(lastGet(ALLOWED, ...lines))]),
    ])
    if (!reply.text.startsWith('HTTP/1.1 200')) throw new Error(JSON.stringify(reply))
    return headerOf(upstream.received[0], 'x-forwarded-for')
  }

  test.each([
    ['version 1', V1, '192.0.2.7'],
    ['version 1 with IPv6', 'PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n', '2001:db8::7'],
    ['version 1 without an address', 'PROXY UNKNOWN\r\n', '127.0.0.1'],
    ['version 1 without an address, and more', 'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n', '127.0.0.1'],
    ['version 2', proxyBlock({ source: '192.0.2.7' }), '192.0.2.7'],
    ['version 2 with IPv6', proxyBlock({ source: '2001:db8::7' }), '2001:db8::7'],
    ['version 2 with an IPv4 address as IPv6', proxyBlock({ source: '::ffff:192.0.2.7' }), '192.0.2.7'],
    [
      'version 2 with fields',
      proxyBlock({ source: '192.0.2.7', fields: [1, 0, 2, 104, 50, 4, 0, 0] }),
      '192.0.2.7',
    ],
    ['a health check (LOCAL)', proxyBlock({ source: '192.0.2.7', command: 0x20 }), '127.0.0.1'],
    ['a health check without addresses', proxyBlock({ command: 0x20, family: 0 }), '127.0.0.1'],
    ['an unspecified family', proxyBlock({ family: 0 }), '127.0.0.1'],
  ])('%s says where a request comes from', async (_, header, wanted) => {
    const address = await addressAfter(header)
    expect(address).toBe(wanted)
  })

  test('a header that comes byte by byte, and together with the request, is the same', async () => {
    for (const header of [Buffer.from(V1), proxyBlock({ source: '192.0.2.7' })]) {
      const { door, upstream } = await open()
      const bytes = Buffer.concat([header, Buffer.from(REQUEST)])
      const reply = await sendRaw(
        door.url,
        Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
      )
      expect(reply.text).toMatch(/^HTTP\/1\.1 200/)
      expect(headerOf(upstream.received[0], 'x-forwarded-for')).toBe('192.0.2.7')
    }
  })

  // Attack: a client that reaches the port past the load balancer says that it is somebody else.
  test('from a peer that is not listed is cut, with a header or without', async () => {
    const others = parseTrustedPeers(['192.0.2.1'], 'peers')
    const { door, upstream } = await open({ proxyProtocol: others })
    for (const bytes of [V1 + REQUEST, REQUEST, '']) expect((await sendRaw(door.url, [bytes])).text).toBe('')
    expect(await refusals(door, 'proxy_peer')).toBe(3)
    expect(upstream.received).toEqual([])
  })

  // Attack: whatever two programs read in two ways names one address to one of them and another to the other.
  test.each<[string, string | Buffer]>([
    ['no header', ''],
    ['a header after a line end', `\r\n${V1}`],
    ['a header in lower case', V1.toLowerCase()],
    ['two blanks', V1.replace('TCP4 ', 'TCP4  ')],
    ['a tab', V1.replace('TCP4 ', 'TCP4\t')],
    ['a line that ends in LF', V1.replace('\r\n', '\n')],
    ['a CR inside', V1.replace('192', '192\r')],
    ['an octal address', V1.replace('192.0.2.7', '0300.0.2.7')],
    ['a short address', V1.replace('192.0.2.7', '192.519')],
    ['a number for an address', V1.replace('192.0.2.7', '3221225991')],
    ['an address with a zone', 'PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n'],
    ['an address of the other family', V1.replace('TCP4', 'TCP6')],
    ['a name', V1.replace('192.0.2.7', 'localhost')],
    ['no ports', 'PROXY TCP4 192.0.2.7 198.51.100.1\r\n'],
    ['a port too many', V1.replace('443', '443 1')],
    ['a port that is too high', V1.replace('443', '65536')],
    ['a port with a zero in front', V1.replace('443', '0443')],
    ['another transport', V1.replace('TCP4', 'UDP4')],
    ['a line of 108 bytes', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
    ['a line without an end', `PROXY UNKNOWN ${'x'.repeat(300)}`],
    ['version 3', proxyBlock({ source: '192.0.2.7', command: 0x31 })],
    ['an unknown command', proxyBlock({ source: '192.0.2.7', command: 0x22 })],
    ['an unknown family', proxyBlock({ source: '192.0.2.7', family: 0x41 })],
    ['a datagram', proxyBlock({ source: '192.0.2.7', family: 0x12 })],
    ['a Unix socket', proxyBlock({ family: 0x31, fields: Array.from({ length: 216 }, () => 0) })],
    ['too few bytes for its addresses', proxyBlock({ source: '192.0.2.7', length: 11 })],
    ['a field that is longer than the header', proxyBlock({ source: '192.0.2.7', fields: [1, 0, 9, 104] })],
    ['a field that has no length', proxyBlock({ source: '192.0.2.7', fields: [1, 0] })],
    ['64 KiB of fields', proxyBlock({ source: '192.0.2.7', length: 65_535 })],
    ['a signature with another end', Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIX'), Buffer.alloc(16)])],
  ])('with %s is cut by a reset', async (_, header) => {
    const { door, upstream } = await open()
    const reply = await sendRaw(door.url, [Buffer.concat([Buffer.from(header), Buffer.from(REQUEST)])])
    expect(reply).toEqual({ text: '', end: 'reset' })
    expect(await refusals(door, 'proxy_header')).toBe(1)
    expect(upstream.received).toEqual([])
  })

  // Attack: a second header behind that of the load balancer, which it has not looked at.
  test('a second header is no request', async () => {
    const { door, upstream } = await open()
    const reply = await sendRaw(door.url, [V1 + V1.replace('192.0.2.7', '10.0.0.1') + REQUEST])
    expect(reply.text).toMatch(/^HTTP\/1\.1 400/)
    expect(upstream.received).toEqual([])
  })

  // Attack: connections that never say who they are from fill the process.
  test('a header that does not come in time is cut', async () => {
    const { door } = await open({ timeouts: { headers: 200 } })
    for (const begun of ['', 'PROX', V1.slice(0, 20)])
      expect((await sendRaw(door.url, [begun])).text).toBe('')
    expect(await refusals(door, 'proxy_timeout')).toBe(3)
  })

  test('the head of the request has its time after the header', async () => {
    const { door } = await open({ timeouts: { headers: 200 } })
    expect((await sendRaw(door.url, [`${V1}GET / HTTP/1.1\r\n`])).text).toMatch(/^HTTP\/1\.1 408/)
  })

  // Attack: the client behind the load balancer sends the header that a trusted proxy would send.
  test('`X-Forwarded-For` counts by the address of the header, not by that of the load balancer', async () => {
    const forged = ['X-Forwarded-For: 10.0.0.1']
    for (const [trusted, wanted] of [
      ['127.0.0.1', '192.0.2.7'],
      ['192.0.2.7', '10.0.0.1'],
    ] as const) {
      const trustedProxies = parseTrustedPeers([trusted], 'trustedProxies')
      const { door, upstream } = await open({ dependencies: { trustedProxies: () => trustedProxies } })
      await sendRaw(door.url, [V1 + lastGet(ALLOWED, ...forged)])
      expect(headerOf(upstream.received[0], 'x-forwarded-for')).toBe(wanted)
    }
  })

  test('is read before the handshake of TLS', async () => {
    const tls = serverTls()
    const { door, upstream } = await open({ tls })
    for (const [index, pieces] of [[V1], V1.split('')].entries()) {
      const socket = connectTcp({ port: Number(new URL(door.url).port), host: '127.0.0.1', noDelay: true })
      for (const piece of pieces) socket.write(piece)
      const secure = connect({ socket, ca, servername: 'localhost' }, () => secure.write(secureRequest()))
      await new Promise((resolve) => secure.on('close', resolve).resume())
      expect(headerOf(upstream.received[index], 'x-forwarded-for')).toBe('192.0.2.7')
    }
    expect((await sendTls(door.url, secureRequest(), { ca })).error).not.toBeNull()
    expect(await refusals(door, 'proxy_header')).toBe(1)
  })

  // Attack: a load balancer has one port of its own for connections to two addresses of a listener, which TCP allows. The
  // client of the second one finishes its handshake first, so that the first one would be taken for it.
  test('of one connection says nothing about another one from the same port', async () => {
    let server: TlsServer | null = null
    const listening = (message: unknown): void => {
      if (typeof message === 'object' && message !== null && 'server' in message)
        server = message.server instanceof TlsServer ? message.server : server
    }
    subscribe('tracing:net.server.listen:asyncStart', listening)
    const { door, upstream } = await open({ tls: serverTls() })
    unsubscribe('tracing:net.server.listen:asyncStart', listening)
    // Its second address.
    const other = createServer((socket) => void server?.emit('connection', socket))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    closeAfterTest(async () => void other.close())
    const localPort = await freePort()
    const from = async (port: number): Promise<Socket> => {
      const socket = connectTcp({ host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort })
      await once(socket, 'connect')
      return socket
    }
    const addresses = ['192.0.2.7', '10.20.30.40']
    const first = await from(Number(new URL(door.url).port))
    first.write(`PROXY TCP4 ${addresses[0]} 198.51.100.1 1 2\r\n`)
    await accepted(door, 1)
    const second = await from((other.address() as AddressInfo).port)
    second.write(`PROXY TCP4 ${addresses[1]} 198.51.100.1 1 2\r\n`)
    await accepted(door, 2)
    for (const socket of [first, second]) {
      const secure = connect({ socket, ca, servername: 'localhost' }, () => secure.write(secureRequest()))
      await once(secure.resume(), 'close')
    }
    expect(upstream.received.map((seen) => headerOf(seen, 'x-forwarded-for'))).toEqual(addresses)
  })

  // Not an attack: a health check that connects and resets is gone before anybody can ask where it came from.
  test('is not missed where the peer has reset already', async () => {
    const { door } = await open()
    const done = new Int32Array(new SharedArrayBuffer(4))
    const client = new Worker(
      `const { connect } = require('node:net'), { port, done } = require('node:worker_threads').workerData
      const socket = connect(port, '127.0.0.1', () => socket.resetAndDestroy())
      socket.on('close', () => { Atomics.store(done, 0, 1); Atomics.notify(done, 0) })`,
      { eval: true, workerData: { port: Number(new URL(door.url).port), done } },
    )
    const exited = once(client, 'exit')
    expect(Atomics.wait(done, 0, 0, 20_000)).not.toBe('timed-out')
    await exited
    expect((await sendRaw(door.url, [V1 + REQUEST])).text).toMatch(/^HTTP\/1\.1 200/)
    expect(await refusals(door, 'proxy_peer')).toBe(0)
    expect(await connections(door)).toBe(0)
  })
})

const authority = new TestAuthority()
const ca = authority.certificate
const secureRequest = (host = 'localhost', ...lines: string[]): string =>
  lastGet(ALLOWED, ...lines).replace('Host: nn', `Host: ${host}`)

const serverTls = (parts: Partial<Omit<ServerTls, 'print'>> = {}): ServerTls => serverTlsOf(authority, parts)

describe('the handshake', () => {
  // Attack: what is no handshake, to see whether anything behind it answers or falls over.
  test.each([
    ['plain HTTP', REQUEST, 'tls_not_tls'],
    ['a CONNECT', 'CONNECT nn:443 HTTP/1.1\r\n\r\n', 'tls_not_tls'],
    ['noise', '\0\x01\x02\x03\xff'.repeat(40), 'tls_not_tls'],
    ['an alert', '\x15\x03\x01\0\x02\x02\x28', 'tls_protocol'],
    ['an SSL 2 hello', '\x80\x2e\x01\0\x02\0\x15\0\0\0\x10', 'tls_'],
  ])('%s on a port with TLS gets nothing', async (_, bytes, reason) => {
    const { door, upstream } = await openBefore(undefined, { tls: serverTls(), timeouts: { headers: 1_000 } })
    const reply = await sendRaw(door.url, [Buffer.from(bytes, 'latin1')])
    expect(reply.text).not.toContain('HTTP/')
    const counted = (await door.telemetry.metrics.text())
      .split('\n')
      .filter((line) => line.includes('_refused_total{'))
    expect(counted.join()).toContain(reason)
    expect(upstream.received).toEqual([])
    expect((await sendTls(door.url, secureRequest(), { ca })).status).toBe(200)
  })

  test('that nobody finishes is cut in time', async () => {
    const { door } = await openBefore(undefined, { tls: serverTls(), timeouts: { headers: 200 } })
    expect((await sendRaw(door.url, [])).text).toBe('')
    expect(await refusals(door, 'tls_timeout')).toBe(1)
  })

  test.each<[string, ConnectionOptions]>([
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['no forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
    ['CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
    ['HTTP/2 alone', { ALPNProtocols: ['h2'] }],
  ])('with %s fails', async (_, options) => {
    const { door } = await openBefore(undefined, { tls: serverTls() })
    const reply = await sendTls(door.url, secureRequest(), { ca, ...options })
    expect([reply.text, reply.error === null]).toEqual(['', false])
    expect(await refusals(door, 'tls_no_shared_parameters')).toBe(1)
  })

  // Attack: handshake after handshake on one connection, each of which costs the server more than the client.
  test('is not begun anew on a connection', async () => {
    const { door } = await openBefore(undefined, { tls: serverTls() })
    const socket = connect({
      host: '127.0.0.1',
      port: Number(new URL(door.url).port),
      ca,
      servername: 'localhost',
      maxVersion: 'TLSv1.2',
    })
    const failed = new Promise((resolve) => socket.on('error', resolve))
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    socket.renegotiate({}, () => {})
    expect(String(await failed)).toMatch(/renegotiation/i)
  })

  // Attack: a name for which choosing a certificate throws, which ended the process (CVE-2026-21637).
  test.each(['x'.repeat(255), '.', '..', '*', '*.example.com', 'a.'.repeat(100), '__proto__', 'constructor'])(
    'that asks for the name %s is answered with the usual certificate',
    async (servername) => {
      const names = [
        { hosts: ['nn.example.com', '*.example.com'], pair: authority.issue({ alt: ['DNS:*.example.com'] }) },
      ]
      const { door } = await openBefore(undefined, { tls: serverTls({ names }) })
      await sendTls(door.url, secureRequest(), { rejectUnauthorized: false, servername })
      expect((await sendTls(door.url, secureRequest(), { ca })).status).toBe(200)
      expect(await door.metric('keddah_defects_total')).toBe(0)
    },
  )

  test('that fails a hundred times is logged once a second', async () => {
    const { door } = await openBefore(undefined, { tls: serverTls() })
    await Promise.all(Array.from({ length: 100 }, () => sendRaw(door.url, [REQUEST])))
    expect(await refusals(door, 'tls_not_tls')).toBe(100)
    const lines = door.log.filter((line) => line.includes('a connection was refused'))
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThan(50)
  })
})

describe('client certificates', () => {
  const foreign = new TestAuthority('keddah test authority')
  const shown = (pair: TestPair): ConnectionOptions => ({ ca, cert: pair.certificate, key: pair.keyPem })
  const DAY = 86_400_000

  // Attack: a certificate that looks right: of an authority with the same name, or one of yesterday.
  test.each([
    ['required', 'of another authority', () => foreign.issue({ name: 'alice', alt: [] })],
    ['required', 'that has expired', () => authority.issue({ alt: [], to: Date.now() - DAY / 2 })],
    ['required', 'that is not valid yet', () => authority.issue({ alt: [], from: Date.now() + DAY })],
    ['optional', 'of another authority', () => foreign.issue({ name: 'alice', alt: [] })],
    ['optional', 'that has expired', () => authority.issue({ alt: [], to: Date.now() - DAY / 2 })],
  ] as const)('where they are %s, one %s is refused', async (clientAuth, _, pairOf) => {
    const { door, upstream } = await openBefore(undefined, { tls: serverTls({ clientCa: ca, clientAuth }) })
    expect((await sendTls(door.url, secureRequest(), shown(pairOf()))).text).toBe('')
    expect(await refusals(door, 'tls_client_certificate')).toBe(1)
    expect(upstream.received).toEqual([])
  })

  test('where they are required, nobody comes in without', async () => {
    const { door, upstream } = await openBefore(undefined, {
      tls: serverTls({ clientCa: ca, clientAuth: 'required' }),
    })
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      expect((await sendTls(door.url, secureRequest(), { ca, maxVersion })).text).toBe('')
    expect(await refusals(door, 'tls_client_certificate_missing')).toBe(2)
    expect(upstream.received).toEqual([])
  })

  // Attack: the authority is not trusted any more, and who was let in by it comes back with the session of before.
  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'with %s a session does not outlive its authority',
    async (maxVersion) => {
      const before = serverTls({ clientCa: ca, clientAuth: 'required' })
      const { door } = await openBefore(undefined, { tls: before })
      const options = { ...shown(authority.issue({ name: 'gone', alt: [] })), maxVersion }
      let session: Buffer | null = null
      const first = await new Promise<string>((resolve) => {
        let text = ''
        const socket = connect({
          host: '127.0.0.1',
          port: Number(new URL(door.url).port),
          servername: 'localhost',
          ...options,
        })
        socket.on('session', (ticket) => (session = ticket))
        socket.on('secureConnect', () => socket.write(secureRequest()))
        socket.on('data', (chunk) => (text += chunk.toString('latin1')))
        socket.on('close', () => resolve(text))
      })
      expect(first).toMatch(/^HTTP\/1\.1 200/)
      expect(session).not.toBeNull()
      const resumed = await sendTls(door.url, secureRequest(), {
        ...options,
        session: session ?? Buffer.alloc(0),
      })
      expect([resumed.status, resumed.isResumed]).toEqual([200, true])
      door.update({
        ...door.service,
        tls: { ...before, ...serverTls({ ...before, clientCa: foreign.certificate }) },
      })
      const after = await sendTls(door.url, secureRequest(), {
        ...options,
        session: session ?? Buffer.alloc(0),
      })
      expect(after.text).toBe('')
    },
  )

  /** Puts other authorities in force, as a refresh does. */
  const list = async (door: TestDoor, tls: ServerTls, clientCa: string): Promise<void> => {
    door.update({ ...door.service, tls: serverTls({ ...tls, clientCa }) })
    await door.judgeAgain()
  }
  const gateway = authority.issue({ alt: ['DNS:gateway.example.com'] })
  const openFor = async (
    clientAuth: 'optional' | 'required',
    answer?: Parameters<typeof openBefore>[0],
    own: ConnectionOptions = shown(gateway),
  ): Promise<{
    door: TestDoor
    upstream: Upstream
    tls: ServerTls
    ask: (begun?: () => void) => Promise<string>
  }> => {
    const tls = serverTls({ clientCa: ca, clientAuth })
    const authenticators = trustedBy('gateway.example.com') ?? []
    const { door, upstream } = await openBefore(answer, { tls, authenticators })
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ...own })
    closeAfterTest(async () => agent.destroy())
    const headers = { 'X-Remote-User': 'alice', Host: 'localhost' }
    const path = ALLOWED.replace('&user.name=alice', '')
    /** One request after the other over one connection, as long as that is open: its status, or how it failed. */
    const ask = (begun = (): void => {}): Promise<string> =>
      new Promise((resolve) => {
        let hasBegun = false
        const sent = request(
          `${door.url}${path}`,
          { agent, headers, servername: 'localhost' },
          (response) => {
            response
              .on('error', () => {})
              .once('data', () => {
                hasBegun = true
                begun()
              })
            response.on('close', () => resolve(response.complete ? String(response.statusCode) : 'cut'))
          },
        )
        sent.on('error', () => resolve(hasBegun ? 'cut' : sent.reusedSocket ? 'closed' : 'refused'))
        sent.end()
      })
    return { door, upstream, tls, ask }
  }
  const BOTH = ['optional', 'required'] as const

  // Attack: the gateway's authority was taken off the list, and the gateway goes on over the connection it has.
  test.each(BOTH)('that are %s do not outlive their authority on an open connection', async (clientAuth) => {
    const { door, upstream, tls, ask } = await openFor(clientAuth)
    expect([await ask(), await ask()]).toEqual(['200', '200'])
    await list(door, tls, foreign.certificate)
    await accepted(door, 0)
    expect(await ask()).toMatch(/closed|refused/)
    expect(await ask()).toBe('refused')
    expect(upstream.received).toHaveLength(2)
  })

  // Attack: the same with a request that is on its way, and that could be answered long after.
  test.each(BOTH)(
    'that are %s do not outlive it in a request that waits for its answer',
    async (clientAuth) => {
      const { door, upstream, tls, ask } = await openFor(clientAuth, () => {})
      const answer = ask()
      await until(() => upstream.received.length === 1)
      await list(door, tls, foreign.certificate)
      expect(await answer).toBe('401')
      expect(await ask()).toBe('refused')
      expect(await door.metric('keddah_revoked_total{service="nn",kind="question"}')).toBe(1)
    },
  )

  // Attack: the same in the middle of a download.
  test.each(BOTH)('that are %s do not outlive it in a download', async (clientAuth) => {
    const { door, tls, ask } = await openFor(clientAuth, (_, response) => {
      response.writeHead(200, { 'Content-Length': 10 })
      response.write('{')
    })
    let answer: Promise<string> = Promise.resolve('')
    await new Promise<void>((resolve) => {
      answer = ask(resolve)
    })
    await list(door, tls, foreign.certificate)
    expect(await answer).toBe('cut')
    expect(await door.metric('keddah_revoked_total{service="nn",kind="download"}')).toBe(1)
  })

  // Attack: the handshake was begun under the authorities of before, and is finished after they were replaced.
  test.each(BOTH)('that are %s do not outlive it in a handshake', async (clientAuth) => {
    const { door, upstream, tls } = await openFor(clientAuth)
    const raw = connectTcp(Number(new URL(door.url).port), '127.0.0.1')
    await once(raw, 'connect')
    await accepted(door, 1)
    await list(door, tls, foreign.certificate)
    const secure = connect({ socket: raw, servername: 'localhost', ...shown(gateway) }, () =>
      secure.write(secureRequest('localhost', 'X-Remote-User: alice').replace('&user.name=alice', '')),
    )
    let text = ''
    secure.on('data', (chunk) => (text += String(chunk))).on('error', () => {})
    await once(secure, 'close')
    expect(text).toBe('')
    expect(await refusals(door, 'tls_client_certificate')).toBe(1)
    expect(upstream.received).toEqual([])
  })

  test.each(BOTH)('that are %s stay good where their authority stays among others', async (clientAuth) => {
    const { door, upstream, tls, ask } = await openFor(clientAuth)
    expect(await ask()).toBe('200')
    await list(door, tls, foreign.certificate + ca)
    expect(await ask()).toBe('200')
    expect(upstream.received).toHaveLength(2)
    expect(await connections(door)).toBe(1)
  })

  // Attack: the authority between is listed in the place of the one that was taken away, which alone was believed.
  test.each(BOTH)('that are %s are walked up to an authority that is listed', async (clientAuth) => {
    const between = new TestAuthority('between', authority)
    const pair = between.issue({ alt: ['DNS:gateway.example.com'] })
    const cert = pair.certificate + between.certificate
    const { door, upstream, tls, ask } = await openFor(clientAuth, undefined, { ca, cert, key: pair.keyPem })
    expect(await ask()).toBe('200')
    await list(door, tls, foreign.certificate + ca)
    expect(await ask()).toBe('200')
    expect(await connections(door)).toBe(1)
    await list(door, tls, foreign.certificate + between.certificate)
    await accepted(door, 0)
    expect(await ask()).toMatch(/closed|refused/)
    expect(await ask()).toBe('refused')
    expect(upstream.received).toHaveLength(2)
  })

  const trustedBy = (...certificateNames: string[]): DoorOptions['authenticators'] => [
    createTrustedHeaderAuthenticator({
      header: 'X-Remote-User',
      peers: LOOPBACK,
      shared: null,
      certificateNames,
    }),
  ]
  const askAs = async (pair: TestPair | null, names: readonly string[]): Promise<number> => {
    const tls = serverTls({ clientCa: ca, clientAuth: 'optional' })
    const { door } = await openBefore(undefined, { tls, authenticators: trustedBy(...names) ?? [] })
    const request = secureRequest('localhost', 'X-Remote-User: alice').replace('&user.name=alice', '')
    return (await sendTls(door.url, request, pair === null ? { ca } : shown(pair))).status
  }

  test('a trusted header is believed with the right certificate', async () => {
    const names = ['gateway.example.com', 'Edge Proxy']
    expect(await askAs(authority.issue({ alt: ['DNS:gateway.example.com'] }), names)).toBe(200)
    expect(await askAs(authority.issue({ alt: ['DNS:GATEWAY.example.com', 'DNS:b'] }), names)).toBe(200)
    expect(await askAs(authority.issue({ name: 'Edge Proxy', alt: [] }), names)).toBe(200)
  })

  // Attack: another client of the same authority, or the proxy's name in another place, speaks for anybody.
  test.each([
    ['no certificate', null],
    ['that of another client', () => authority.issue({ name: 'gateway', alt: ['DNS:other.example.com'] })],
    [
      'the name as common name beside another DNS name',
      () => authority.issue({ name: 'gateway.example.com', alt: ['DNS:other'] }),
    ],
    ['a pattern that covers the name', () => authority.issue({ alt: ['DNS:*.example.com'] })],
    [
      'the name with something behind it',
      () => authority.issue({ alt: ['DNS:gateway.example.com.evil.example'] }),
    ],
    [
      'the name with a NUL behind it',
      () => authority.issue({ alt: ['DNS:gateway.example.com\0.evil.example'] }),
    ],
  ])('with %s it is nobody', async (_, pairOf) => {
    expect(await askAs(pairOf === null ? null : pairOf(), ['gateway.example.com'])).toBe(401)
  })

  test('with the secret alone, where both are asked for, it is nobody', async () => {
    const authenticator = createTrustedHeaderAuthenticator({
      header: 'X-Remote-User',
      peers: LOOPBACK,
      shared: { header: 'X-Secret', secret: Buffer.from('s3cret') },
      certificateNames: ['gateway'],
    })
    const tls = serverTls({ clientCa: ca, clientAuth: 'optional' })
    const { door } = await openBefore(undefined, { tls, authenticators: [authenticator] })
    const ask = (options: ConnectionOptions, ...lines: string[]): Promise<number> => {
      const request = secureRequest('localhost', 'X-Remote-User: alice', ...lines).replace(
        '&user.name=alice',
        '',
      )
      return sendTls(door.url, request, options).then(({ status }) => status)
    }
    const good = shown(authority.issue({ alt: ['DNS:gateway'] }))
    expect(await ask({ ca }, 'X-Secret: s3cret')).toBe(401)
    expect(await ask(good)).toBe(401)
    expect(await ask(good, 'X-Secret: s3cret')).toBe(200)
  })
})

describe('hosts', () => {
  const hosts = new HostList(['nn.example.com', 'other.example.com:9871', '[2001:db8::1]'], false)
  const ask = async (...lines: string[]): Promise<[number, string | undefined]> => {
    const { door } = await openBefore(undefined, { hosts })
    const { text } = await sendRaw(door.url, [head(`GET ${ALLOWED} HTTP/1.1`, ...lines, 'Connection: close')])
    return [Number(text.slice(9, 12)), /x-keddah-reason: (\w+)/i.exec(text)?.[1]]
  }

  test.each([
    'nn.example.com',
    'NN.Example.COM',
    'nn.example.com:80',
    'nn.example.com:1234',
    'other.example.com:9871',
    '[2001:DB8::1]:80',
  ])('%s is listed', async (host) => expect((await ask(`Host: ${host}`))[0]).toBe(200))

  // Attack: a page of another name that resolves to this listener (DNS rebinding) asks with the browser's rights.
  test.each([
    'evil.example',
    'nn.example.com.evil.example',
    'nn.example.com.',
    'other.example.com',
    'other.example.com:80',
    '127.0.0.1',
    '[2001:db8::2]',
  ])('%s is not, and nothing is there', async (host) =>
    expect(await ask(`Host: ${host}`)).toEqual([404, 'host_unknown']),
  )

  test('a request of HTTP/1.0 without any is not listed either', async () => {
    const { door, upstream } = await openBefore(undefined, { hosts })
    const { text } = await sendRaw(door.url, [head(`GET ${ALLOWED} HTTP/1.0`)])
    expect(text).toMatch(/^HTTP\/1\.1 404/)
    expect(upstream.received).toEqual([])
  })

  // Attack: the handshake names a host that a filter on the way lets pass, and the request another one.
  test('a request for another host than its connection is misdirected', async () => {
    const { door, upstream } = await openBefore(undefined, { tls: serverTls() })
    const misdirected = await sendTls(door.url, secureRequest('nn.example.com'), { ca })
    expect(misdirected.text).toMatch(/^HTTP\/1\.1 421 [\s\S]*X-Keddah-Reason: host_mismatch/)
    expect((await sendTls(door.url, secureRequest('127.0.0.1'), { ca })).status).toBe(421)
    expect(upstream.received).toEqual([])
    const port = new URL(door.url).port
    expect((await sendTls(door.url, secureRequest(`LOCALHOST:${port}`), { ca })).status).toBe(200)
    expect((await sendTls(door.url, secureRequest('any.example'), { ca, servername: '' })).status).toBe(200)
  })

  test('a trusted proxy may use one connection for many hosts', async () => {
    const dependencies = { trustedProxies: () => LOOPBACK }
    const { door } = await openBefore(undefined, { tls: serverTls(), dependencies })
    expect((await sendTls(door.url, secureRequest('nn.example.com'), { ca })).status).toBe(200)
  })
})

describe('connections from one address', () => {
  // Attack: handshakes that nobody ends, which are no connections yet to whoever counts those.
  test('count from the moment they are accepted', async () => {
    const { door } = await openBefore(undefined, { tls: serverTls(), limits: { connectionsPerAddress: 3 } })
    const { port } = new URL(door.url)
    const held = Array.from({ length: 3 }, () => connectTcp(Number(port), '127.0.0.1'))
    await until(() => held.every(({ readyState }) => readyState === 'open'))
    const reply = await sendTls(door.url, secureRequest(), { ca })
    expect(reply.text).toBe('')
    expect(await refusals(door, 'too_many_from_address')).toBe(1)
    for (const socket of held) socket.destroy()
  })
})

// Attack: a caller asks for what takes long and goes, again and again, each time by the end of one half of the connection,
// which looks like that of a client who still wants to read. Their places at the upstream would be held for nobody.
test('a client that ends its half is gone: what it has asked for ends, at the upstream too', async () => {
  let ended = 0
  const { door, upstream } = await openBefore((_, response) => void response.on('close', () => (ended += 1)))
  const socket = connectTcp(Number(new URL(door.url).port), '127.0.0.1', () => socket.write(REQUEST))
  const closed = once(socket.resume(), 'close')
  await until(() => upstream.received.length === 1)
  socket.end()
  await closed
  await until(() => ended === 1)
  expect(socket.bytesRead).toBe(0)
  expect(await door.metric('keddah_client_aborts_total{service="nn"}')).toBe(1)
})
