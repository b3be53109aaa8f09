/**
 * `npm run bench:idle`: what a connection costs that has asked once and is kept open, and one that never says anything.
 * Many addresses of the loopback, since one may only have so many connections.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { keddah } from './contenders/keddah.ts'
import { memory } from './lib/processes.ts'
import { machine, table } from './lib/report.ts'
import { PATH, startBackend, startContender, type Started, startScript } from './lib/started.ts'

const KIBIBYTE = 1_024
const PER_ADDRESS = 250
const AT_ONCE = 100
/** Until what was only needed for opening has been given back. */
const SETTLE_MS = 4_000
const { values: flags } = parseArgs({ options: { connections: { type: 'string', default: '10000' } } })
const count = Number(flags.connections)
const REQUEST = `GET ${PATH}&user.name=alice HTTP/1.1\r\nHost: nn\r\n\r\n`

/** Opens a connection and resolves once it has its answer, or at once where it is to say nothing. */
const open = (url: URL, at: number, asks: boolean): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const localAddress = `127.0.0.${2 + Math.floor(at / PER_ADDRESS)}`
    const socket = connect({ host: url.hostname, port: Number(url.port), localAddress }, () => {
      if (asks) socket.write(REQUEST)
      else resolve(socket)
    })
    socket.on('error', reject)
    socket.once('data', (chunk) => {
      if (chunk.toString('latin1').startsWith('HTTP/1.1 200')) resolve(socket)
      else reject(new Error(`answered: ${chunk.toString('latin1').slice(0, 200)}`))
    })
  })

/** KiB a connection, of as many as asked for. */
async function cost({ url, program }: Started, asks: boolean): Promise<number> {
  const target = new URL(url)
  const warm = await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => open(target, at, true)))
  for (const socket of warm) socket.destroy()
  await sleep(SETTLE_MS)
  const before = memory(program.child.pid ?? 0).now
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const next = Array.from({ length: AT_ONCE }, (_, at) => open(target, sockets.length + at, asks))
    sockets.push(...(await Promise.all(next)))
  }
  await sleep(SETTLE_MS)
  const isAlive = sockets.every(({ closed, readyState }) => !closed && readyState === 'open')
  if (!isAlive) throw new Error('a connection was closed: the number would say nothing')
  const after = memory(program.child.pid ?? 0).now
  for (const socket of sockets) socket.destroy()
  return (after - before) / sockets.length / KIBIBYTE
}

const dir = mkdtempSync(join(tmpdir(), 'keddah-idle-'))
const backend = await startBackend(dir)
const rows: string[][] = []
for (const [name, start] of [
  ['keddah', () => startContender(keddah('keddah', { cacheMax: 65_536, audit: 'denies' }), dir, backend.url)],
  ["Node's own server", () => startScript('bare-node.mjs', [], dir)],
] as const)
  for (const [what, asks] of [
    ['asked once', true],
    ['said nothing', false],
  ] as const) {
    const started = await start()
    if (started === null) throw new Error(`${name} cannot run here`)
    rows.push([name, what, (await cost(started, asks)).toFixed(1)])
    await started.program.stop()
  }
await backend.program.stop()
rmSync(dir, { recursive: true, force: true })
console.log(`${JSON.stringify(machine())}\n\n${count} connections\n`)
console.log(table(['server', 'connections that', 'KiB each'], rows))
