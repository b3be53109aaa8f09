/**
 * `npm run bench:workers`: what several workers bring, and what threads cost beside processes.
 *
 * Nothing is pinned: on a machine of two cores load generator and backend take their part of both, so requests per
 * second are a lower bound, and the figure is CPU time per request of all threads or processes together.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { Contender } from './contenders/contender.ts'
import { keddah } from './contenders/keddah.ts'
import { cpuSeconds, freePort, type Program, start, waitForHttp } from './lib/processes.ts'
import { BODY, PATH } from './lib/started.ts'
import { machine, median, spread, table } from './lib/report.ts'

const BENCH = import.meta.dirname
const PROCESSES = resolve(BENCH, 'contenders/keddah-processes.mjs')

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string' },
  },
})

const denies = { cacheMax: 50_000, audit: 'denies' } as const
const all = { cacheMax: 50_000, audit: 'all' } as const
const CONTENDERS: readonly Contender[] = [
  keddah('workers: 1 (main thread)', denies),
  keddah('workers: 2 (threads)', { ...denies, workers: 2 }),
  keddah('2 processes, cluster, round-robin', { ...denies, program: [PROCESSES, 'rr'] }),
  keddah('2 processes, cluster, reusePort', { ...denies, program: [PROCESSES, 'reusePort'] }),
  keddah('workers: 1, every allow audited', all),
  keddah('workers: 2, every allow audited', { ...all, workers: 2 }),
]

interface Load {
  readonly requests: { total: number; average: number }
  readonly latency: { p99: number }
  readonly non2xx: number
  readonly errors: number
}

async function load(url: string, seconds: number): Promise<Load> {
  const autocannon = resolve(BENCH, 'node_modules/autocannon/autocannon.js')
  const args = [
    autocannon,
    '-j',
    '-c',
    flags.connections,
    '-d',
    String(seconds),
    `${url}${PATH}&user.name=alice`,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 2 ** 20 })
  const result = JSON.parse(stdout) as Load
  if (result.non2xx || result.errors)
    throw new Error(`${url}: ${result.non2xx} wrong answers, ${result.errors} errors`)
  return result
}

interface Row {
  readonly name: string
  readonly url: string
  readonly program: Program
  readonly cpuMicros: number[]
  readonly perSecond: number[]
  readonly p99: number[]
}

const dir = mkdtempSync(join(tmpdir(), 'keddah-bench-'))
const rows: Row[] = []
const backendUrl = `http://127.0.0.1:${await freePort()}`
const backend = start(
  process.execPath,
  [resolve(BENCH, 'contenders/backend.mjs'), new URL(backendUrl).port, BODY],
  dir,
)
try {
  await waitForHttp(backendUrl)
  for (const contender of CONTENDERS) {
    if (flags.only && !new RegExp(flags.only).test(contender.name)) continue
    const port = await freePort()
    const place = mkdtempSync(join(dir, 'c-'))
    const { file, args } = contender.command({ dir: place, port, upstream: backendUrl })
    const url = `http://127.0.0.1:${port}`
    const program = start(file, args, place)
    rows.push({ name: contender.name, url, program, cpuMicros: [], perSecond: [], p99: [] })
    await waitForHttp(url)
    await load(url, 2)
  }
  for (let round = 1; round <= Number(flags.rounds); round++)
    for (const row of rows) {
      const pid = row.program.child.pid ?? 0
      const before = cpuSeconds(pid)
      const result = await load(row.url, Number(flags.seconds))
      row.cpuMicros.push(((cpuSeconds(pid) - before) * 1e6) / result.requests.total)
      row.perSecond.push(result.requests.average)
      row.p99.push(result.latency.p99)
    }
  console.log(JSON.stringify(machine()))
  console.log(`${flags.rounds} rounds of ${flags.seconds} s, ${flags.connections} connections\n`)
  console.log(
    table(
      ['design', 'CPU µs/request', 'spread', 'requests/s', 'spread', 'p99 ms (closed loop)'],
      rows.map(({ name, cpuMicros, perSecond, p99 }) => [
        name,
        median(cpuMicros).toFixed(1),
        spread(cpuMicros, 1),
        median(perSecond).toFixed(0),
        spread(perSecond, 0),
        median(p99).toFixed(0),
      ]),
    ),
  )
} finally {
  await Promise.all([...rows.map((row) => row.program.stop()), backend.stop()])
  rmSync(dir, { recursive: true, force: true })
}
