import { describe, expect, test } from 'vitest'
import { createCompositeProvider } from '../../../src/identity/groups/composite.ts'
import type { GroupProvider } from '../../../src/identity/groups/provider.ts'

const giving = (...groups: string[]): GroupProvider => ({ name: 'giving', groupsOf: async () => groups })
const failing: GroupProvider = { name: 'failing', groupsOf: () => Promise.reject(new Error('down')) }

const UNION = true
const FIRST = false

describe('several providers', () => {
  test.each([
    { providers: [giving('a', 'b'), giving('b', 'c')], combined: UNION, groups: ['a', 'b', 'c'] },
    { providers: [giving(), giving('c')], combined: UNION, groups: ['c'] },
    { providers: [giving('a'), giving('c')], combined: FIRST, groups: ['a'] },
    { providers: [giving(), giving('c'), giving('d')], combined: FIRST, groups: ['c'] },
    { providers: [], combined: UNION, groups: [] },
    { providers: [], combined: FIRST, groups: [] },
    { providers: [giving('a'), failing], combined: FIRST, groups: ['a'] },
  ])('$providers combined: $combined give $groups', async ({ providers, combined, groups }) => {
    const composite = createCompositeProvider(providers, { combined, skipFailed: false })
    expect(await composite.groupsOf('alice')).toEqual(groups)
  })

  // The directory that knows the group of the blocked is down. With the rest of the groups alone alice would pass.
  test.each([
    { providers: [giving('a'), failing], combined: UNION },
    { providers: [failing, giving('a')], combined: UNION },
    { providers: [failing, giving('a')], combined: FIRST },
    { providers: [giving(), failing], combined: FIRST },
  ])(
    'one that fails makes the look-up fail ($providers, combined: $combined)',
    async ({ providers, combined }) => {
      const composite = createCompositeProvider(providers, { combined, skipFailed: false })
      await expect(composite.groupsOf('alice')).rejects.toThrow('the group provider `failing` failed')
    },
  )

  test.each([
    { providers: [giving('a'), failing], combined: UNION, groups: ['a'] },
    { providers: [failing, giving('a')], combined: FIRST, groups: ['a'] },
    { providers: [failing], combined: UNION, groups: [] },
  ])('one that fails is passed over in parity: $groups', async ({ providers, combined, groups }) => {
    const composite = createCompositeProvider(providers, { combined, skipFailed: true })
    expect(await composite.groupsOf('alice')).toEqual(groups)
  })
})
