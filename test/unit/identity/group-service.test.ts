import { describe, expect, test } from 'vitest'
import { createGroupService, type GroupService } from '../../../src/identity/group-service.ts'

/** A provider whose answers are given by hand, and a clock that stands until it is moved. */
function setUp(
  options: { negativeMs?: number; backgroundReload?: boolean; maxUsers?: number; maxUnknown?: number } = {},
) {
  let now = 0
  const directory = new Map<string, readonly string[] | Error>([['alice', ['eng', 'math']]])
  const asked: string[] = []
  const counted: string[] = []
  let gate: Promise<void> = Promise.resolve()
  const service: GroupService = createGroupService({
    provider: {
      name: 'by hand',
      async groupsOf(user) {
        asked.push(user)
        const answer = directory.get(user) ?? []
        await gate
        if (answer instanceof Error) throw answer
        return answer
      },
    },
    overrides: new Map([
      ['dr.who', []],
      ['zed', ['ops']],
    ]),
    cache: {
      refreshMs: 300_000,
      negativeMs: options.negativeMs ?? 30_000,
      warnMs: 5_000,
      backgroundReload: options.backgroundReload ?? false,
    },
    now: () => now,
    observer: { groupsLooked: (result) => counted.push(result) },
    maxUsers: options.maxUsers ?? 100,
    maxUnknown: options.maxUnknown ?? 100,
  })
  return {
    service,
    directory,
    asked,
    counted,
    pass: (seconds: number) => void (now += seconds * 1000),
    /** Holds every answer back until the returned function is called. */
    hold: (): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return () => {
        gate = Promise.resolve()
        resolve()
      }
    },
  }
}

/** Waits for answers, some of which may be at hand already. */
const all = (answers: readonly ReturnType<GroupService['groupsOf']>[]) =>
  Promise.all(answers.map(async (answer) => answer))

/** Lets everything run that does not wait for a gate. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('where the groups of a user come from', () => {
  test('the provider is asked once, then the cache answers at once', async () => {
    const { service, asked, counted } = setUp()
    expect(await service.groupsOf('alice')).toEqual(['eng', 'math'])
    expect(service.groupsOf('alice')).toEqual(['eng', 'math'])
    expect(asked).toEqual(['alice'])
    expect(counted).toEqual(['found', 'hit'])
  })

  test('a user with a static override never reaches the provider, even one without groups', () => {
    const { service, asked } = setUp()
    expect(service.groupsOf('zed')).toEqual(['ops'])
    expect(service.groupsOf('dr.who')).toEqual([])
    expect(asked).toEqual([])
  })

  test('requests that wait for the same user share one question', async () => {
    const { service, asked, hold } = setUp()
    const release = hold()
    const answers = [service.groupsOf('alice'), service.groupsOf('alice'), service.groupsOf('alice')]
    await settle()
    release()
    expect(await all(answers)).toEqual([
      ['eng', 'math'],
      ['eng', 'math'],
      ['eng', 'math'],
    ])
    expect(asked).toEqual(['alice'])
  })
})

describe('how long an answer is believed', () => {
  test('until 300 s from the cache, then the request that meets it asks again', async () => {
    const { service, directory, asked, pass } = setUp()
    await service.groupsOf('alice')
    directory.set('alice', ['ops'])
    pass(299)
    expect(service.groupsOf('alice')).toEqual(['eng', 'math'])
    pass(1)
    expect(await service.groupsOf('alice')).toEqual(['ops'])
    expect(asked).toHaveLength(2)
  })

  test('while one request asks again, the others get the old groups without waiting', async () => {
    const { service, directory, pass, hold } = setUp()
    await service.groupsOf('alice')
    directory.set('alice', ['ops'])
    pass(301)
    const release = hold()
    const first = service.groupsOf('alice')
    expect(first).toBeInstanceOf(Promise)
    expect(service.groupsOf('alice')).toEqual(['eng', 'math'])
    release()
    expect(await first).toEqual(['ops'])
  })

  test('with background reload nobody waits', async () => {
    const { service, directory, pass } = setUp({ backgroundReload: true })
    await service.groupsOf('alice')
    directory.set('alice', ['ops'])
    pass(301)
    expect(service.groupsOf('alice')).toEqual(['eng', 'math'])
    await settle()
    expect(service.groupsOf('alice')).toEqual(['ops'])
  })

  test('"no groups" is believed for 30 s', async () => {
    const { service, directory, asked, pass } = setUp()
    expect(await service.groupsOf('nobody-knows')).toEqual([])
    directory.set('nobody-knows', ['eng'])
    pass(29)
    expect(service.groupsOf('nobody-knows')).toEqual([])
    pass(1)
    expect(await service.groupsOf('nobody-knows')).toEqual(['eng'])
    expect(asked).toHaveLength(2)
  })

  test('"no groups" is not kept where the negative cache is off', async () => {
    const { service, asked } = setUp({ negativeMs: 0 })
    await service.groupsOf('nobody-knows')
    await service.groupsOf('nobody-knows')
    expect(asked).toHaveLength(2)
  })

  test('a user who has lost all groups has lost them at the next reload, and does not get them back', async () => {
    const { service, directory, pass } = setUp()
    await service.groupsOf('alice')
    directory.set('alice', [])
    pass(301)
    expect(await service.groupsOf('alice')).toEqual([])
    pass(31)
    expect(await service.groupsOf('alice')).toEqual([])
  })
})

// A user is thrown out of every group; half a minute later the directory goes down. Were the old groups still kept
// beside the empty answer, they would be back in force, as they are once in thirty seconds in Hadoop.
test('groups that were lost do not come back when the directory fails, nor for those who do not wait', async () => {
  const { service, directory, pass, hold } = setUp()
  await service.groupsOf('alice')
  directory.set('alice', [])
  pass(301)
  await service.groupsOf('alice')
  pass(31)
  const release = hold()
  const answers = [service.groupsOf('alice'), service.groupsOf('alice')]
  release()
  expect(await all(answers)).toEqual([[], []])
  pass(31)
  directory.set('alice', new Error('directory down'))
  expect(await service.groupsOf('alice')).toBeNull()
})

describe('a provider that fails', () => {
  test('makes the look-up fail, which is not "no groups", and is not remembered', async () => {
    const { service, directory, asked, counted } = setUp()
    directory.set('bo', new Error('directory down'))
    expect(await service.groupsOf('bo')).toBeNull()
    directory.set('bo', ['ops'])
    expect(await service.groupsOf('bo')).toEqual(['ops'])
    expect(asked).toHaveLength(2)
    expect(counted).toEqual(['failed', 'found'])
    expect(service.stats()).toMatchObject({ failures: 1, misses: 2 })
  })

  test('leaves the old groups in force until ten times their age, then the look-up fails', async () => {
    const { service, directory, pass } = setUp()
    await service.groupsOf('alice')
    directory.set('alice', new Error('directory down'))
    pass(301)
    expect(await service.groupsOf('alice')).toEqual(['eng', 'math'])
    pass(2_698)
    expect(await service.groupsOf('alice')).toEqual(['eng', 'math'])
    pass(1)
    expect(await service.groupsOf('alice')).toBeNull()
  })

  test('is not asked again within a second for a user whose old groups are in force', async () => {
    const { service, directory, asked, pass } = setUp()
    await service.groupsOf('alice')
    directory.set('alice', new Error('directory down'))
    pass(301)
    await service.groupsOf('alice')
    expect(service.groupsOf('alice')).toEqual(['eng', 'math'])
    expect(asked).toHaveLength(2)
    pass(1)
    await service.groupsOf('alice')
    expect(asked).toHaveLength(3)
  })

  test('an answer that never comes keeps only its own users waiting', async () => {
    const { service, hold } = setUp()
    await service.groupsOf('alice')
    hold()
    void service.groupsOf('slow')
    expect(service.groupsOf('alice')).toEqual(['eng', 'math'])
    expect(service.groupsOf('zed')).toEqual(['ops'])
  })
})

describe('a caller who invents user names', () => {
  // Ten thousand requests, each with another user name: memory stays bounded, and nobody who is known is pushed out.
  test('fills neither memory nor the cache of those who are known', async () => {
    const { service, asked } = setUp({ maxUnknown: 50 })
    await service.groupsOf('alice')
    for (let at = 0; at < 10_000; at += 1) await service.groupsOf(`invented${at}`)
    expect(service.stats()).toMatchObject({ users: 1, unknown: 50 })
    expect(service.groupsOf('alice')).toEqual(['eng', 'math'])
    expect(asked).toHaveLength(10_001)
  })

  // Each look-up may start a program. Thousands at once would be a fork bomb by way of the query string.
  test('gets eight look-ups at once; a thousand wait, more fail at once', async () => {
    const { service, asked, hold } = setUp()
    const release = hold()
    const answers = Array.from({ length: 1_100 }, (_, at) => service.groupsOf(`invented${at}`))
    await settle()
    expect(asked).toHaveLength(8)
    release()
    const settled = await all(answers)
    expect(settled.filter((groups) => groups === null)).toHaveLength(92)
    expect(service.stats().failures).toBe(92)
  })

  test('names that mean something to JavaScript are names like others', async () => {
    const { service } = setUp()
    expect(await service.groupsOf('__proto__')).toEqual([])
    expect(await service.groupsOf('constructor')).toEqual([])
  })
})

test('a look-up slower than the warning limit is reported with its time', async () => {
  const slow: unknown[] = []
  let now = 0
  const service = createGroupService({
    provider: {
      name: 'slow',
      groupsOf: () => {
        now += 5_001
        return Promise.resolve(['eng'])
      },
    },
    overrides: new Map(),
    cache: { refreshMs: 300_000, negativeMs: 0, warnMs: 5_000, backgroundReload: false },
    now: () => now,
    observer: { slow: (user, tookMs) => slow.push([user, tookMs]) },
  })
  await service.groupsOf('alice')
  expect(slow).toEqual([['alice', 5_001]])
  expect(service.stats().slow).toBe(1)
})
