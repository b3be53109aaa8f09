import { renameSync, writeFileSync } from 'node:fs'
import { Agent, createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { hadoopXml, type KeddahFolder, writeKeddahFiles } from '../support/keddah.ts'

const CONNECTIONS = 64
const FLIPS = 3_000
/** On a slow machine fewer flips have to do. */
const BUDGET_MS = 20_000
const KEY = 'security.client.protocol.acl'
const POLICIES = [hadoopXml({ [KEY]: 'alice' }), hadoopXml({ [KEY]: 'nobody' })] as const

let upstream: Server
let files: KeddahFolder
let app: App
beforeAll(async () => {
  upstream = createServer((_, response) => void response.end('{}'))
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo
  files = writeKeddahFiles({
    policy: POLICIES[0],
    settings: {
      watch: { enabled: false },
      audit: { file: null },
      // A cache is made for each policy: a small one is made faster.
      cache: { max: 1_000 },
      services: [
        {
          name: 'namenode',
          kind: 'namenode',
          listen: '127.0.0.1:0',
          upstreams: [`http://127.0.0.1:${port}`],
        },
      ],
    },
  })
  app = await startApp({
    settingsFile: files.configFile,
    environment: new Map(),
    nodeOptions: [],
    version: '0.0.0',
    loopbackUser: null,
    logDestination: { write: () => {} },
  })
})
afterAll(async () => {
  await app.close({ graceMs: 0 })
  files.remove()
  upstream.closeAllConnections()
  upstream.close()
})

const statusOf = (url: string, agent: Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    }).on('error', reject)
  })

describe('a policy that is flipped under load', () => {
  test('decides every request that is sent after the answer of the refresh', async () => {
    const url = `${app.urls().get('namenode')}/webhdfs/v1/?op=LISTSTATUS&user.name=alice`
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    // Version n is policy n modulo 2: the even ones allow. `begun` runs ahead of `acknowledged` by one at most.
    let begun = 0
    let acknowledged = 0
    let certain = 0
    const over = new AbortController()
    const wrong: object[] = []

    const client = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const oldest = acknowledged
        const status = await statusOf(url, agent)
        const newest = begun
        // Between two versions either may have decided; otherwise there is one right answer.
        if (newest !== oldest) continue
        certain += 1
        if (status !== (oldest % 2 === 0 ? 200 : 403)) wrong.push({ version: oldest, status })
      }
    }
    /** Waits for so many more requests with one right answer. */
    const answers = async (count: number): Promise<void> => {
      const start = certain
      for (;;) {
        if (certain - start >= count || wrong.length > 0) return
        await setImmediate()
      }
    }
    const clients = Array.from({ length: CONNECTIONS }, client)
    const deadline = performance.now() + BUDGET_MS
    const revisions = new Set<string>()
    while (begun < FLIPS && performance.now() < deadline && wrong.length === 0) {
      await answers(CONNECTIONS / 4)
      begun += 1
      writeFileSync(`${files.policyFile}.new`, POLICIES[begun % 2 === 0 ? 0 : 1])
      renameSync(`${files.policyFile}.new`, files.policyFile)
      const result = await app.refresh('admin', 'service-acl')
      revisions.add(result.revision)
      expect(result).toMatchObject({ ok: true, changed: true })
      acknowledged = begun
    }
    over.abort()
    await Promise.all(clients)
    agent.destroy()
    expect(wrong).toEqual([])
    expect(revisions.size).toBe(2)
    expect(certain).toBeGreaterThan(begun)
  })
})
