/**
 * `npm run bench:refresh`: a new policy with as many users as asked for, taken over under load. A client that asks
 * without pause sees the longest stall; memory is compared with what the process has while nothing changes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { keddah, policyXml } from './contenders/keddah.ts'
import { closedLoop } from './lib/load.ts'
import { memory } from './lib/processes.ts'
import { machine, median, spread, table } from './lib/report.ts'
import { PATH, startBackend, startContender } from './lib/started.ts'

const MEBIBYTE = 2 ** 20
const { values: flags } = parseArgs({
  options: { users: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
})

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
/** The status of one request, and how long it took in milliseconds. */
const ask = (url: string, user: string): Promise<{ status: number; took: number }> =>
  new Promise((resolve, reject) => {
    const start = performance.now()
    get(`${url}${PATH}&user.name=${user}`, { agent }, (response) => {
      response
        .resume()
        .on('end', () => resolve({ status: response.statusCode ?? 0, took: performance.now() - start }))
    }).on('error', reject)
  })

const dir = mkdtempSync(join(tmpdir(), 'keddah-refresh-'))
const backend = await startBackend(dir)
const started = await startContender(
  keddah('keddah', { cacheMax: 65_536, audit: 'denies' }),
  dir,
  backend.url,
)
if (started === null) throw new Error('Keddah did not start')
const { url, place, program } = started
try {
  const users = Array.from({ length: Number(flags.users) }, (_, at) => `user${at}`)
  const pid = program.child.pid ?? 0
  const stalls: number[] = []
  const usual: number[] = []
  const takes: number[] = []
  let steady = 0
  for (let round = 0; round <= Number(flags.rounds); round += 1) {
    const newcomer = `newcomer${round}`
    writeFileSync(join(place, 'conf/hadoop-policy.xml'), policyXml([...users, newcomer]))
    const load = closedLoop(url, 10, 16)
    await sleep(1_000)
    const start = performance.now()
    let longestBefore = 0
    while (performance.now() - start < 1_000)
      longestBefore = Math.max(longestBefore, (await ask(url, 'alice')).took)
    const sent = performance.now()
    process.kill(pid, 'SIGHUP')
    let longest = 0
    for (let isIn = false; !isIn;) {
      const answer = await ask(url, newcomer)
      longest = Math.max(longest, answer.took)
      isIn = answer.status === 200
      if (performance.now() - sent > 60_000) throw new Error('the new policy does not come')
    }
    const took = performance.now() - sent
    await load
    // The first round begins with a policy of three lines: it says nothing about replacing a large one.
    if (round === 0) steady = memory(pid).now
    else {
      stalls.push(longest)
      usual.push(longestBefore)
      takes.push(took)
    }
  }
  const { peak } = memory(pid)
  console.log(`${JSON.stringify(machine())}\n${flags.rounds} refreshes of ${users.length} users under load\n`)
  console.log(
    table(
      ['figure', 'median', 'spread'],
      [
        ['longest answer during a refresh, ms', median(stalls).toFixed(1), spread(stalls, 1)],
        ['longest answer in a second without one, ms', median(usual).toFixed(1), spread(usual, 1)],
        ['from the signal until the new policy decided, ms', median(takes).toFixed(0), spread(takes, 0)],
        ['memory after the first, MiB', (steady / MEBIBYTE).toFixed(0), ''],
        ['most memory ever, MiB', (peak / MEBIBYTE).toFixed(0), `${(peak / steady).toFixed(2)} ×`],
      ],
    ),
  )
} finally {
  agent.destroy()
  await Promise.all([program.stop(), backend.program.stop()])
  rmSync(dir, { recursive: true, force: true })
}
