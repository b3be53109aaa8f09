import { readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { type KeepAliveClient, openKeepAlive } from '../support/keep-alive-client.ts'
import { hadoopXml, type KeddahFolder, writeKeddahFiles } from '../support/keddah.ts'

const CONNECTIONS = 64
/** One project runs this with several workers; threads take turns on the cores there are, so a flip takes longer then. */
const WORKERS = Number(process.env['TEST_WORKERS'] ?? 1)
const FLIPS = WORKERS === 1 ? 2_000 : 300
/** Every so many flips one is asked for over the admin listener; the others are asked of the app. */
const BY_ADMIN = 10
/** So many answers at least that only one policy can have given stand between two flips. */
const ANSWERS = 16
/** A client lets so many turns of the loop pass between two requests; the more, the fewer requests a flip takes. */
const PAUSE_TURNS = 5
const KEY = 'security.client.protocol.acl'
const REQUEST = Buffer.from('GET /webhdfs/v1/?op=LISTSTATUS&user.name=alice HTTP/1.1\r\nHost: nn\r\n\r\n')

const upstreamSockets = new Set<Socket>()
let upstream: Server
let files: KeddahFolder
let app: App
async function start(): Promise<void> {
  upstream = createServer((socket) => {
    upstreamSockets.add(socket)
    socket.on('error', () => {})
    // Requests are small and come one at a time: whatever arrives is one.
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'))
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo
  files = writeKeddahFiles({
    policy: hadoopXml({ [KEY]: 'alice' }),
    settings: {
      workers: WORKERS,
      watch: { enabled: false },
      audit: { file: null },
      // A cache is made for each policy, and its room is taken at once: a small one is made faster.
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
}
async function stop(): Promise<void> {
  await app.close({ graceMs: 0 })
  files.remove()
  for (const socket of upstreamSockets) socket.destroy()
  upstream.close()
}

/** What puts one of two policies in place, by a link as Kubernetes does: writing it anew would wait for the disk. */
function writePolicies(): (isOpen: boolean) => void {
  const [open, shut] = ['open.xml', 'shut.xml'].map((name) => join(files.folder, name)) as [string, string]
  writeFileSync(open, hadoopXml({ [KEY]: 'alice' }))
  writeFileSync(shut, hadoopXml({ [KEY]: 'nobody' }))
  return (isOpen) => {
    symlinkSync(isOpen ? open : shut, `${files.policyFile}.new`)
    renameSync(`${files.policyFile}.new`, files.policyFile)
  }
}

async function refreshByAdmin(): Promise<unknown> {
  const token = readFileSync(join(files.stateDir, 'admin.token'), 'utf8').trim()
  const answer = await fetch(`${app.adminUrl}/admin/v1/refresh/service-acl`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
  })
  return answer.json()
}

describe(`a policy that is flipped ${FLIPS} times under 64 busy connections with ${WORKERS} worker(s)`, () => {
  beforeAll(start)
  afterAll(stop)

  test(
    'decides every request that is sent after the answer of the refresh',
    { timeout: 600_000 },
    async () => {
      // Version n allows if n is even. `begun` runs ahead of `acknowledged` by one at most.
      const flipped = { begun: 0, acknowledged: 0 }
      const answers = { certain: 0, ofClient: Array.from({ length: CONNECTIONS }, () => 0) }
      const over = new AbortController()
      const wrong: object[] = []

      const useForEver = async (client: KeepAliveClient, at: number): Promise<void> => {
        while (!over.signal.aborted) {
          const oldest = flipped.acknowledged
          const status = await client.ask(REQUEST)
          answers.ofClient[at] = (answers.ofClient[at] ?? 0) + 1
          // Between two versions either may have decided; otherwise there is one right answer.
          const isCertain = flipped.begun === oldest
          if (isCertain) answers.certain += 1
          const right = isCertain ? [oldest % 2 === 0 ? 200 : 403] : [200, 403]
          if (!right.includes(status)) wrong.push({ version: oldest, isCertain, status })
          if (status === 0) return
          for (let turns = 0; turns < PAUSE_TURNS; turns += 1) await turn()
        }
        client.hangUp()
      }
      const flip = async (): Promise<void> => {
        flipped.begun += 1
        putInPlace(flipped.begun % 2 === 0)
        const isByAdmin = flipped.begun % BY_ADMIN === 0
        const result = isByAdmin ? await refreshByAdmin() : await app.refresh('admin', 'service-acl')
        expect(result).toMatchObject({ changed: true })
        flipped.acknowledged = flipped.begun
      }
      const flips = async (): Promise<void> => {
        try {
          while (flipped.begun < FLIPS && wrong.length === 0) {
            await flip()
            const enough = answers.certain + ANSWERS
            while (answers.certain < enough && wrong.length === 0) await turn()
          }
        } finally {
          over.abort()
        }
      }

      const putInPlace = writePolicies()
      const clients = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => openKeepAlive(app.urls().get('namenode') ?? '')),
      )
      await Promise.all([flips(), ...clients.map(useForEver)])
      expect(wrong).toEqual([])
      expect(flipped).toEqual({ begun: FLIPS, acknowledged: FLIPS })
      expect(answers.certain).toBeGreaterThanOrEqual(FLIPS * ANSWERS)
      // Requests were on their way while policies were replaced, on every connection.
      const all = answers.ofClient.reduce((sum, count) => sum + count)
      expect(all - answers.certain).toBeGreaterThan(FLIPS)
      expect(Math.min(...answers.ofClient)).toBeGreaterThan(FLIPS / 10)
    },
  )
})
