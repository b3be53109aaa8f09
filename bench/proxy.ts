/**
 * `npm run bench`: what an authorized GET costs, Keddah beside its peers.
 *
 * Protocol: every contender answers correctly before anything is timed; rounds are interleaved, so that a noisy minute
 * hits all alike; the proxy has core 0, load generator and backend have core 1; the figure is CPU time of the proxy's
 * processes per request, with requests per second beside it. Medians and spread over the rounds; numbers compare
 * only within one run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Contender } from './contenders/contender.ts'
import { CONTENDERS } from './contenders/index.ts'
import { closedLoop } from './lib/load.ts'
import { cpuSeconds, type Program } from './lib/processes.ts'
import { machine, median, spread, table } from './lib/report.ts'
import { BODY, PATH, startBackend, startContender } from './lib/started.ts'

interface Row {
  readonly contender: Contender
  readonly url: string
  readonly program: Program
  readonly cpuMicros: number[]
  readonly perSecond: number[]
  readonly p99: number[]
}

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
})

/** Alice gets the very bytes of the backend; mallory is refused by those that claim to refuse. */
async function check(contender: Contender, url: string): Promise<void> {
  const alice = await fetch(`${url}${PATH}&user.name=alice`)
  if (alice.status !== 200 || (await alice.text()) !== BODY)
    throw new Error(`${contender.name}: alice got ${alice.status}`)
  const mallory = await fetch(`${url}${PATH}&user.name=mallory`)
  await mallory.arrayBuffer()
  const wanted = contender.refuses ? 403 : 200
  if (mallory.status !== wanted)
    throw new Error(`${contender.name}: mallory got ${mallory.status}, wanted ${wanted}`)
}

const load = (url: string, seconds: number) => closedLoop(url, seconds, Number(flags.connections))

const dir = mkdtempSync(join(tmpdir(), 'keddah-bench-'))
const rows: Row[] = []
const backend = await startBackend(dir)
try {
  for (const contender of CONTENDERS) {
    if (flags.only && !contender.name.includes(flags.only)) continue
    const started = await startContender(contender, dir, backend.url)
    if (started === null) continue
    const { url, program } = started
    rows.push({ contender, url, program, cpuMicros: [], perSecond: [], p99: [] })
    await check(contender, url)
  }
  const seconds = Number(flags.seconds)
  const direct: number[] = []
  for (const row of rows) await load(row.url, Math.min(2, seconds))
  for (let round = 1; round <= Number(flags.rounds); round++) {
    direct.push((await load(backend.url, seconds)).requests.average)
    for (const row of rows) {
      const pid = row.program.child.pid ?? 0
      const before = cpuSeconds(pid)
      const result = await load(row.url, seconds)
      row.cpuMicros.push(((cpuSeconds(pid) - before) * 1e6) / result.requests.total)
      row.perSecond.push(result.requests.average)
      row.p99.push(result.latency.p99)
      if (process.stderr.isTTY) process.stderr.write(`\rround ${round}: ${row.contender.name.padEnd(30)}`)
    }
  }
  const haproxy = rows.find((row) => row.contender.name.startsWith('HAProxy'))
  const base = haproxy ? median(haproxy.cpuMicros) : Number.NaN
  const lines = rows.map((row) => [
    row.contender.name,
    row.contender.refuses ? 'yes' : 'no',
    median(row.cpuMicros).toFixed(1),
    spread(row.cpuMicros, 1),
    Number.isNaN(base) ? '–' : (median(row.cpuMicros) / base).toFixed(2),
    median(row.perSecond).toFixed(0),
    spread(row.perSecond, 0),
    median(row.p99).toFixed(0),
  ])
  lines.push(['direct (no proxy)', 'no', '–', '–', '–', median(direct).toFixed(0), spread(direct, 0), '–'])
  console.log(`\n${JSON.stringify(machine())}`)
  console.log(
    `${flags.rounds} rounds of ${flags.seconds} s, ${flags.connections} connections, GET of ${BODY.length} bytes\n`,
  )
  console.log(
    table(
      [
        'contender',
        'authorizes',
        'CPU µs/request',
        'spread',
        '÷ HAProxy',
        'requests/s',
        'spread',
        'p99 ms (closed loop)',
      ],
      lines,
    ),
  )
  if (flags.json) {
    const result = rows.map(({ contender, cpuMicros, perSecond, p99 }) => ({
      name: contender.name,
      cpuMicros,
      perSecond,
      p99,
    }))
    writeFileSync(flags.json, `${JSON.stringify({ machine: machine(), direct, result }, null, 2)}\n`)
  }
} finally {
  await Promise.all([...rows.map((row) => row.program.stop()), backend.program.stop()])
  rmSync(dir, { recursive: true, force: true })
}
