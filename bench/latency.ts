/**
 * `npm run bench:latency`: what the proxy adds to an answer, at a rate that does not wait for answers (vegeta), half of
 * what a closed loop reaches. Rounds are interleaved; numbers compare only within one run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { haproxy } from './contenders/haproxy.ts'
import { keddah } from './contenders/keddah.ts'
import { closedLoop, runPinned } from './lib/load.ts'
import { missing } from './lib/programs.ts'
import { machine, median, table } from './lib/report.ts'
import { PATH, startBackend, startContender } from './lib/started.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string' },
  },
})

/** What vegeta and the backend, both on one core, can keep up with; beyond it the figures are theirs. */
const MAX_RATE = 4_000

interface Report {
  readonly latencies: Readonly<Record<'50th' | '99th' | 'max', number>>
  readonly success: number
  readonly errors: readonly string[] | null
}

/** Asks at a fixed rate, whatever comes back. Latencies in milliseconds. */
async function openLoop(dir: string, url: string, rate: number): Promise<Report> {
  const targets = join(dir, 'targets.txt')
  const results = join(dir, 'results.bin')
  writeFileSync(targets, `GET ${url}${PATH}&user.name=alice\n`)
  const attack = [
    'attack',
    `-rate=${rate}`,
    `-duration=${flags.seconds}s`,
    `-targets=${targets}`,
    `-output=${results}`,
  ]
  await runPinned('vegeta', attack)
  const report = JSON.parse(await runPinned('vegeta', ['report', '-type=json', results])) as Report
  if (report.success !== 1)
    throw new Error(
      `${url}: only ${report.success} of the answers were right; ${report.errors?.join('; ') ?? ''}`,
    )
  return report
}

const reason = missing('vegeta')
if (reason !== null) {
  console.error(`left out: latency at a rate: ${reason}`)
  process.exit()
}
const dir = mkdtempSync(join(tmpdir(), 'keddah-latency-'))
const backend = await startBackend(dir)
const programs = [backend.program]
try {
  const rows = [{ name: 'direct (no proxy)', url: backend.url, reports: [] as Report[] }]
  for (const contender of [keddah('keddah', { cacheMax: 65_536, audit: 'denies' }), haproxy]) {
    const started = await startContender(contender, dir, backend.url)
    if (started === null) continue
    programs.push(started.program)
    rows.push({ name: contender.name, url: started.url, reports: [] })
  }
  const ours = rows[1]?.url ?? backend.url
  await closedLoop(ours, 2, 64)
  const knee = (await closedLoop(ours, 5, 64)).requests.average
  const rate = Math.round(Number(flags.rate ?? Math.min(knee / 2, MAX_RATE)))
  for (let round = 0; round < Number(flags.rounds); round += 1)
    for (const row of rows) row.reports.push(await openLoop(dir, row.url, rate))
  const of = (reports: readonly Report[], which: keyof Report['latencies']): number =>
    median(reports.map(({ latencies }) => latencies[which] / 1e6))
  const direct = rows[0]?.reports ?? []
  const cells = rows.map(({ name, reports }) => [
    name,
    of(reports, '50th').toFixed(2),
    of(reports, '99th').toFixed(2),
    of(reports, 'max').toFixed(1),
    (of(reports, '50th') - of(direct, '50th')).toFixed(2),
    (of(reports, '99th') - of(direct, '99th')).toFixed(2),
  ])
  console.log(
    `${JSON.stringify(machine())}\n${flags.rounds} rounds of ${flags.seconds} s at ${rate} requests/s\n`,
  )
  console.log(
    table(['contender', 'p50 ms', 'p99 ms', 'longest ms', 'p50 over direct', 'p99 over direct'], cells),
  )
} finally {
  await Promise.all(programs.map((program) => program.stop()))
  rmSync(dir, { recursive: true, force: true })
}
