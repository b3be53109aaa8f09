/**
 * `npm run test:fuzz -- SECONDS [--seed N]`: raw bytes against a listener in this process, with an upstream behind it
 * that records every byte.
 *
 * What arrives there is read by a reader of its own, and has to be what was decided on; what comes back has to be whole
 * and right; nothing may hang, throw or be counted as a defect. Each case is made from one number: `--seed N` begins
 * with it. Ends with `N passed, N failed, N skipped`.
 */
import { parseArgs } from 'node:util'
import { openArena } from './arena.ts'
import { runCase } from './rounds.ts'
import { targetFaults } from './targets-alone.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, cases: { type: 'string', default: '0' } },
})
const seconds = Number(positionals[0] ?? 60)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const maxCases = Number(values.cases) || Number.POSITIVE_INFINITY
if (!Number.isFinite(seconds) || seconds <= 0 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run test:fuzz -- SECONDS [--seed N] [--cases N]')
  process.exit(2)
}

const TARGETS_PER_CASE = 40
const MAX_FAILURES = 10
const LANES = 8
const REPORT_MS = 30_000

const stray: string[] = []
process.on('unhandledRejection', (error) => stray.push(`unhandled rejection: ${String(error)}`))
process.on('uncaughtException', (error) => stray.push(`uncaught exception: ${error.stack ?? String(error)}`))

console.log(`seed ${seed}`)
const counts = { requests: 0, answers: 0, reached: 0, targets: 0 }
const until = performance.now() + seconds * 1_000
let begun = 0
let done = 0
let failed = 0

/** One case after the other, in an arena of its own. Several lanes, since most of a case is waiting for silence. */
async function lane(): Promise<void> {
  const enforcing = await openArena()
  const observing = await openArena('observe')
  let defects = 0
  while (performance.now() < until && failed < MAX_FAILURES && begun < maxCases) {
    const number = seed + begun++
    const arena = number % 4 === 0 ? observing : enforcing
    const { what, wrong, sent, reached } = await runCase(arena, number)
    counts[what] += 1
    counts.reached += reached
    counts.targets += TARGETS_PER_CASE
    const all = [...wrong, ...targetFaults(number, TARGETS_PER_CASE), ...stray.splice(0)]
    const defectsNow = (await enforcing.defects()) + (await observing.defects())
    if (defectsNow !== defects) all.push(`${defectsNow - defects} defects were counted`)
    defects = defectsNow
    done += 1
    if (all.length === 0) continue
    failed += 1
    const report = [`FAILED, repeat it with --seed ${number} --cases 1`, ...all]
    console.log(`\n${report.join('\n  ')}\n  sent ${JSON.stringify(sent.slice(0, 4_000))}`)
  }
  await enforcing.close()
  await observing.close()
}

const report = setInterval(() => console.log(`${done} cases, ${failed} failed`), REPORT_MS)
try {
  await Promise.all(Array.from({ length: Math.min(LANES, maxCases) }, lane))
} catch (error) {
  // Whatever is thrown here was thrown by what is tried, or by what tries it: neither is a pass.
  console.log(`\nFAILED: ${error instanceof Error ? error.stack : String(error)}`)
  console.log(`${done - failed} passed, ${failed + 1} failed, 0 skipped`)
  process.exit(1)
}
clearInterval(report)
console.log(
  `${counts.requests} connections of clients, ${counts.answers} answers of upstreams, ${counts.targets} targets; ${counts.reached} requests arrived`,
)
// A fuzzer whose requests are all refused shows nothing.
if (counts.reached === 0) failed += 1
console.log(`${done - failed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed === 0 ? 0 : 1
