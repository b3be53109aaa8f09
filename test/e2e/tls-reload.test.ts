import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { userInfo } from 'node:os'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type TestApp, startTestApp } from '../support/attack/app.ts'
import { makePemFolder, TestAuthority, type TestPair } from '../support/certificates.ts'
import { runKeddah, waitFor } from '../support/keddah.ts'
import { sendTls } from '../support/tls-client.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { lastGet } from '../support/attack/stage.ts'

const authority = new TestAuthority()
const ca = authority.certificate
const REQUEST = lastGet('/webhdfs/v1/?op=LISTSTATUS&user.name=alice').replace('Host: nn', 'Host: localhost')
const pems = makePemFolder({ 'ca.crt': ca })
const file = (name: string): string => join(pems.folder, name)

/** Both files are replaced by others; between the two they do not fit. */
function put({ certificate, keyPem }: TestPair, name = 'nn'): void {
  for (const [end, content] of [
    ['crt', certificate],
    ['key', keyPem],
  ] as const) {
    writeFileSync(file('new'), content, { mode: 0o600 })
    renameSync(file('new'), file(`${name}.${end}`))
  }
}

const policy = {
  'security.client.protocol.acl': 'alice',
  'security.refresh.policy.protocol.acl': userInfo().username,
  'security.refresh.user.mappings.protocol.acl': userInfo().username,
}
let upstream: Upstream
let keddah: TestApp
beforeAll(async () => {
  put(authority.issue({ name: 'first' }))
  put(authority.issue({ name: 'admin', alt: ['DNS:keddah.example.com'] }), 'admin')
  upstream = await startUpstream()
  keddah = await startTestApp({ policy, settings: settings() })
})
afterAll(async () => {
  await keddah.stop()
  await upstream.close()
  pems.remove()
})

const settings = (more: object = { tls: { certFile: file('nn.crt'), keyFile: file('nn.key') } }) => ({
  admin: { listen: '127.0.0.1:0', tls: { certFile: file('admin.crt'), keyFile: file('admin.key') } },
  watch: { enabled: true, poll: '60s' },
  services: [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [upstream.url], ...more }],
})

/** The common name of the certificate that a listener shows to a new connection. */
function shownAt(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port, hostname } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

const refreshFailures = (): string[] => keddah.log.filter((line) => line.includes('the refresh failed'))

describe('certificates are taken up anew', () => {
  beforeEach(async () => {
    put(authority.issue({ name: 'first' }))
    await keddah.app.reload()
  })

  test('when the files change', async () => {
    expect(await shownAt(keddah.url('nn'))).toBe('first')
    put(authority.issue({ name: 'second' }))
    await waitFor(async () => (await shownAt(keddah.url('nn'))) === 'second')
    put(authority.issue({ name: 'admin two', alt: ['DNS:keddah.example.com'] }), 'admin')
    await waitFor(async () => (await shownAt(keddah.app.adminUrl)) === 'admin two')
  })

  test('at a signal', async () => {
    put(authority.issue({ name: 'third' }))
    expect(await keddah.app.reload()).toMatchObject({ ok: true })
    expect(await shownAt(keddah.url('nn'))).toBe('third')
  })

  test.each([
    ['has expired', () => put(authority.issue({ to: Date.now() - 1_000 })), 'has expired'],
    [
      'has another key',
      () => writeFileSync(file('nn.key'), authority.issue().keyPem),
      'does not hold the key',
    ],
    [
      'is half written',
      () => writeFileSync(file('nn.crt'), ca.slice(0, 200)),
      'holds a certificate without an end',
    ],
  ])('but not one that %s: the old one stays', async (_, spoil, words) => {
    spoil()
    expect(await keddah.app.reload()).toMatchObject({ ok: false })
    expect(refreshFailures().at(-1)).toContain(words)
    expect(await shownAt(keddah.url('nn'))).toBe('first')
    expect((await sendTls(keddah.url('nn'), REQUEST, { ca })).status).toBe(200)
  })

  test('and what expires when is a metric', async () => {
    const to = Math.floor(Date.now() / 1_000) + 40 * 86_400
    put(authority.issue({ to: to * 1_000 }))
    await keddah.app.reload()
    const series = `keddah_certificate_expiry_timestamp_seconds{service="nn"} ${to}`
    expect(await keddah.app.telemetry.metrics.text()).toContain(series)
  })

  test('one that expires soon is told', async () => {
    put(authority.issue({ to: Date.now() + 5 * 86_400_000 }))
    await keddah.app.reload()
    expect(keddah.log.some((line) => line.includes('services[0].tls.certFile` expires on'))).toBe(true)
  })
})

describe('a listener that changes between plain and TLS', () => {
  test('is another one on the same port, whose connections end', async () => {
    const baseSettings = readFileSync(keddah.configFile, 'utf8')
    const write = async (more: object): Promise<void> => {
      const text = JSON.parse(baseSettings) as object
      writeFileSync(keddah.configFile, JSON.stringify({ ...text, ...settings(more) }))
      expect(await keddah.app.reload()).toMatchObject({ ok: true })
    }
    await write({})
    const target = '/webhdfs/v1/?op=LISTSTATUS&user.name=alice'
    expect((await fetch(keddah.url('nn') + target)).status).toBe(200)
    const { port } = new URL(keddah.url('nn'))
    const tls = { certFile: file('nn.crt'), keyFile: file('nn.key') }
    await write({ listen: `127.0.0.1:${port}` })
    await write({ listen: `127.0.0.1:${port}`, tls })
    expect(keddah.url('nn')).toBe(`https://127.0.0.1:${port}`)
    expect((await sendTls(keddah.url('nn'), REQUEST, { ca })).status).toBe(200)
    await write({ tls })
  })
})

describe('the admin listener with TLS', () => {
  const cli = (...args: string[]): ReturnType<typeof runKeddah> =>
    runKeddah(['refresh', 'service-acl', ...args, '--config', keddah.configFile])

  test('is asked by the commands, which know its certificate from the settings', async () => {
    const ran = await cli('--admin', keddah.app.adminUrl)
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(keddah.app.adminUrl).toMatch(/^https:/)
  })

  test('is asked by the commands where the settings name a pair that it has refused', async () => {
    put(authority.issue({ name: 'admin', alt: ['DNS:keddah.example.com'] }), 'admin')
    await keddah.app.reload()
    put(authority.issue({ name: 'expired', to: Date.now() - 1_000 }), 'admin')
    expect(await keddah.app.reload()).toMatchObject({ ok: false })
    const ran = await cli('--admin', keddah.app.adminUrl)
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    put(authority.issue({ name: 'admin', alt: ['DNS:keddah.example.com'] }), 'admin')
    expect(await keddah.app.reload()).toMatchObject({ ok: true })
    expect(await cli('--admin', keddah.app.adminUrl)).toMatchObject({ code: 0 })
  })

  test('is asked by a name with the authority of `--ca-file`', async () => {
    put(authority.issue({ name: 'admin' }), 'admin')
    await keddah.app.reload()
    const url = keddah.app.adminUrl.replace('127.0.0.1', 'localhost')
    expect(await cli('--admin', url, '--ca-file', file('ca.crt'))).toMatchObject({ code: 0 })
  })

  // Attack: another user of the machine listens where Keddah did, to be sent the token.
  test('gets no token where it shows another certificate', async () => {
    const { certificate, keyPem } = authority.issue({ name: 'admin', alt: ['DNS:keddah.example.com'] })
    let count = 0
    const impostor = createServer({ cert: certificate, key: keyPem }, (_, response) => {
      count += 1
      response.end('{}')
    })
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void impostor.close())
    const ran = await cli('--admin', `https://127.0.0.1:${(impostor.address() as AddressInfo).port}`)
    expect(ran.code).toBe(3)
    expect(ran.stderr).toMatch(/certificate/)
    expect(count).toBe(0)
  })

  test('counts who does not speak TLS', async () => {
    await expect(fetch(keddah.app.adminUrl.replace('https', 'http'))).rejects.toThrow('fetch failed')
    const series = 'keddah_connections_refused_total{service="admin",reason="tls_not_tls"} 1'
    await waitFor(async () => (await keddah.app.telemetry.metrics.text()).includes(series))
  })
})
