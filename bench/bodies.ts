/**
 * `npm run bench:bodies`: one large body through the proxy, each way, Keddah beside HAProxy: MB/s and what the memory of
 * the proxy grows by. Rounds are interleaved; numbers compare only within one run.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { haproxy } from './contenders/haproxy.ts'
import { keddah } from './contenders/keddah.ts'
import { runPinned } from './lib/load.ts'
import { cpuSeconds, memory } from './lib/processes.ts'
import { machine, median, spread, table } from './lib/report.ts'
import { startContender, startScript } from './lib/started.ts'

const CLIENT = resolve(import.meta.dirname, 'contenders/bodies-client.mjs')
const MEBIBYTE = 2 ** 20
const GIBIBYTE = 2 ** 30

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, mebibytes: { type: 'string', default: '1024' } },
})
const size = Number(flags.mebibytes) * MEBIBYTE
const METHODS = {
  PUT: '/webhdfs/v1/f?op=SETPERMISSION&user.name=alice',
  GET: `/webhdfs/v1/f?op=OPEN&user.name=alice&length=${size}`,
} as const

const dir = mkdtempSync(join(tmpdir(), 'keddah-bodies-'))
const backend = await startScript('bodies-backend.mjs', [], dir)
const programs = [backend.program]
try {
  const rows = []
  for (const contender of [keddah('keddah', { cacheMax: 65_536, audit: 'denies' }), haproxy]) {
    const started = await startContender(contender, dir, backend.url)
    if (started === null) continue
    programs.push(started.program)
    rows.push({
      name: contender.name,
      ...started,
      speeds: { PUT: [] as number[], GET: [] as number[] },
      cpu: { PUT: [] as number[], GET: [] as number[] },
    })
  }
  const move = async (url: string, method: keyof typeof METHODS): Promise<number> =>
    size /
    1e6 /
    Number(await runPinned(process.execPath, [CLIENT, `${url}${METHODS[method]}`, method, String(size)]))
  const before = rows.map(({ program }) => memory(program.child.pid ?? 0).now)
  for (let round = 0; round < Number(flags.rounds); round += 1)
    for (const row of rows)
      for (const method of ['PUT', 'GET'] as const) {
        const pid = row.program.child.pid ?? 0
        const start = cpuSeconds(pid)
        row.speeds[method].push(await move(row.url, method))
        row.cpu[method].push(((cpuSeconds(pid) - start) * GIBIBYTE) / size)
      }
  const cells = rows.map(({ name, speeds, cpu, program }, at) => [
    name,
    ...(['PUT', 'GET'] as const).flatMap((method) => [
      median(speeds[method]).toFixed(0),
      spread(speeds[method], 0),
      median(cpu[method]).toFixed(2),
    ]),
    ((memory(program.child.pid ?? 0).peak - (before[at] ?? 0)) / MEBIBYTE).toFixed(0),
  ])
  console.log(`${JSON.stringify(machine())}\n${flags.rounds} rounds of ${flags.mebibytes} MiB each way\n`)
  console.log(
    table(
      [
        'contender',
        'PUT MB/s',
        'spread',
        'CPU s/GiB',
        'GET MB/s',
        'spread',
        'CPU s/GiB',
        'memory growth MiB',
      ],
      cells,
    ),
  )
} finally {
  await Promise.all(programs.map((program) => program.stop()))
  rmSync(dir, { recursive: true, force: true })
}
