import { spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { renameSync, writeFileSync } from 'node:fs'
import { startTestApp, type TestApp } from '../support/attack/app.ts'
import { hadoopXml, waitFor, writeKeddahFiles } from '../support/keddah.ts'

const CLIENT = 'security.client.protocol.acl'
const MAPPINGS = 'security.refresh.user.mappings.protocol.acl'
const MAIN = resolve(import.meta.dirname, '../../src/main.ts')
const me = userInfo().username

let upstream: Server
let origin = ''
beforeAll(async () => {
  upstream = createServer((_, response) => void response.end('{"FileStatuses":{"FileStatus":[]}}'))
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
})
afterAll(() => {
  upstream.closeAllConnections()
  upstream.close()
})

const services = (): object[] => [
  { name: 'namenode', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [origin] },
]

const start = async (
  settings: object,
  policy: Readonly<Record<string, string>> = { [CLIENT]: 'alice' },
): Promise<TestApp> => {
  const keddah = await startTestApp({ policy, settings: { ...settings, services: services() } })
  onTestFinished(() => keddah.stop())
  return keddah
}

const list = async (url: string, user: string): Promise<number> =>
  (await fetch(`${url}/webhdfs/v1/?op=LISTSTATUS&user.name=${user}`)).status

const metric = async (admin: string, series: string): Promise<number> => {
  const text = await (await fetch(`${admin}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1))
}

test('a file watch load that is about something else leaves the group cache as it is', async () => {
  const groups = { provider: 'unix' }
  // Only a group is on the list, so that every new policy asks for the groups of the user.
  const policy = { [CLIENT]: ' nobody-is-in-this-group', [MAPPINGS]: me }
  const keddah = await start({ groups }, policy)
  const { adminUrl } = keddah.app
  const lookups = (result: string): Promise<number> =>
    metric(adminUrl, `keddah_groups_lookups_total{result="${result}"}`)
  expect(await list(keddah.url('namenode'), me)).toBe(403)
  expect([await lookups('found'), await lookups('hit')]).toEqual([1, 0])

  writeFileSync(
    `${keddah.policyFile}.new`,
    hadoopXml({ ...policy, 'security.datanode.protocol.acl': 'hdfs' }),
  )
  renameSync(`${keddah.policyFile}.new`, keddah.policyFile)
  const loads = (): Promise<number> =>
    metric(adminUrl, 'keddah_refreshes_total{trigger="watch",result="changed"}')
  await waitFor(async () => (await loads()) === 1)
  expect(await list(keddah.url('namenode'), me)).toBe(403)
  expect([await lookups('found'), await lookups('hit')]).toEqual([1, 1])

  // One that is about groups empties it.
  expect(await keddah.app.refresh('admin', 'user-mappings')).toMatchObject({ ok: true })
  expect(await list(keddah.url('namenode'), me)).toBe(403)
  expect(await lookups('found')).toBe(2)
})

test('/readyz stays 200 and warns while audit lines cannot be written', async () => {
  // Every write to it fails, as to a full disk.
  const keddah = await start({ audit: { file: '/dev/full', bufferLines: 1 } })
  const ready = async (): Promise<[number, string[]]> => {
    const answer = await fetch(`${keddah.app.adminUrl}/readyz`)
    return [answer.status, ((await answer.json()) as { warnings: string[] }).warnings]
  }
  expect(await ready()).toEqual([200, []])
  await list(keddah.url('namenode'), 'mallory')
  await waitFor(async () => (await ready())[1].length === 1)
  for (let count = 0; count < 3; count += 1) await list(keddah.url('namenode'), 'mallory')
  // One line is being written, one waits.
  const [status, warnings] = await ready()
  expect(status).toBe(200)
  expect(warnings).toEqual([
    expect.stringMatching(/^audit lines cannot be written since 20.*Z: 2 are lost, the rest waits$/),
  ])
  expect(await metric(keddah.app.adminUrl, 'keddah_audit_dropped_total{effect="deny"}')).toBe(2)
})

test('a defect that nobody caught is logged and counted, and requests go on', async () => {
  const folder = writeKeddahFiles({ policy: { [CLIENT]: 'alice' }, settings: { services: services() } })
  // Two defects put into a product that has none to show: an error and a rejection out of the event loop.
  const defects = `process.on('SIGUSR2', () => {
    setImmediate(() => { throw new Error('thrown by nobody') })
    void Promise.reject(new Error('rejected by nobody'))
  })`
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(defects)}`]
  const child = spawn(process.execPath, [...preload, MAIN, 'serve', '--config', folder.configFile])
  const ended = new Promise((resolve) => child.on('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    folder.remove()
  })
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await waitFor(() => text.includes('"msg":"ready"'))
  const urlOf = (service: string): string =>
    new RegExp(`"service":"${service}","url":"([^"]+)"`).exec(text)?.[1] ?? ''
  expect(await metric(urlOf('admin'), 'keddah_defects_total')).toBe(0)
  child.kill('SIGUSR2')
  await waitFor(async () => (await metric(urlOf('admin'), 'keddah_defects_total')) === 2)
  for (const message of ['thrown by nobody', 'rejected by nobody'])
    await waitFor(() => text.includes(message))
  expect([await list(urlOf('namenode'), 'alice'), await list(urlOf('namenode'), 'mallory')]).toEqual([
    200, 403,
  ])
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})
