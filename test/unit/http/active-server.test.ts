import { afterEach, describe, expect, test } from 'vitest'
import { ActiveServer } from '../../../src/http/availability/active-server.ts'
import type { ServerRole } from '../../../src/http/availability/server-role.ts'
import { until } from '../../support/until.ts'

const opened: ActiveServer[] = []
afterEach(() => {
  for (const server of opened.splice(0)) server.close()
})

/** Servers that answer probes with the roles in `roles`, which a test may change. `hang` keeps some from answering. */
function watch(roles: ServerRole[], intervalMs = 3_600_000) {
  const events: string[] = []
  const probes: number[] = roles.map(() => 0)
  const hanging = new Map<number, Promise<void>>()
  const active = new ActiveServer(
    roles.map((_, index) => async () => {
      probes[index] = (probes[index] ?? 0) + 1
      await hanging.get(index)
      return roles[index] ?? 'silent'
    }),
    {
      intervalMs,
      observer: {
        found: (to, from, cause) => events.push(`${from} → ${to}: ${cause}`),
        lost: (from, cause) => events.push(`${from} lost: ${cause}`),
        probed: () => {},
      },
    },
  )
  opened.push(active)
  return { active, roles, events, probes, hanging }
}

describe('the active server', () => {
  test('is found at the beginning, and kept', async () => {
    const { active, roles, events } = watch(['standby', 'active'])
    expect(active.current).toBeNull()
    expect(await active.find(null, 0)).toBe(1)
    roles[0] = 'active'
    await active.look()
    expect([active.current, events]).toEqual([1, ['null → 1: promoted']])
  })

  test('is another one once it says that it is not', async () => {
    const { active, roles, events } = watch(['active', 'standby'])
    await active.look()
    roles.splice(0, 2, 'standby', 'active')
    active.note(0, 'standby')
    expect(active.current).toBeNull()
    expect(await active.find(null, 0)).toBe(1)
    expect(events.slice(1)).toEqual(['0 lost: standby', '0 → 1: standby'])
  })

  test('may be the same again', async () => {
    const { active, events } = watch(['active', 'standby'])
    await active.look()
    active.note(0, 'down')
    expect(await active.find(null, 0)).toBe(0)
    expect(events.slice(1)).toEqual(['0 lost: down', '0 → 0: down'])
  })

  test('is kept while it is only silent, until another one is active', async () => {
    const { active, roles, events } = watch(['active', 'standby'])
    await active.look()
    roles[0] = 'silent'
    await active.look()
    expect(active.current).toBe(0)
    roles[1] = 'active'
    await active.look()
    expect([active.current, events.slice(1)]).toEqual([1, ['0 → 1: promoted']])
  })

  test('is found without waiting for a server that hangs', async () => {
    const { active, roles, hanging, probes } = watch(['active', 'standby'])
    await active.find(null, 0)
    let answer = (): void => {}
    hanging.set(0, new Promise((resolve) => (answer = resolve)))
    void active.look()
    await until(() => probes[0] === 2)
    roles[1] = 'active'
    // It is kept, as long as nothing else is known of it than that it does not answer.
    await until(() => active.current === 0)
    active.note(0, 'down')
    expect(await active.find(null, 0)).toBe(1)
    answer()
  })

  test('is nobody where none is', async () => {
    const { active } = watch(['standby', 'down'])
    expect(await active.find(null, 0)).toBeNull()
  })

  test('is waited for', async () => {
    const { active, roles } = watch(['standby', 'standby'])
    const found = active.find(null, 20_000)
    await active.look()
    roles[1] = 'active'
    expect(await found).toBe(1)
  })

  test('is not the one that is not wanted', async () => {
    const { active } = watch(['active', 'standby'])
    await active.look()
    expect([await active.find(0, 0), await active.find(null, 0)]).toEqual([null, 0])
  })

  test('is looked for by a probe that begins after the question', async () => {
    const { active, roles, hanging, probes } = watch(['standby', 'standby'])
    let answer = (): void => {}
    hanging.set(1, new Promise((resolve) => (answer = resolve)))
    await until(() => probes[1] === 1)
    const found = active.find(null, 0)
    roles[0] = 'active'
    hanging.clear()
    answer()
    expect(await found).toBe(0)
  })

  test('is asked no more often than one probe after the other, however many ask', async () => {
    const { active, probes } = watch(['standby', 'standby'])
    await Promise.all(Array.from({ length: 500 }, () => active.find(null, 0)))
    // One was under way, and one more began for all of those who asked meanwhile.
    expect(probes).toEqual([2, 2])
  })

  test('is whoever answers where no server tells its role, until it says that it is not', async () => {
    const { active, events } = watch(['unknown', 'unknown'])
    expect(await active.find(null, 0)).toBe(0)
    active.note(0, 'standby')
    expect(active.current).toBe(1)
    await active.look()
    expect([active.current, events.slice(1)]).toEqual([1, ['0 lost: standby', '0 → 1: standby']])
    active.note(1, 'standby')
    expect(await active.find(null, 0)).toBeNull()
  })

  test('is probed at an interval, until it is closed', async () => {
    const { active, probes } = watch(['active', 'standby'], 5)
    await until(() => (probes[0] ?? 0) > 3)
    active.close()
    expect(await active.find(null, 60_000)).toBeNull()
    const before = [...probes]
    await new Promise((resolve) => setTimeout(resolve, 200))
    // One may have been under way, and one wanted behind it.
    expect(probes.every((count, index) => count <= (before[index] ?? 0) + 1)).toBe(true)
  })
})
