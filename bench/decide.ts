/**
 * `npm run bench:decide [-- --rounds N --json FILE]`: what one decision costs, by the length of the lists.
 *
 * Each row is a policy and a handful of requests whose answers are checked before anything is timed. Batches of a
 * thousand decisions are timed, the rows taking turns, so that a noisy moment hits all of them; medians and spread are
 * nanoseconds for one decision.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { authorize } from '../src/decision/authorize.ts'
import type { AuthorizationRequest } from '../src/decision/request.ts'
import { createSnapshot, type Snapshot } from '../src/decision/snapshot.ts'
import { Configuration } from '../src/hadoop/configuration.ts'
import { compilePolicy } from '../src/policy/compile.ts'
import { parityOf } from '../src/policy/divergences.ts'
import { machine, median, spread, table } from './lib/report.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '25' }, json: { type: 'string', default: '' } },
})
const ROUNDS = Number(values.rounds)
const BATCH = 1_000
const BATCHES = 20
const KEY = 'security.client.protocol.acl'
const HOSTS = 'security.client.protocol.hosts'

interface Row {
  readonly what: string
  readonly size: number
  readonly load: number
  readonly snapshot: Snapshot
  readonly requests: readonly AuthorizationRequest[]
  readonly nanos: number[]
}

type Properties = Readonly<Record<string, string>>

function snapshotOf(properties: Properties, cacheMax: number): Snapshot {
  const entries = Object.entries(properties).map(([key, value]) => {
    return { key, value, file: 'hadoop-policy.xml', line: 1, column: 1, final: false }
  })
  const resource = { file: 'hadoop-policy.xml', entries, unset: [], problems: [] }
  const policy = compilePolicy({
    configuration: Configuration.of([resource]),
    resolve: () => null,
    parity: parityOf('none'),
    strict: false,
    authorization: 'enforce',
  })
  return createSnapshot(policy, { cacheMax })
}

/** Users and addresses differ from request to request, as they do in a cluster; groups come from the group cache. */
function requestsOf(
  users: readonly string[],
  addresses: readonly string[],
  groups: readonly string[],
): AuthorizationRequest[] {
  return users.map((user, index) => ({
    service: KEY,
    subject: { user, principal: user, method: 'SIMPLE', groups, realUser: null },
    origin: { address: addresses[index % addresses.length] ?? null, names: [] },
  }))
}

function row(
  what: string,
  size: number,
  properties: Properties,
  requests: readonly AuthorizationRequest[],
  effect: 'allow' | 'deny',
  cacheMax = 0,
): Row {
  const start = performance.now()
  const snapshot = snapshotOf(properties, cacheMax)
  const load = performance.now() - start
  for (const request of requests) {
    const decision = authorize(snapshot, request)
    if (decision.effect !== effect) throw new Error(`${what} ${size}: ${decision.message}`)
  }
  return { what, size, load, snapshot, requests, nanos: [] }
}

const names = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

/** Single addresses spread over 10.0.0.0/8, two apart, so that no two ranges of /32 merge. */
const ipv4 = (index: number): string =>
  `10.${(index >> 15) & 255}.${(index >> 7) & 255}.${(index << 1) & 255}`

const someOf = (list: readonly string[], count: number): string[] =>
  Array.from({ length: count }, (_, index) => list[Math.floor((index * list.length) / count)] ?? '')

const DESK = ['10.0.0.2']
const rows: Row[] = []

for (const size of [1, 10, 1_000, 100_000, 1_000_000]) {
  const users = names(size, 'user')
  const policy = { [KEY]: users.join(',') }
  rows.push(row('users, allowed', size, policy, requestsOf(someOf(users, 64), DESK, []), 'allow'))
  rows.push(row('users, refused', size, policy, requestsOf(names(64, 'stranger'), DESK, []), 'deny'))
}
for (const size of [10, 1_000, 100_000]) {
  const groups = names(size, 'group')
  const mine = [...names(19, 'other'), groups.at(-1) ?? '']
  const policy = { [KEY]: ` ${groups.join(',')}` }
  rows.push(
    row(
      'groups, user in 20, the last matches',
      size,
      policy,
      requestsOf(names(64, 'u'), DESK, mine),
      'allow',
    ),
  )
}
for (const size of [1, 10, 1_000, 100_000]) {
  const ranges = Array.from({ length: size }, (_, index) => ipv4(index))
  const policy = { [KEY]: '*', [HOSTS]: ranges.map((address) => `${address}/32`).join(',') }
  const users = names(64, 'u')
  rows.push(row('ranges, allowed', size, policy, requestsOf(users, someOf(ranges, 64), []), 'allow'))
  rows.push(row('ranges, refused', size, policy, requestsOf(users, ['192.0.2.1', '10.0.0.1'], []), 'deny'))
}
const users = names(1_000, 'user')
const cached = requestsOf(users, ['10.0.0.2', '10.0.0.4', '10.0.0.6'], ['staff', 'engineering'])
rows.push(
  row(
    'cache hit, 1 000 users from 3 addresses',
    1_000,
    { [KEY]: `${users.join(',')} staff` },
    cached,
    'allow',
    65_536,
  ),
)
rows.push(row('the same without cache', 1_000, { [KEY]: `${users.join(',')} staff` }, cached, 'allow'))

function timeOne({ snapshot, requests }: Row): number {
  let denied = 0
  let next = 0
  const start = process.hrtime.bigint()
  for (let index = 0; index < BATCH * BATCHES; index += 1) {
    const request = requests[next]
    next = next + 1 === requests.length ? 0 : next + 1
    if (request !== undefined && authorize(snapshot, request).effect === 'deny') denied += 1
  }
  const nanos = Number(process.hrtime.bigint() - start) / (BATCH * BATCHES)
  if (denied !== 0 && denied !== BATCH * BATCHES) throw new Error('an answer changed while it was timed')
  return nanos
}

for (const each of rows) timeOne(each)
for (let round = 0; round < ROUNDS; round += 1) for (const each of rows) each.nanos.push(timeOne(each))

console.log(`\n${JSON.stringify(machine())}`)
console.log(`${ROUNDS} rounds, rows taking turns, ${BATCH * BATCHES} decisions each\n`)
console.log(
  table(
    ['decision', 'entries', 'ns, median', 'spread', 'load ms'],
    rows.map(({ what, size, load, nanos }) => [
      what,
      size.toLocaleString('en-US'),
      median(nanos).toFixed(0),
      spread(nanos, 0),
      load.toFixed(load < 10 ? 1 : 0),
    ]),
  ),
)
if (values.json !== '') {
  const result = rows.map(({ what, size, load, nanos }) => ({ what, size, load, nanos }))
  writeFileSync(values.json, `${JSON.stringify({ machine: machine(), result }, null, 2)}\n`)
}
