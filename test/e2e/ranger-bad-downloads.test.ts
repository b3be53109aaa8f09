import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type KeddahProcess, runKeddah, startKeddah, waitFor } from '../support/keddah.ts'
import { type Fault, type RangerAdmin, startRangerAdmin } from '../support/ranger-admin.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const me = userInfo().username
const LISTS = { 'security.refresh.policy.protocol.acl': me, 'security.client.protocol.acl': '*' }
const MIB = 1_048_576

const policy = (id: number, user: string, more: object = {}): object => ({
  id,
  name: `policy ${id}`,
  serviceType: 'hdfs',
  resources: { path: { values: ['/data'], isRecursive: true } },
  policyItems: [{ users: [user], accesses: [{ type: 'read' }, { type: 'execute' }] }],
  ...more,
})

const download = (version: number, policies: unknown, more: object = {}): Record<string, unknown> => ({
  serviceName: 'hadoopdev',
  policyVersion: version,
  policies,
  ...more,
})

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.close())

const settings = (stateDir: string, source: object): Parameters<typeof startKeddah>[0]['settings'] => ({
  mode: 'security',
  stateDir,
  services: [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [upstream.url] }],
  components: { HDFS: { fallback: 'deny', ranger: { serviceName: 'hadoopdev', source } } },
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'keddah-ranger-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

interface Site {
  readonly admin: RangerAdmin
  readonly keddah: KeddahProcess
  readonly stateDir: string
}

/** A running Keddah that has taken policies by which alice may read `/data`, of a stand-in that changes nothing by itself. */
async function started(): Promise<Site> {
  const admin = await startRangerAdmin()
  admin.services.set('hadoopdev', { policies: download(7, [policy(1, 'alice')]) })
  const stateDir = folder()
  const source = { kind: 'admin', urls: [admin.url], pollInterval: '10m' }
  const keddah = await startKeddah({ policy: LISTS, settings: settings(stateDir, source) })
  onTestFinished(async () => {
    await keddah.stop()
  })
  return { admin, keddah, stateDir }
}

async function mayRead({ keddah }: Pick<Site, 'keddah'>, user: string): Promise<boolean> {
  const answer = await fetch(`${keddah.urls.get('nn')}/webhdfs/v1/data/a?op=OPEN&user.name=${user}`)
  return answer.status === 200
}

const refresh = ({ keddah, stateDir }: Omit<Site, 'admin'>): ReturnType<typeof runKeddah> =>
  runKeddah([
    'refresh',
    'ranger-policies',
    '--admin',
    keddah.admin,
    '--token-file',
    join(stateDir, 'admin.token'),
  ])

async function metric({ keddah }: Pick<Site, 'keddah'>, series: string): Promise<number | undefined> {
  const text = await (await fetch(`${keddah.admin}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

const json =
  (body: unknown): Fault =>
  (request, response) =>
    request.url?.includes('/roles/') === true
      ? void response.writeHead(304).end()
      : void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** Goes on with blanks until somebody has had enough; `length` bytes at most. */
const endless =
  (length: number): Fault =>
  (request, response) => {
    if (request.url?.includes('/roles/') === true) return void response.writeHead(304).end()
    response.writeHead(200, { 'content-type': 'application/json' })
    const blanks = Buffer.alloc(MIB, ' ')
    let left = length
    const more = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= MIB
        if (!response.write(blanks)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  }

/** Promises the whole of it and hangs up in the middle. */
const cutOff: Fault = (request, response) => {
  if (request.url?.includes('/roles/') === true) return void response.writeHead(304).end()
  const text = JSON.stringify(download(8, [policy(1, 'bob')]))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
  response.write(text.slice(0, text.length / 2), () => response.destroy())
}

const ROWS: readonly (readonly [string, Fault, string, RegExp])[] = [
  [
    'a service definition that is none',
    json(download(8, [], { serviceDef: { name: 'hdfs', resources: 'all' } })),
    'refused',
    /serviceDef/,
  ],
  [
    'a condition that nobody knows',
    json(download(8, [policy(1, 'bob', { conditions: [{ type: 'moon', values: ['full'] }] })])),
    'refused',
    /`moon`/,
  ],
  ['policies that are no list', json(download(8, { all: true })), 'refused', /a list was expected/],
  [
    'a user that is a number',
    json(download(8, [policy(1, 'bob', { policyItems: [{ users: [7], accesses: [{ type: 'read' }] }] })])),
    'refused',
    /a text was expected/,
  ],
  ['200 MB', endless(200 * MIB), 'too_large', /maxBytes/],
  ['an end in the middle', cutOff, 'truncated', /./],
  [
    'JSON that ends in the middle',
    (_, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"serviceName": "hadoopdev", "policies": [{"id"'),
    'malformed',
    /ends in the middle/,
  ],
]

describe('bad downloads of a running Keddah', () => {
  test.each(ROWS)(
    '%s: whoever asked is told why, it is counted, and the old policies and their cache stay',
    async (_, fault, reason, said) => {
      const site = await started()
      const cache = join(site.stateDir, 'ranger/hdfs_hadoopdev.json')
      const kept = readFileSync(cache, 'utf8')
      site.admin.fault = fault
      const { code, stderr } = await refresh(site)
      expect(code).not.toBe(0)
      expect(stderr).toMatch(said)
      expect(await mayRead(site, 'alice')).toBe(true)
      expect(await mayRead(site, 'bob')).toBe(false)
      expect(readFileSync(cache, 'utf8')).toBe(kept)
      const labels = `component="HDFS",what="policies",reason="${reason}"`
      expect(await metric(site, `keddah_ranger_failures_total{${labels}}`)).toBe(1)
      expect(await metric(site, 'keddah_ranger_download_failing{component="HDFS"}')).toBe(1)
      expect(await metric(site, 'keddah_ranger_policy_version{component="HDFS"}')).toBe(7)
      site.admin.fault = null
      site.admin.services.set('hadoopdev', { policies: download(9, [policy(1, 'bob')]) })
      expect((await refresh(site)).code).toBe(0)
      expect(await mayRead(site, 'bob')).toBe(true)
      expect(await metric(site, 'keddah_ranger_download_failing{component="HDFS"}')).toBe(0)
      expect(readFileSync(`${cache}.prev`, 'utf8')).toBe(kept)
    },
  )

  test('a set that shrinks to nothing counts, and everybody can see it', async () => {
    const site = await started()
    site.admin.services.set('hadoopdev', { policies: download(8, []) })
    expect((await refresh(site)).code).toBe(0)
    expect(await mayRead(site, 'alice')).toBe(false)
    expect(await metric(site, 'keddah_ranger_emptied_total{component="HDFS"}')).toBe(1)
    expect(await metric(site, 'keddah_ranger_policies{component="HDFS"}')).toBe(0)
  })

  test('a first download that fails is counted too', async () => {
    const admin = await startRangerAdmin()
    admin.fault = (_, response) => void response.writeHead(403).end()
    const stateDir = folder()
    const source = { kind: 'admin', urls: [admin.url], pollInterval: '10m' }
    const keddah = await startKeddah({ policy: LISTS, settings: settings(stateDir, source) })
    onTestFinished(async () => {
      await keddah.stop()
    })
    const labels = 'component="HDFS",what="policies",reason="forbidden"'
    expect(await metric({ keddah }, `keddah_ranger_failures_total{${labels}}`)).toBe(1)
  })
})

test('a file of policies that is cut off while Keddah runs changes nothing, and is told with its line', async () => {
  const stateDir = folder()
  const file = join(stateDir, 'hdfs.json')
  writeFileSync(file, JSON.stringify(download(1, [policy(1, 'alice')]), null, 1))
  const source = { kind: 'file', policies: file }
  const keddah = await startKeddah({ policy: LISTS, settings: settings(stateDir, source) })
  onTestFinished(async () => {
    await keddah.stop()
  })
  writeFileSync(file, '{"serviceName": "hadoopdev",\n "policies": [{"id": 1')
  const { code, stderr } = await refresh({ keddah, stateDir })
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/hdfs\.json:2:\d+/)
  expect(await mayRead({ keddah }, 'alice')).toBe(true)
  writeFileSync(file, JSON.stringify(download(2, [policy(1, 'bob')])))
  await waitFor(async () => (await refresh({ keddah, stateDir })).code === 0)
  expect(await mayRead({ keddah }, 'bob')).toBe(true)
})
