import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestApp, startTestApp } from '../support/attack/app.ts'
import { lastGet } from '../support/attack/stage.ts'
import { makePemFolder, TestAuthority, type TestPair } from '../support/certificates.ts'
import { sendTls } from '../support/tls-client.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const authority = new TestAuthority()
const ca = authority.certificate
const REQUEST = lastGet('/webhdfs/v1/?op=LISTSTATUS&user.name=alice').replace('Host: nn', 'Host: localhost')
const CONNECTIONS = 16
const pems = makePemFolder({})
const file = (name: string): string => join(pems.folder, name)

function put({ certificate, keyPem }: TestPair): void {
  for (const [end, content] of [
    ['crt', certificate],
    ['key', keyPem],
  ] as const) {
    writeFileSync(file('new'), content, { mode: 0o600 })
    renameSync(file('new'), file(`nn.${end}`))
  }
}

let upstream: Upstream
let keddah: TestApp
beforeAll(async () => {
  put(authority.issue({ name: 'first' }))
  upstream = await startUpstream()
  keddah = await startTestApp({
    policy: { 'security.client.protocol.acl': 'alice' },
    settings: {
      workers: 3,
      watch: { enabled: false },
      services: [
        {
          name: 'nn',
          kind: 'namenode',
          listen: '127.0.0.1:0',
          upstreams: [upstream.url],
          tls: { certFile: file('nn.crt'), keyFile: file('nn.key') },
        },
      ],
    },
  })
})
afterAll(async () => {
  await keddah.stop()
  await upstream.close()
  pems.remove()
})

/** A session as a client keeps it, from whichever worker. */
function newSession(): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const { port, hostname } = new URL(keddah.url('nn'))
    const socket = connect({ host: hostname, port: Number(port), servername: 'localhost', ca }, () =>
      socket.write(REQUEST),
    )
    socket.on('session', (session: Buffer) => {
      resolve(session)
      socket.destroy()
    })
    socket.on('error', reject)
    socket.resume()
  })
}

/** Who shows the session on so many connections; these are spread over all workers. */
const resume = (session: Buffer): ReturnType<typeof sendTls>[] =>
  Array.from({ length: CONNECTIONS }, () => sendTls(keddah.url('nn'), REQUEST, { ca, session }))

test('a session that was agreed with one worker is resumed by all, until the certificate changes', async () => {
  const session = await newSession()
  for (const reply of await Promise.all(resume(session)))
    expect(reply).toMatchObject({ status: 200, isResumed: true })
  put(authority.issue({ name: 'second' }))
  expect(await keddah.app.refresh('admin', 'all')).toMatchObject({ ok: true, changed: true })
  for (const reply of await Promise.all(resume(session))) {
    expect(reply).toMatchObject({ status: 200, isResumed: false })
  }
})
