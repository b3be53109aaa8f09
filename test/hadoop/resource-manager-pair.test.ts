import { afterAll, beforeAll, expect, test } from 'vitest'
import { application, fieldOf, kill, newApplication, submit } from '../support/hadoop/applications.ts'
import { type Answer, ask } from '../support/hadoop/ask.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { type Attempt, failed, Load } from '../support/hadoop/load.ts'
import { metricOf } from '../support/hadoop/metric.ts'
import {
  type ResourceManagerPair,
  startResourceManagerPair,
} from '../support/hadoop/resource-manager-pair.ts'
import { until } from '../support/hadoop/wait.ts'
import { whereHadoopRuns } from '../support/hadoop/with-hadoop.ts'

const CLUSTER = '/ws/v1/cluster'

/** Each test begins with whichever is active; the one that dies or hangs is back at its end. */
whereHadoopRuns('two ResourceManagers behind one URL', () => {
  let pair: ResourceManagerPair
  let keddah: Keddah
  let front = ''
  let impatient = ''
  beforeAll(async () => {
    pair = await startResourceManagerPair('3.4.3')
    const { active, standby } = await pair.elected()
    // The standby first: who asked the first one only would get no further than its redirect.
    const service = { kind: 'resourcemanager', upstream: [standby.url, active.url] }
    const highAvailability = { failoverWait: '60s', probe: '1s' }
    keddah = await startKeddah({
      hadoop: pair,
      services: [
        { ...service, name: 'patient', settings: { highAvailability, timeouts: { upstreamHeaders: '10s' } } },
        { ...service, name: 'impatient' },
      ],
      policy: POLICY,
    })
    front = keddah.url('patient')
    impatient = keddah.url('impatient')
  })
  afterAll(async () => {
    await keddah?.stop()
    await pair?.stop()
  })

  const loadOf = (base: string): Load =>
    new Load(2, {
      list: () => ask(base, 'GET', `${CLUSTER}/apps?user.name=alice`),
      scheduler: () => ask(base, 'GET', `${CLUSTER}/scheduler?user.name=alice`),
      allocate: () => ask(base, 'POST', `${CLUSTER}/apps/new-application?user.name=alice`),
    })
  const reaches = (id: string, wanted: string): Promise<true> =>
    until(`application ${id} to be ${wanted}`, async () =>
      fieldOf(await application(front, id, 'alice'), 'state') === wanted ? true : null,
    )
  const failovers = async (service: string): Promise<number> => {
    const all = await metricOf(keddah, 'keddah_failovers_total')
    return [...all]
      .filter(([labels]) => labels.includes(`service="${service}"`))
      .reduce((sum, [, value]) => sum + value, 0)
  }
  const submitted = async (): Promise<string> => {
    const id = await newApplication(front, 'alice')
    const answer = await submit(front, id, 'alice')
    expect(answer).toMatchObject({ status: 202, headers: { location: `${front}${CLUSTER}/apps/${id}` } })
    await reaches(id, 'ACCEPTED')
    return id
  }
  const killed = async (id: string): Promise<void> => {
    expect((await kill(front, id, 'alice')).status).toBe(202)
    await reaches(id, 'KILLED')
  }
  /** No client is ever sent to the address of a ResourceManager. */
  const leadsNowhere = ({ location, outcome }: Attempt): boolean =>
    location === undefined && !/This is standby RM|Can not find any active RM/.test(outcome)

  test('a standby answers with a redirect to the active one, which Keddah keeps to itself', async () => {
    const { active, standby } = await pair.elected()
    const target = `${CLUSTER}/apps?user.name=alice`
    const bare = await ask(standby.url, 'GET', target)
    expect(bare.status).toBe(307)
    expect(bare.headers['location']).toBe(active.url.replace('127.0.0.1', 'localhost') + target)
    const answer = await ask(front, 'GET', target)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.headers['location']).toBe(undefined)
  })

  test('the active one is killed under load: applications are listed, submitted and killed at the same URL', async () => {
    const id = await submitted()
    const loads = [loadOf(front), loadOf(impatient)] as const
    await Promise.all(loads.map((load) => load.more(5)))
    const { active } = await pair.elected()
    await active.kill()
    const killedAt = performance.now()
    await loads[1].more(2)
    await pair.elected()
    const electedAt = performance.now()
    await Promise.all(loads.map((load) => load.more(5)))
    const [waited, hurried] = [await loads[0].stop(), await loads[1].stop()]

    for (const each of failed(waited)) expect(each.begun, JSON.stringify(each)).toBeLessThan(killedAt)
    for (const each of failed(hurried)) expect(each.begun, JSON.stringify(each)).toBeLessThan(electedAt)
    const between = failed(hurried).filter(({ begun }) => begun > killedAt)
    expect(between.length).toBeGreaterThan(0)
    // Only what may have reached the dead one by a connection that was kept is not sent once more.
    const unsure = between.filter(({ what, outcome }) => what === 'allocate' && outcome.startsWith('502 '))
    for (const each of between.filter((one) => !unsure.includes(one)))
      expect(each).toMatchObject({ retryAfter: '1', outcome: expect.stringMatching(/^503 /) })
    expect([...waited, ...hurried].filter((each) => !leadsNowhere(each))).toEqual([])
    expect(await failovers('patient')).toBe(1)

    await killed(id)
    await killed(await submitted())
    await active.restart()
  })

  test('the active one hangs: the other is elected and asked, and the one that wakes up is not', async () => {
    const before = await failovers('patient')
    const id = await submitted()
    const { active, standby } = await pair.elected()
    active.pause()
    try {
      await until('the other one to be elected', async () => {
        const info = await ask(standby.url, 'GET', `${CLUSTER}/info`)
        return fieldOf(info, 'haState') === 'ACTIVE' ? true : null
      })
      await until('a probe to find it', async () => ((await failovers('patient')) > before ? true : null))
      expect(fieldOf(await application(front, id, 'alice'), 'state')).toBe('ACCEPTED')
    } finally {
      active.resume()
    }
    await until('the one that was active to know that it is not', async () => {
      const info: Answer | null = await ask(active.url, 'GET', `${CLUSTER}/info`).catch(() => null)
      return info !== null && fieldOf(info, 'haState') === 'STANDBY' ? true : null
    })
    await killed(id)
    expect(await failovers('patient')).toBe(before + 1)
  })
})
