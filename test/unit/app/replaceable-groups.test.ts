import { describe, expect, test } from 'vitest'
import { ReplaceableGroups } from '../../../src/app/replaceable-groups.ts'
import { createGroupService, type GroupService } from '../../../src/identity/group-service.ts'

const service = (groupsOf: (user: string) => Promise<readonly string[]>): GroupService =>
  createGroupService({
    provider: { name: 'test', groupsOf },
    overrides: new Map([['fixed', ['always']]]),
    cache: { refreshMs: 60_000, negativeMs: 0, warnMs: 60_000, backgroundReload: false },
  })

describe('groups that are replaced under those who ask', () => {
  test('an answer that was begun before the replacement is not given out after it', async () => {
    const slow = Promise.withResolvers<readonly string[]>()
    const groups = new ReplaceableGroups(service(() => slow.promise))
    const asked = groups.groupsOf('alice')
    groups.replace(service(() => Promise.resolve(['new'])))
    slow.resolve(['old'])
    expect(await asked).toEqual(['new'])
  })

  test('also over several replacements, and where the old look-up fails', async () => {
    const slow = Promise.withResolvers<readonly string[]>()
    const groups = new ReplaceableGroups(service(() => slow.promise))
    const asked = groups.groupsOf('alice')
    for (const name of ['second', 'third']) groups.replace(service(() => Promise.resolve([name])))
    slow.reject(new Error('the provider is gone'))
    expect(await asked).toEqual(['third'])
  })

  test('what is at hand is answered at once', () => {
    const groups = new ReplaceableGroups(service(() => Promise.resolve([])))
    expect(groups.groupsOf('fixed')).toEqual(['always'])
    expect(groups.stats()).toMatchObject({ hits: 1 })
  })

  test('what the old one knew is forgotten', async () => {
    const groups = new ReplaceableGroups(service(() => Promise.resolve(['old'])))
    expect(await groups.groupsOf('alice')).toEqual(['old'])
    groups.replace(service(() => Promise.resolve(['new'])))
    expect(await groups.groupsOf('alice')).toEqual(['new'])
  })
})
