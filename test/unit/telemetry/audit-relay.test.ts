import { getEventListeners } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RemoteLines } from '../../../src/app/workers/remote-lines.ts'
import { Audit, type AuditEntry, type AuditOptions } from '../../../src/telemetry/audit.ts'
import { until } from '../../support/until.ts'

let folder = ''
let file = ''
const opened: Audit[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keddah-audit-'))
  file = join(folder, 'audit.log')
})
afterEach(async () => {
  for (const audit of opened.splice(0)) await audit.close()
  rmSync(folder, { recursive: true })
})

const entry = (requestId: string, effect: 'allow' | 'deny' = 'deny'): AuditEntry => ({
  time: 0,
  requestId,
  service: 'nn',
  kind: 'namenode',
  user: 'mallory',
  realUser: null,
  address: null,
  method: 'GET',
  path: '/',
  op: null,
  key: null,
  effect,
  reason: 'acl',
  rule: null,
  file: null,
  line: null,
  resource: null,
  revision: 'abc',
  enforced: true,
  clientRequestId: null,
})

function open(changes: Partial<AuditOptions> = {}): { audit: Audit; dropped: string[] } {
  const dropped: string[] = []
  const audit = new Audit({
    file,
    allows: 'all',
    bufferLines: 1_000,
    onDropped: (effect) => dropped.push(effect),
    onError: () => {},
    ...changes,
  })
  opened.push(audit)
  return { audit, dropped }
}

/** The audit of a worker whose main thread is `main`; `delivers` false: the main thread does not get to it. */
function openWorker(main: Audit, delivers: () => boolean = () => true, bufferLines = 1_000) {
  const lines = new RemoteLines((number, text) => {
    if (delivers()) void main.relay(text).then(() => lines.written(number))
  })
  return open({ sink: lines, bufferLines })
}

const ids = (path: string): unknown[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as AuditEntry).requestId)

test('lines of several threads are all there, whole, and in order for each of them', async () => {
  const { audit: main, dropped: ofMain } = open()
  const workers = [openWorker(main), openWorker(main), openWorker(main)]
  const COUNT = 2_000
  for (let count = 0; count < COUNT; count += 1) {
    for (const [index, { audit }] of workers.entries()) audit.record(entry(`${index}-${count}`))
    main.record(entry(`main-${count}`))
    if (count % 100 === 0) await turn()
    if (count === COUNT / 2) renameSync(file, `${file}.1`)
  }
  for (const { audit } of workers) await audit.close()
  await main.close()
  const all = [...ids(`${file}.1`), ...ids(file)]
  const written = new Set(all)
  const dropped = workers.reduce((sum, worker) => sum + worker.dropped.length, ofMain.length)
  expect(all).toHaveLength(written.size)
  expect(written.size + dropped).toBe(4 * COUNT)
  expect(written.size).toBeGreaterThan(COUNT)
  for (const index of [0, 1, 2]) {
    const own = all
      .filter((id) => String(id).startsWith(`${index}-`))
      .map((id) => Number(String(id).slice(2)))
    expect(own).toEqual(own.toSorted((one, other) => one - other))
  }
})

test('while the main thread writes nothing a worker keeps so many lines, and drops allows first', async () => {
  const main = open({ file: '/dev/full' }).audit
  const { audit, dropped } = openWorker(main, undefined, 10)
  audit.record(entry('first'))
  // The first one is on its way for good; ten wait.
  await until(() => main.trouble() !== null)
  for (let count = 0; count < 10; count += 1) audit.record(entry(`a${count}`, 'allow'))
  for (let count = 0; count < 10; count += 1) audit.record(entry(`d${count}`))
  expect(dropped).toEqual(Array.from({ length: 10 }, () => 'allow'))
  main.lostElsewhere(10)
  expect(main.trouble()?.lost).toBe(10)
})

test('a worker ends in time although nobody takes its lines', async () => {
  const { audit, dropped } = openWorker(open().audit, () => false)
  audit.record(entry('never'))
  await audit.close()
  audit.record(entry('late'))
  expect(dropped).toEqual(['deny'])
})

test('nothing is left behind by a batch', async () => {
  const stop = new AbortController()
  const lines: RemoteLines = new RemoteLines((number) => lines.written(number))
  for (let count = 0; count < 5; count += 1) {
    lines.give('line\n')
    await lines.flush(stop.signal)
    expect(lines.pending).toBe(false)
  }
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
})
