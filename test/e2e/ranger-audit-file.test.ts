import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KeddahProcess, startKeddah } from '../support/keddah.ts'
import { until } from '../support/until.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const POLICIES = {
  serviceName: 'hadoop',
  policyVersion: 1,
  policies: [
    {
      id: 7,
      name: 'data',
      version: 2,
      serviceType: 'hdfs',
      resources: { path: { values: ['/data'], isRecursive: true } },
      policyItems: [{ users: ['alice'], accesses: [{ type: 'read', isAllowed: true }] }],
    },
  ],
}

let upstream: Upstream
let keddah: KeddahProcess
let file = ''

beforeAll(async () => {
  upstream = await startUpstream()
  keddah = await startKeddah({
    policy: { 'security.client.protocol.acl': 'alice' },
    files: { 'hdfs.json': JSON.stringify(POLICIES) },
    settings: {
      mode: 'security',
      components: {
        HDFS: { ranger: { serviceName: 'hadoop', source: { kind: 'file', policies: 'hdfs.json' } } },
      },
      audit: { file: 'audit.log', rangerFile: 'ranger.log', allows: 'none' },
      services: [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [upstream.url] }],
    },
  })
  file = join(keddah.folder, 'ranger.log')
})

afterAll(async () => {
  await keddah.stop()
  await upstream.close()
})

const read = (path: string): Promise<Response> =>
  fetch(`${keddah.urls.get('nn')}/webhdfs/v1${path}?op=OPEN&user.name=alice`, {
    headers: { Connection: 'close' },
  })

const recordsIn = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('the file with the field names of Ranger', () => {
  test('has each access once, whatever thread answers it and whatever share of allows the audit has', async () => {
    const paths = Array.from({ length: 20 }, (_, number) => `/data/${number}`)
    await Promise.all(paths.map(read))
    await until(() => recordsIn(file).length >= paths.length)
    const records = recordsIn(file)
    expect(records.map(({ resource }) => String(resource)).toSorted()).toEqual(paths.toSorted())
    expect(records.every(({ enforcer, policy }) => enforcer === 'ranger-acl' && policy === 7)).toBe(true)
    expect(new Set(records.map(({ id }) => id)).size).toBe(paths.length)
    expect(readFileSync(keddah.auditFile, 'utf8')).toBe('')
  })

  test('is made anew at SIGHUP after a rotation', async () => {
    const old = `${file}.1`
    renameSync(file, old)
    const before = recordsIn(old).length
    keddah.signal('SIGHUP')
    await until(() => {
      try {
        readFileSync(file)
        return true
      } catch {
        return false
      }
    })
    await read('/data/after')
    await until(() => recordsIn(file).length === 1)
    expect(recordsIn(file)).toMatchObject([{ resource: '/data/after', result: 1 }])
    expect(recordsIn(old).length).toBe(before)
  })
})
