import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, ask, webHdfs } from '../support/hadoop/ask.ts'
import {
  copyFolder,
  type Deed,
  missingFrom,
  pythonRounds,
  shellScript,
} from '../support/hadoop/client-work.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { KINDS, loadOfFiles } from '../support/hadoop/files.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { type Attempt, failed } from '../support/hadoop/load.ts'
import { metricOf } from '../support/hadoop/metric.ts'
import { type NameNodePair, startNameNodePair } from '../support/hadoop/name-node-pair.ts'
import { whyNoPython } from '../support/hadoop/programs.ts'
import { until } from '../support/hadoop/wait.ts'
import { whereHadoopRuns } from '../support/hadoop/with-hadoop.ts'

const noPython = whyNoPython()
if (noPython !== null) process.stderr.write(`skipped: ${noPython}\n`)

/** nn1 and nn2 take turns: each test begins with the one active that the test before has promoted. */
whereHadoopRuns('two NameNodes behind one URL', () => {
  let pair: NameNodePair
  let folder = ''
  let keddah: Keddah
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keddah-pair-'))
    pair = await startNameNodePair('3.4.3')
    const upstream = [pair.nn1.url, pair.nn2.url]
    const service = { kind: 'namenode', upstream }
    const highAvailability = { failoverWait: '60s', probe: '1s' }
    keddah = await startKeddah({
      hadoop: pair,
      services: [
        { ...service, name: 'patient', settings: { highAvailability } },
        { ...service, name: 'impatient' },
        { ...service, name: 'strict', settings: { highAvailability, timeouts: { upstreamHeaders: '4s' } } },
      ],
      policy: POLICY,
    })
  })
  afterAll(async () => {
    await keddah?.stop()
    await pair?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const list = (service: string): Promise<Answer> =>
    ask(keddah.url(service), 'GET', webHdfs('/user/alice', 'op=LISTSTATUS&user.name=alice'))
  /** What a service has counted and logged about changes from one server to another. */
  const failovers = async (service: string): Promise<ReadonlyMap<string, number>> => {
    const all = await metricOf(keddah, 'keddah_failovers_total')
    return new Map([...all].filter(([labels]) => labels.includes(`service="${service}"`)))
  }
  const logged = (service: string, message: string): Record<string, unknown>[] =>
    keddah
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter((line) => line['service'] === service && line['msg'] === message)

  test('the active one is killed under load: what was in flight on it fails, and from the promotion of the other on nothing does', async () => {
    const patient = await loadOfFiles(keddah.url('patient'), 'patient', 4)
    const impatient = await loadOfFiles(keddah.url('impatient'), 'impatient', 2)
    await Promise.all([patient.more(5), impatient.more(5)])
    const killedOn = Date.now()
    await pair.nn1.kill()
    const killedAt = performance.now()
    await impatient.more(2)
    await pair.promote('nn2')
    const promotedAt = performance.now()
    const promotedOn = Date.now()
    await Promise.all([patient.more(5), impatient.more(5)])
    const [waited, hurried] = [await patient.stop(), await impatient.stop()]

    // Who waits sees nothing but the end of what was in flight: four clients have one request each. One that was begun at
    // the very end may have gone out on a connection that was kept.
    const isLost = ({ outcome }: Attempt): boolean => /^502 .*closed the connection/.test(outcome)
    for (const each of failed(waited))
      expect(each.begun < killedAt || isLost(each), JSON.stringify(each)).toBe(true)
    expect(failed(waited).length).toBeLessThanOrEqual(4)
    expect(waited.filter(({ begun }) => begun > promotedAt).length).toBeGreaterThan(4 * KINDS)
    // Who does not is told when to come again; never after the promotion.
    for (const each of failed(hurried)) expect(each.begun, JSON.stringify(each)).toBeLessThan(promotedAt)
    const between = failed(hurried).filter(({ begun }) => begun > killedAt)
    expect(between.length).toBeGreaterThan(0)
    const sure = between.filter((each) => !isLost(each))
    for (const each of sure) expect(each).toMatchObject({ retryAfter: '1' })
    for (const each of sure) expect(each.outcome).toMatch(/^503 .*RetriableException/)

    for (const service of ['patient', 'impatient']) {
      expect(await failovers(service)).toEqual(new Map([[`service="${service}",cause="down"`, 1]]))
      const [line] = logged(service, 'failed over to another server')
      expect(line).toMatchObject({ from: pair.nn1.url, to: pair.nn2.url, cause: 'down' })
      const at = Date.parse(String(line?.['time']))
      expect(at).toBeGreaterThan(killedOn)
      expect(at).toBeLessThan(promotedOn + 60_000)
    }
    const active = await metricOf(keddah, 'keddah_upstream_active')
    expect(active.get(`service="patient",upstream="${pair.nn2.url}"`)).toBe(1)
    expect(active.get(`service="patient",upstream="${pair.nn1.url}"`)).toBe(0)
  })

  test('a failover that the active one takes part in fails nothing, and the one that comes back is not asked before', async () => {
    await pair.restart('nn1')
    const load = await loadOfFiles(keddah.url('patient'), 'patient', 4)
    await load.more(5)
    await pair.failOver('nn2', 'nn1')
    const promotedAt = performance.now()
    await load.more(5)
    const attempts = await load.stop()
    expect(failed(attempts)).toEqual([])
    expect(attempts.filter(({ begun }) => begun < promotedAt).length).toBeGreaterThan(4 * KINDS)
    expect((await failovers('patient')).get('service="patient",cause="standby"')).toBe(1)
  })

  test('the active one hangs: 504 after the time-out, no failover by itself; the promoted one is asked from the next probe on, and still when the other wakes up', async () => {
    const promotions = async (): Promise<number | undefined> =>
      (await failovers('strict')).get('service="strict",cause="promoted"')
    const before = await failovers('strict')
    pair.nn1.pause()
    try {
      const hung = await list('strict')
      expect(hung.status).toBe(504)
      expect(hung.headers['x-keddah-reason'] ?? hung.text).toMatch(/timeout/)
      expect(await failovers('strict')).toEqual(before)
      expect(
        (await metricOf(keddah, 'keddah_probes_total')).get(
          `service="strict",upstream="${pair.nn1.url}",result="silent"`,
        ),
      ).toBeGreaterThan(0)
      await pair.promote('nn2')
      await until('a probe to find nn2', async () => ((await promotions()) === 1 ? true : null))
      expect((await list('strict')).status).toBe(200)
    } finally {
      pair.nn1.resume()
    }
    // It still holds itself for the active one, until its next write finds out that it is not.
    await until('nn1 to answer again', async () => {
      const answer = await ask(pair.nn1.url, 'GET', '/isActive').catch(() => null)
      return answer === null ? null : true
    })
    const made = await ask(
      keddah.url('strict'),
      'PUT',
      webHdfs('/user/alice/awake', 'op=MKDIRS&user.name=alice'),
    )
    expect(made).toMatchObject({ status: 200, text: '{"boolean":true}' })
    const seen = await ask(
      pair.nn2.url,
      'GET',
      webHdfs('/user/alice/awake', 'op=GETFILESTATUS&user.name=alice'),
    )
    expect(seen.status).toBe(200)
    for (let count = 0; count < 20; count += 1) expect((await list('strict')).status).toBe(200)
    await pair.restart('nn1')
    expect(await promotions()).toBe(1)
  })

  test.skipIf(noPython !== null)(
    'hdfs dfs, a copy of 200 files and the Python client work on while the active one is killed',
    async () => {
      const worker = { home: pair, base: keddah.url('patient'), folder }
      const copying = copyFolder(worker, 'copied')
      const python = pythonRounds(worker)
      const scripting = shellScript(worker, 'script')
      await until('some files to be copied', async () => {
        const { text } = await ask(
          worker.base,
          'GET',
          webHdfs('/user/alice/copied', 'op=LISTSTATUS&user.name=alice'),
        )
        return text.split('"FILE"').length > 20 ? true : null
      })
      const killedAt = Date.now()
      await pair.nn2.kill()
      await pair.promote('nn1')
      const promotedAt = Date.now()

      // One file for each of four threads, at most, was on its way to the dead one.
      const lost = await copying
      expect(lost.length, lost.join('\n')).toBeLessThanOrEqual(4)
      expect(lost.length > 0 ? await copyFolder(worker, 'copied') : []).toEqual([])
      expect(await missingFrom(worker, 'copied')).toEqual([])

      const wasInFlight = ({ begun, ended }: Deed): boolean => begun <= killedAt && killedAt <= ended
      const wrong = ({ error }: Deed): boolean => error !== null
      const script = await scripting
      expect(script.filter((deed) => wrong(deed) && !wasInFlight(deed))).toEqual([])
      const again = script.some(wrong) ? await shellScript(worker, 'again') : []
      expect(again.filter(wrong)).toEqual([])

      const rounds = await python.end()
      expect(rounds.filter((deed) => wrong(deed) && !wasInFlight(deed))).toEqual([])
      expect(rounds.filter(({ begun }) => begun > promotedAt).length).toBeGreaterThan(0)
      expect(rounds.filter(({ ended }) => ended < killedAt).length).toBeGreaterThan(0)
    },
  )
})
