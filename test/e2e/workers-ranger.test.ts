import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { type KeepAliveClient, openKeepAlive } from '../support/keep-alive-client.ts'
import { type KeddahProcess, startKeddah, waitFor } from '../support/keddah.ts'
import { hdfsDownload, hdfsPolicy } from '../support/ranger-policies.ts'
import { startUpstream } from '../support/upstream.ts'

const ILLS = pathToFileURL(resolve(import.meta.dirname, '../support/worker-ills.ts')).href
const CONNECTIONS = 24

const letting = (user: string): string => hdfsDownload(hdfsPolicy('/data', { allow: [{ users: [user] }] }))

async function started(): Promise<{ keddah: KeddahProcess; settings: { services: object[] } }> {
  const upstream = await startUpstream()
  onTestFinished(upstream.close)
  const source = { kind: 'file', policies: 'hdfs.json' }
  const settings = {
    workers: 3,
    mode: 'security',
    watch: { enabled: false },
    services: [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [upstream.url] }],
    components: { HDFS: { fallback: 'deny', ranger: { serviceName: 'hadoopdev', source } } },
  }
  const keddah = await startKeddah(
    {
      policy: { 'security.client.protocol.acl': '*', 'security.refresh.policy.protocol.acl': '*' },
      settings,
      files: { 'hdfs.json': letting('alice') },
    },
    { nodeArgs: ['--import', ILLS] },
  )
  onTestFinished(async () => void (await keddah.stop()))
  return { keddah, settings }
}

function write(keddah: KeddahProcess, text: string): void {
  const file = join(keddah.folder, 'hdfs.json')
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

/** So many that each worker has some: the kernel spreads them by their ports. */
const openMany = (keddah: KeddahProcess): Promise<KeepAliveClient[]> =>
  Promise.all(Array.from({ length: CONNECTIONS }, () => openKeepAlive(keddah.urls.get('nn') ?? '')))

async function statusesOf(clients: readonly KeepAliveClient[], user: string): Promise<number[]> {
  const request = `GET /webhdfs/v1/data/a?op=OPEN&user.name=${user} HTTP/1.1\r\nHost: nn\r\n\r\n`
  const statuses = await Promise.all(clients.map((client) => client.ask(request)))
  return [...new Set(statuses)]
}

async function post(keddah: KeddahProcess, scope: string): Promise<number> {
  const headers = { Authorization: `Bearer ${keddah.token()}` }
  return (await fetch(`${keddah.admin}/admin/v1/refresh/${scope}`, { method: 'POST', headers })).status
}

test('new policies hold in every worker once the refresh is answered, and so they do in one that is replaced', async () => {
  const { keddah } = await started()
  const clients = await openMany(keddah)
  expect(await statusesOf(clients, 'alice')).toEqual([200])
  expect(await statusesOf(clients, 'bob')).toEqual([403])
  write(keddah, letting('bob'))
  expect(await post(keddah, 'ranger-policies')).toBe(200)
  expect(await statusesOf(clients, 'alice')).toEqual([403])
  expect(await statusesOf(clients, 'bob')).toEqual([200])
  keddah.tell({ worker: 2, kind: 'exit' })
  await waitFor(() => keddah.log().some(({ msg }) => msg === 'a worker was replaced'))
  const again = await openMany(keddah)
  expect(await statusesOf(again, 'alice')).toEqual([403])
  expect(await statusesOf(again, 'bob')).toEqual([200])
})

test('new policies hold nowhere where the refresh is vetoed', async () => {
  const { keddah, settings } = await started()
  const clients = await openMany(keddah)
  const taken = createServer()
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as AddressInfo
  const written: Record<string, unknown> = JSON.parse(readFileSync(keddah.configFile, 'utf8'))
  const other = {
    name: 'other',
    kind: 'namenode',
    listen: `127.0.0.1:${port}`,
    upstreams: ['http://127.0.0.1:1'],
  }
  const services = [...settings.services, other]
  writeFileSync(keddah.configFile, JSON.stringify({ ...written, services }))
  write(keddah, letting('bob'))
  keddah.signal('SIGHUP')
  await waitFor(() => keddah.log().some(({ code }) => code === 'ERR_CONFIG_LISTEN'))
  // What another refresh takes from the state in force is not what was vetoed.
  expect(await post(keddah, 'service-acl')).toBe(200)
  expect(await statusesOf(clients, 'alice')).toEqual([200])
  expect(await statusesOf(clients, 'bob')).toEqual([403])
})
