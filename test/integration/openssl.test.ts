import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { hadoopXml } from '../support/keddah.ts'
import { sendTls } from '../support/tls-client.ts'

/** What docs/tls.md tells a new user to do, word by word: its commands, and the example that it names. */
const ROOT = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/tls.md'), 'utf8')
const [, commands = ''] = /<!-- these commands are run by [^>]*-->\n+```sh\n([\s\S]*?)```/.exec(page) ?? []
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) process.stderr.write('skipped: openssl not found; apt-get install openssl\n')

describe.skipIf(!hasOpenssl)('the commands of docs/tls.md', () => {
  const top = mkdtempSync(join(tmpdir(), 'keddah-openssl-'))
  const file = (name: string): string => join(top, 'keddah', name)
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  let app: App
  const upstream = createServer()
  beforeAll(async () => {
    for (const name of ['keddah', 'hadoop', 'state']) mkdirSync(join(top, name))
    const made = spawnSync('bash', ['-euc', commands.replaceAll('/etc/keddah', join(top, 'keddah'))])
    if (made.status !== 0) throw new Error(made.stderr.toString())
    writeFileSync(
      join(top, 'hadoop/hadoop-policy.xml'),
      hadoopXml({ 'security.client.protocol.acl': 'alice' }),
    )
    writeFileSync(join(top, 'hadoop/core-site.xml'), hadoopXml({}))
    upstream.setSecureContext({ cert: read('tls.crt'), key: read('tls.key') })
    upstream.on('request', (_, response) => response.end('ok'))
    await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done))
    const settings = readFileSync(join(ROOT, 'config/examples/tls/keddah.yaml'), 'utf8')
      .replaceAll('/etc/keddah', join(top, 'keddah'))
      .replaceAll('/etc/hadoop/conf', join(top, 'hadoop'))
      .replaceAll('/var/lib/keddah', join(top, 'state'))
      .replace('0.0.0.0:19871', '127.0.0.1:0')
      .replace('127.0.0.1:9480', '127.0.0.1:0')
      .replace('10.0.0.7', '127.0.0.1')
      .replace('nn1.example.com:9871', `localhost:${(upstream.address() as AddressInfo).port}`)
    writeFileSync(file('keddah.yaml'), `${settings}audit: { file: null }\n`)
    app = await startApp({
      settingsFile: file('keddah.yaml'),
      environment: new Map(),
      nodeOptions: [],
      version: '0',
      loopbackUser: null,
      logDestination: { write: () => {} },
    })
  })
  afterAll(async () => {
    await app.close({ graceMs: 0 })
    upstream.close()
    rmSync(top, { recursive: true })
  })

  const ask = async (user: string, more: object = {}): Promise<number> => {
    const bytes = `GET /webhdfs/v1/?op=LISTSTATUS HTTP/1.1\r\nHost: localhost\r\nX-Remote-User: ${user}\r\nConnection: close\r\n\r\n`
    return (await sendTls(app.urls().get('namenode') ?? '', bytes, { ca: read('ca.crt'), ...more })).status
  }
  const gateway = (): object => ({ cert: read('gateway.crt'), key: read('gateway.key') })

  test('make files with which the example runs', async () => {
    expect(await ask('alice', gateway())).toBe(200)
    expect(await ask('mallory', gateway())).toBe(403)
    expect(await ask('alice')).toBe(401)
  })

  test('make the admin listener one that is believed', async () => {
    const bytes = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    expect((await sendTls(app.adminUrl, bytes, { ca: read('ca.crt') })).status).toBe(200)
  })
})
