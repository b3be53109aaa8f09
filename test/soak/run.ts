import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type KeddahProcess, startKeddah } from '../support/keddah.ts'
import { type Backend, startBackend } from './backend.ts'
import { download, upload } from './large.ts'
import { load, type Tally } from './load.ts'
import { type ProcessState, residentOf, stateOf } from './process-state.ts'

/**
 * `npm run test:soak -- MINUTES`: everything at once for a while, then a look at what is left: sockets, heap and
 * requests have to be what they were before. Ends with `N passed, N failed, N skipped`.
 */
const MINUTES = Number(process.argv[2] ?? 1)
const WARM_UP_MS = 10_000
const REFRESH_MS = 1_500
const RESTART_MS = 4_000
const SETTLE_MS = 30_000
const COLLECT_MS = 1_000
const MIB = 1_048_576
const GIB = 1_073_741_824
const MAX_GROWTH = 64 * MIB

let passed = 0
let failed = 0
function check(what: string, isRight: boolean, detail: string): void {
  if (isRight) passed += 1
  else failed += 1
  console.log(`${isRight ? 'ok    ' : 'FAILED'} ${what}: ${detail}`)
}

if (!(MINUTES > 0)) throw new TypeError('usage: npm run test:soak -- MINUTES')
const backend = await startBackend()
const files = {
  policy: { 'security.client.protocol.acl': 'alice', 'security.refresh.policy.protocol.acl': '*' },
  settings: {
    audit: { file: '/dev/null' },
    watch: { enabled: false },
    services: [
      {
        name: 'nn',
        kind: 'namenode',
        listen: '127.0.0.1:0',
        upstreams: [`http://127.0.0.1:${backend.port}`],
        maxInFlight: 12,
        timeouts: { connect: '1s', upstreamHeaders: '5s', body: '5s', idle: '3s' },
        limits: { queue: { length: 8, wait: '200ms' } },
      },
    ],
  },
}
const collector = join(import.meta.dirname, 'collect-garbage.ts')
const keddah = await startKeddah(files, { nodeArgs: ['--expose-gc', '--import', collector] })
const url = keddah.urls.get('nn') ?? ''

await largeBodies(keddah)
await mixed(keddah, backend, WARM_UP_MS)
const before = await settled(keddah, null)
const tally = await mixed(keddah, backend, MINUTES * 60_000)
const after = await settled(keddah, before)
judge(before, after, tally)
check('it ends in order', (await keddah.stop()) === 0, 'SIGTERM')
backend.close()
console.log(`${passed} passed, ${failed} failed, 0 skipped`)
process.exit(failed === 0 ? 0 : 1)

/** A gibibyte in either direction takes no memory. */
async function largeBodies({ pid }: KeddahProcess): Promise<void> {
  for (const [what, move] of [
    ['up', upload],
    ['down', download],
  ] as const) {
    // The first one brings buffers of their usual number.
    await move(url, 64 * MIB)
    const start = residentOf(pid)
    let most = start
    const watch = setInterval(() => (most = Math.max(most, residentOf(pid))), 50)
    const moved = await move(url, GIB)
    clearInterval(watch)
    const growth = most - start
    check(`1 GiB ${what}`, moved === GIB && growth < MAX_GROWTH, `${moved} bytes, ${mib(growth)} more memory`)
  }
}

/** Load, refreshes and restarts of the upstream for so many milliseconds. */
async function mixed(target: KeddahProcess, upstream: Backend, ms: number): Promise<Tally> {
  const found: Tally = { statuses: new Map(), wrong: [] }
  const end = performance.now() + ms
  const isOver = (): boolean => performance.now() > end
  const every = async (pauseMs: number, act: () => unknown): Promise<void> => {
    for (;;) {
      await sleep(Math.min(pauseMs, Math.max(0, end - performance.now())))
      if (isOver()) return
      await act()
    }
  }
  await Promise.all([
    load(url, found, isOver),
    every(REFRESH_MS, () => target.signal('SIGHUP')),
    every(RESTART_MS, () => upstream.restart(200)),
  ])
  return found
}

/** What is held once all is quiet, or after the time that this may take. */
async function settled(process: KeddahProcess, goal: ProcessState | null): Promise<ProcessState> {
  const end = performance.now() + SETTLE_MS
  await sleep(SETTLE_MS / 4)
  process.tell({ kind: 'collect' })
  await sleep(COLLECT_MS)
  for (;;) {
    const state = await stateOf(process)
    const isQuiet = state.connections + state.inFlight + state.queued === 0
    if ((isQuiet && (goal === null || state.descriptors <= goal.descriptors)) || performance.now() > end)
      return state
    await sleep(500)
  }
}

function judge(start: ProcessState, end: ProcessState, { statuses, wrong }: Tally): void {
  const sum = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
  check(
    'answers',
    wrong.length === 0 && (statuses.get(200) ?? 0) > 0,
    wrong.length === 0 ? sum : wrong.slice(0, 5).join('; '),
  )
  check(
    'sockets and files',
    end.descriptors <= start.descriptors,
    `${start.descriptors} before, ${end.descriptors} after`,
  )
  check(
    'requests',
    end.inFlight + end.queued + end.connections === 0,
    `${end.inFlight} in flight, ${end.queued} queued, ${end.connections} connections`,
  )
  check('heap', end.heap - start.heap < MAX_GROWTH / 2, `${mib(start.heap)} before, ${mib(end.heap)} after`)
  check(
    'memory',
    end.resident - start.resident < 2 * MAX_GROWTH,
    `${mib(start.resident)} before, ${mib(end.resident)} after`,
  )
  check('defects', end.defects === 0, String(end.defects))
  const warnings = keddah.stderr().match(/^.*Warning:.*$/gm) ?? []
  check('warnings of Node', warnings.length === 0, warnings[0] ?? 'none')
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`
}
