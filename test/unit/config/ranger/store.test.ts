import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, double, integer, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Inputs } from '../../../../src/config/inputs.ts'
import type { RangerHeld } from '../../../../src/config/ranger/held.ts'
import { pollDelay } from '../../../../src/config/ranger/poll-delay.ts'
import { ConfigError } from '../../../../src/errors.ts'
import { type Fault, type RangerAdmin, startRangerAdmin } from '../../../support/ranger-admin.ts'
import { until } from '../../../support/until.ts'
import { temporaryFolder } from '../support.ts'
import { policiesOf, policy, serviceOf, storeOf } from './support.ts'

const ROLES = { serviceName: 'hadoopdev', roleVersion: 3, rangerRoles: [{ name: 'r', users: [] }] }
const say =
  (status: number, body: unknown): Fault =>
  (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(typeof body === 'string' ? body : JSON.stringify(body))

/** A definition of HDFS whose resource is so. */
const definition = (resource: object): object => ({
  id: 1,
  name: 'hdfs',
  resources: [{ itemId: 1, name: 'path', level: 10, ...resource }],
  accessTypes: ['read', 'write', 'execute'].map((name, index) => ({ itemId: index + 1, name })),
})

/** A store that has taken version 7, with two policies, of a stand-in. */
async function started(address: { wantsDeltas?: boolean } = {}) {
  const admin = await startRangerAdmin()
  admin.services.set('hadoopdev', {
    policies: policiesOf(7, [policy(1, ['amy']), policy(2, ['bob'])]),
    roles: ROLES,
  })
  const cacheDir = temporaryFolder()
  const service = serviceOf({ urls: [admin.url], cacheDir }, { address })
  const parts = storeOf()
  const { store } = parts
  const collect = async (): Promise<RangerHeld> => {
    const held = (await store.collect([service], new Inputs())).get('HDFS')
    if (held === undefined) throw new Error('nothing is held')
    return held
  }
  const first = await collect()
  store.adopt([service])
  const cache = join(cacheDir, 'hdfs_hadoopdev.json')
  return { ...parts, admin, service, collect, first, cache, cacheDir }
}

/** What a store holds that begins with this cache and a stand-in that answers nothing but errors. */
async function restarted(cacheDir: string, admin: RangerAdmin, fault: Fault = say(503, '')) {
  admin.fault = fault
  const parts = storeOf()
  const service = serviceOf({ urls: [admin.url], cacheDir })
  const held = (await parts.store.collect([service], new Inputs())).get('HDFS')
  parts.store.adopt([service])
  return { ...parts, held }
}

const versionOf = ({ engine }: RangerHeld): number | undefined => engine?.version
const problemsOf = async (call: Promise<unknown>): Promise<ConfigError['problems']> => {
  try {
    await call
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('a service of Ranger Admin', () => {
  test('the first load downloads roles and policies; later ones take what is there', async () => {
    const { admin, first, collect, store } = await started()
    expect(first).toMatchObject({ origin: 'admin', from: admin.url, engine: { version: 7, policyCount: 2 } })
    expect(first.roles).toMatchObject({ version: 3 })
    expect(admin.asked.map(({ path }) => path.split('/')[2])).toEqual(['roles', 'plugins'])
    expect(await collect()).toBe(first)
    expect(admin.count()).toBe(2)
    expect(store.warnings()).toEqual([])
    expect(store.present()).toEqual([
      {
        component: 'HDFS',
        version: 7,
        rolesVersion: 3,
        policyCount: 2,
        origin: 'admin',
        loadedAt: 1_700_000_000_000,
        isFailing: false,
      },
    ])
  })

  test('a poll that finds something new tells it, and one that finds nothing does not', async () => {
    const { admin, clock, collect, first, told } = await started()
    clock.time += 60_000
    clock.tick()
    await until(() => clock.timers.length === 1)
    expect([await collect(), told.news]).toEqual([first, 0])
    expect(admin.asked.at(-1)?.query).toMatchObject({
      lastKnownVersion: '7',
      lastActivationTime: '1700000000000',
    })
    admin.services.set('hadoopdev', { policies: policiesOf(8, [policy(1, ['amy'])]), roles: ROLES })
    clock.tick()
    await until(() => clock.timers.length === 1)
    expect([versionOf(await collect()), told.news]).toEqual([8, 1])
    expect(admin.asked.at(-2)?.query).toMatchObject({ lastKnownRoleVersion: '3' })
  })

  test('new roles alone make a new engine of the same policies', async () => {
    const { admin, store, collect, first } = await started()
    admin.services.set('hadoopdev', {
      ...admin.services.get('hadoopdev'),
      roles: { ...ROLES, roleVersion: 4 },
    })
    await store.download()
    const held = await collect()
    expect(held.roles?.version).toBe(4)
    expect(held.policies).toBe(first.policies)
    expect(held.engine).not.toBe(first.engine)
  })

  test.each([
    ['a status', say(500, 'x'), 'policies server_error', 'ranger_server_error'],
    [
      'no JSON',
      say(200, '{"serviceName": "hadoopdev", "policies": ['),
      'policies malformed',
      'ranger_malformed',
    ],
    [
      'another service',
      say(200, policiesOf(8, [], { serviceName: 'x' })),
      'policies service_name',
      'ranger_service_name',
    ],
    ['no service', say(200, { policies: [] }), 'policies service_name', 'ranger_service_name'],
    ['nothing but braces', say(200, {}), 'policies service_name', 'ranger_service_name'],
    ['null', say(200, 'null'), 'policies refused', 'ranger_refused'],
    ['a list', say(200, []), 'policies refused', 'ranger_refused'],
    [
      'policies of a wrong type',
      say(200, policiesOf(8, [], { policies: 'all' })),
      'policies refused',
      'ranger_refused',
    ],
    [
      'changes of a wrong type',
      say(200, policiesOf(8, [], { policyDeltas: {} })),
      'policies refused',
      'ranger_refused',
    ],
    [
      'a policy without an id',
      say(200, policiesOf(8, [{ name: 'x' }])),
      'policies refused',
      'ranger_refused',
    ],
    [
      'policies and changes together',
      say(200, policiesOf(8, [policy(1, [])], { policyDeltas: [{ changeType: 2 }] })),
      'policies refused',
      'ranger_refused',
    ],
    [
      'changes that nobody asked for',
      say(200, policiesOf(8, [], { policyDeltas: [{}] })),
      'policies refused',
      'ranger_refused',
    ],
    [
      'a service definition without a name',
      say(200, policiesOf(8, [], { serviceDef: { resources: 'all' } })),
      'policies refused',
      'ranger_refused',
    ],
    [
      'a condition that is not known',
      say(200, policiesOf(8, [{ ...policy(1, ['amy']), conditions: [{ type: 'moon', values: ['full'] }] }])),
      'policies refused',
      'ranger_refused',
    ],
    [
      'a resource that is not known',
      say(200, policiesOf(8, [{ ...policy(1, ['amy']), resources: { table: { values: ['t'] } } }])),
      'policies refused',
      'ranger_refused',
    ],
    [
      'security zones',
      say(200, policiesOf(8, [policy(1, ['amy'])], { securityZones: { z: {} } })),
      'policies refused',
      'ranger_refused',
    ],
  ])('%s changes nothing: the old policies stay, and so does the cache', async (_, fault, failure, code) => {
    const { admin, store, collect, first, told, cache } = await started()
    const before = readFileSync(cache, 'utf8')
    admin.fault = fault
    const problems = await problemsOf(store.download())
    expect(problems.at(-1)).toMatchObject({ file: '/k.yaml', line: 3, code, severity: 'error' })
    expect(problems.at(-1)?.hint).toMatch(/./)
    expect(await collect()).toBe(first)
    expect(told.failures).toContain(failure)
    expect(readFileSync(cache, 'utf8')).toBe(before)
    expect(store.status()[0]?.failure).not.toBeNull()
    admin.fault = null
    await store.download()
    expect(store.status()[0]?.failure).toBeNull()
  })

  test('a full set that is empty replaces what was there, loudly', async () => {
    const { admin, store, collect, told } = await started()
    admin.services.set('hadoopdev', { policies: policiesOf(8, []), roles: ROLES })
    await store.download()
    expect(await collect()).toMatchObject({ origin: 'admin', engine: { version: 8, policyCount: 0 } })
    expect(told.emptied).toBe(1)
  })

  test('matchers and access types that nobody knows are taken as Ranger takes them: they widen nothing', async () => {
    const { admin, store, collect } = await started()
    const accesses = [{ type: 'fly' }]
    const policies = [{ ...policy(1, []), policyItems: [{ users: ['amy'], accesses }] }, policy(2, ['bob'])]
    const serviceDef = definition({ matcher: 'com.example.Guess', isValidLeaf: true })
    admin.services.set('hadoopdev', { policies: policiesOf(8, policies, { serviceDef }), roles: ROLES })
    await store.download()
    const { engine } = await collect()
    const asks = (user: string, path: string): boolean | undefined =>
      engine?.decide({
        resource: new Map([['path', [path]]]),
        accessTypes: ['read'],
        user,
        groups: [],
        owner: null,
        roles: null,
        action: 'open',
        address: null,
        at: 0,
      }).isAllowed
    expect([asks('amy', '/data'), asks('bob', '/data'), asks('bob', '/data/x')]).toEqual([false, true, false])
  })

  test('what has no version of roles takes no role from anybody', async () => {
    const { admin, store, collect, first } = await started()
    admin.fault = (request, response) =>
      (request.url?.includes('/roles/') === true ? say(200, { serviceName: 'hadoopdev' }) : say(304, ''))(
        request,
        response,
      )
    expect(await problemsOf(store.download())).toMatchObject([{ code: 'ranger_refused' }])
    expect(await collect()).toBe(first)
  })

  test('an empty list of changes keeps the engine and takes over the version', async () => {
    const { admin, store, collect, first } = await started()
    admin.services.set('hadoopdev', { policies: policiesOf(9, [], { policyDeltas: [] }), roles: ROLES })
    await store.download()
    expect(await collect()).toBe(first)
    await store.download()
    expect(admin.asked.at(-1)?.query['lastKnownVersion']).toBe('9')
  })

  test('a version that goes backwards is taken', async () => {
    const { admin, store, collect } = await started()
    admin.services.set('hadoopdev', { policies: policiesOf(2, [policy(5, ['amy'])]), roles: ROLES })
    await store.download()
    expect(versionOf(await collect())).toBe(2)
  })

  test('a service that is gone leaves no policies, and its cache under another name; when it is back it counts', async () => {
    const { admin, store, collect, told, cache, clock, cacheDir } = await started()
    admin.services.clear()
    await store.download()
    expect(await collect()).toMatchObject({ engine: null, origin: 'none' })
    expect(told.emptied).toBe(1)
    expect(store.warnings()).toEqual([expect.stringContaining('no Ranger policies for HDFS')])
    expect(readFileSync(`${cache}_${clock.time}`, 'utf8')).toContain('"policyVersion":7')
    expect((await restarted(cacheDir, admin)).held?.engine).toBeNull()
    admin.fault = null
    admin.services.set('hadoopdev', { policies: policiesOf(7, [policy(1, ['amy'])]) })
    await store.download()
    expect(versionOf(await collect())).toBe(7)
    expect(admin.asked.at(-1)?.query['lastKnownVersion']).toBe('-1')
  })

  test('an older server without roles is no reason to ask for policies less often', async () => {
    const { admin, clock } = await started()
    admin.fault = (request, response) =>
      response.writeHead(request.url?.includes('/roles/') === true ? 404 : 304).end()
    for (let round = 0; round < 3; round += 1) {
      expect(clock.tick()).toBe(30_000)
      await until(() => clock.timers.length === 1)
    }
  })

  test('failures make the polls rarer, up to five minutes, and success makes them as often as before', async () => {
    const { admin, clock } = await started()
    admin.fault = say(503, '')
    const delays: number[] = []
    for (let round = 0; round < 6; round += 1) {
      delays.push(clock.tick())
      await until(() => clock.timers.length === 1)
    }
    expect(delays).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000])
    admin.fault = null
    clock.tick()
    await until(() => clock.timers.length === 1)
    expect(clock.tick()).toBe(30_000)
  })

  test('a clock that jumps moves no poll, and one download at a time runs', async () => {
    const { admin, clock, store } = await started()
    clock.time -= 86_400_000
    expect(clock.timers.map(({ ms }) => ms)).toEqual([30_000])
    clock.time += 10 * 86_400_000
    const before = admin.count()
    await Promise.all([store.download(), store.download(), store.download()])
    expect(admin.count() - before).toBe(2)
    expect(clock.timers.map(({ ms }) => ms)).toEqual([30_000])
  })

  test('other settings are another service; the one before is not asked any more', async () => {
    const { admin, clock, store, service } = await started()
    const other = serviceOf({ urls: [admin.url], cacheDir: temporaryFolder() }, { superUsers: ['hdfs'] })
    await store.collect([other], new Inputs())
    expect(store.status()).toHaveLength(1)
    expect(clock.timers).toHaveLength(1)
    store.adopt([other])
    expect(clock.timers).toHaveLength(1)
    expect((await store.collect([service], new Inputs())).get('HDFS')?.policies?.serviceConfig.size).toBe(0)
    expect((await store.collect([other], new Inputs())).get('HDFS')?.policies?.serviceConfig).toEqual(
      new Map([['ranger.plugin.super.users', 'hdfs']]),
    )
  })
})

describe('a start', () => {
  test('without Ranger Admin the cache counts, and goes on from its version', async () => {
    const { admin, cacheDir } = await started()
    const { held, told, store } = await restarted(cacheDir, admin)
    expect(held).toMatchObject({
      origin: 'cache',
      engine: { version: 7, policyCount: 2 },
      roles: { version: 3 },
    })
    expect(told.failures).toEqual(['roles server_error', 'policies server_error'])
    admin.fault = null
    await store.download()
    expect(admin.asked.at(-1)?.query['lastKnownVersion']).toBe('7')
  })

  test.each([
    ['torn by a crash', '{"serviceName": "hadoopdev", "policyVersion": 8, "policies": [{"id'],
    ['empty', ''],
    ['of another service', JSON.stringify(policiesOf(8, [], { serviceName: 'x' }))],
  ])('a cache that is %s is passed over for the one before', async (_, text) => {
    const { admin, store, cache, cacheDir } = await started()
    admin.services.set('hadoopdev', { policies: policiesOf(8, [policy(1, ['amy'])]), roles: ROLES })
    await store.download()
    writeFileSync(cache, text)
    const { held, told } = await restarted(cacheDir, admin)
    expect(held).toMatchObject({ origin: 'cache', from: `${cache}.prev`, engine: { version: 7 } })
    expect(told.failures.some((failure) => failure.startsWith('cache '))).toBe(true)
  })

  test("the cache of Ranger's own plugin can be read, with its dates as text", async () => {
    const admin = await startRangerAdmin()
    const cacheDir = temporaryFolder()
    const text = JSON.stringify(
      policiesOf(5, [policy(1, ['amy'])], { policyUpdateTime: '20170220-12:36:01.000-+0000' }),
    )
    writeFileSync(join(cacheDir, 'hdfs_hadoopdev.json'), text)
    expect((await restarted(cacheDir, admin)).held).toMatchObject({ origin: 'cache', engine: { version: 5 } })
  })

  test('with neither there are no policies, and somebody is told', async () => {
    const admin = await startRangerAdmin()
    const { held, store } = await restarted(temporaryFolder(), admin)
    expect(held).toMatchObject({ engine: null, policies: null, origin: 'none', loadedAt: null })
    expect(store.warnings()).toEqual([
      `no Ranger policies for HDFS (service hadoopdev of ${admin.url}): status 503`,
    ])
    const nothing = { version: null, rolesVersion: null, policyCount: 0, origin: 'none', loadedAt: null }
    expect(store.present()).toEqual([{ component: 'HDFS', ...nothing, isFailing: true }])
  })

  test('a server that is slow holds a start for ten seconds at most; what it brings later counts then', async () => {
    const { admin, cacheDir } = await started()
    const answers: (() => void)[] = []
    admin.fault = (_, response) => {
      answers.push(() => response.writeHead(304).end())
    }
    const { store, clock, told } = storeOf()
    const service = serviceOf({ urls: [admin.url], cacheDir })
    const loading = store.collect([service], new Inputs())
    await until(() => answers.length === 1)
    clock.lose()
    expect((await loading).get('HDFS')).toMatchObject({ origin: 'cache', engine: { version: 7 } })
    store.adopt([service])
    admin.fault = null
    admin.services.set('hadoopdev', { policies: policiesOf(8, [policy(1, ['amy'])]), roles: ROLES })
    answers[0]?.()
    await until(() => told.news === 1)
    expect((await store.collect([service], new Inputs())).get('HDFS')?.engine?.version).toBe(8)
  })

  test('a cache that cannot be written is told, and the policies count all the same', async () => {
    const admin = await startRangerAdmin()
    admin.services.set('hadoopdev', { policies: policiesOf(7, [policy(1, ['amy'])]), roles: ROLES })
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const { held, told } = await restarted(join(file, 'ranger'), admin, (request, response) => {
      admin.fault = null
      admin.answer(request, response)
    })
    expect(held).toMatchObject({ origin: 'admin', engine: { version: 7 } })
    expect(told.failures).toEqual(['cache cache', 'cache cache'])
  })
})

describe('changes (12)', () => {
  const changes = {
    from: 7,
    body: policiesOf(8, [], {
      policyDeltas: [
        { changeType: 2, policy: { id: 1, serviceType: 'hdfs' } },
        { changeType: 0, policy: policy(3, ['cat']) },
      ],
    }),
  }

  test('changes are applied to what was downloaded before, and the whole is kept', async () => {
    const { admin, store, collect, cache } = await started({ wantsDeltas: true })
    admin.services.set('hadoopdev', { deltas: changes, roles: ROLES })
    await store.download()
    expect(versionOf(await collect())).toBe(8)
    const kept = JSON.parse(readFileSync(cache, 'utf8')) as {
      policies: { id: number }[]
      policyVersion: number
    }
    expect([kept.policies.map(({ id }) => id), kept.policyVersion]).toEqual([[2, 3], 8])
    expect(kept).not.toHaveProperty('policyDeltas')
  })

  test('where they cannot be taken all policies are asked for the next time', async () => {
    const { admin, store, collect } = await started({ wantsDeltas: true })
    const policyDeltas = [{ changeType: 0, policy: { id: 4, serviceType: 'hdfs' } }]
    admin.services.set('hadoopdev', {
      deltas: { from: 7, body: policiesOf(8, [], { policyDeltas, serviceName: 'x' }) },
    })
    expect(await problemsOf(store.download())).toMatchObject([{ code: 'ranger_service_name' }])
    expect(versionOf(await collect())).toBe(7)
    admin.services.set('hadoopdev', { policies: policiesOf(8, [policy(4, [])]) })
    await store.download()
    expect(admin.asked.at(-1)?.query['lastKnownVersion']).toBe('-1')
    expect(versionOf(await collect())).toBe(8)
  })
})

describe('a file', () => {
  const fileOf = (text: string) => {
    const file = join(temporaryFolder(), 'policies.json')
    writeFileSync(file, text)
    return { file, service: serviceOf({ policies: file }) }
  }

  test('is an input of the load, and the same engine while it is the same', async () => {
    const { file, service } = fileOf(JSON.stringify(policiesOf(1, [policy(1, ['amy'])])))
    const { store } = storeOf()
    const inputs = new Inputs()
    const first = (await store.collect([service], inputs)).get('HDFS')
    store.adopt([service])
    expect(first).toMatchObject({ origin: 'file', from: file, engine: { version: 1 } })
    expect(inputs.paths).toEqual([file])
    expect((await store.collect([service], new Inputs())).get('HDFS')).toBe(first)
    writeFileSync(file, JSON.stringify(policiesOf(2, [])))
    expect(await inputs.changed()).toBe(true)
    expect((await store.collect([service], new Inputs())).get('HDFS')?.engine?.version).toBe(2)
  })

  test.each([
    ['cut off', '{\n "policies": [', { line: 2, column: 15, code: 'json' }],
    ['no JSON', '{\n policies: []}', { line: 2, column: 2, code: 'json' }],
    [
      'with a policy that cannot be taken',
      `{"serviceName": "hadoopdev",\n "policies": [${JSON.stringify(policy(1, []))},\n  {"id": "2"}]}`,
      { line: 3, column: 10, key: 'policies[1].id', code: 'ranger_policy_id' },
    ],
  ])('that is %s is told with its line, and the load fails', async (_, text, problem) => {
    const { file, service } = fileOf(text)
    const { store } = storeOf()
    expect(await problemsOf(store.collect([service], new Inputs()))).toMatchObject([{ file, ...problem }])
  })

  test('that has no policies any more counts, loudly', async () => {
    const { file, service } = fileOf(JSON.stringify(policiesOf(1, [policy(1, ['amy'])])))
    const { store, told } = storeOf()
    for (const version of [1, 2, 3]) {
      if (version > 1) writeFileSync(file, JSON.stringify(policiesOf(version, [])))
      await store.collect([service], new Inputs())
      store.adopt([service])
      expect(store.status()[0]?.held.engine?.version).toBe(version)
    }
    expect(told.emptied).toBe(1)
  })

  test('that is missing or too large is told with its setting', async () => {
    const { file, service } = fileOf('x'.repeat(100))
    const { store } = storeOf()
    const gone = serviceOf({ policies: `${file}.gone` })
    expect(await problemsOf(store.collect([gone], new Inputs()))).toMatchObject([{ code: 'file_missing' }])
    const small = { ...service, maxFileBytes: 10 }
    expect(await problemsOf(store.collect([small], new Inputs()))).toMatchObject([{ code: 'file_too_large' }])
  })
})

test('the time between polls stays within a tenth of what it should be, and never grows past five minutes', () => {
  assert(
    property(
      integer({ min: 1, max: 600_000 }),
      nat({ max: 2_000 }),
      double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (interval, failures, random) => {
        const delay = pollDelay(interval, failures, random)
        expect(delay).toBeGreaterThanOrEqual(Math.floor(interval * 0.9))
        const most = failures === 0 ? Math.ceil(interval * 1.1) : Math.max(interval, 300_000)
        expect(delay).toBeLessThanOrEqual(most)
      },
    ),
  )
})
