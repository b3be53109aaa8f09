import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runFile } from './runner.ts'

const UPSTREAM = resolve(import.meta.dirname, '../../../shared/spec/cases/ranger-upstream')

/** How many tests of Ranger's own there are in each folder. */
const TESTS = new Map([
  ['policyengine', 359],
  ['resourcematcher', 490],
  ['validityscheduler', 41],
])

/** Of those, how many `INDEX.json` has skipped: they need scripts, tags or a matcher of URLs. */
const SKIPPED = new Map([['policyengine', 18]])

describe("Ranger's own fixtures", () => {
  test.each([...TESTS])('%s: all %i tests give what Ranger gives', (folder, count) => {
    if (!existsSync(UPSTREAM)) {
      console.log(`${relative(process.cwd(), UPSTREAM)} is not there: nothing to compare with`)
      return
    }
    const files = readdirSync(join(UPSTREAM, folder)).map((name) => join(UPSTREAM, folder, name))
    const outcomes = files.flatMap(runFile)
    const wrong = outcomes.filter(({ status }) => status === 'failed')
    expect(wrong.map(({ name, detail }) => `${name}\n  ${detail}`)).toEqual([])
    expect(outcomes).toHaveLength(count)
    const skipped = outcomes.filter(({ status }) => status === 'skipped')
    expect(skipped).toHaveLength(SKIPPED.get(folder) ?? 0)
  })
})

test('the index of what to skip is that of the specification', () => {
  if (!existsSync(UPSTREAM)) {
    console.log(`${relative(process.cwd(), UPSTREAM)} is not there: nothing to compare with`)
    return
  }
  const [own, shared] = [join(import.meta.dirname, 'ranger/INDEX.json'), join(UPSTREAM, 'INDEX.json')].map(
    (file): unknown => JSON.parse(readFileSync(file, 'utf8')),
  )
  expect(own, 'copy it again').toEqual(shared)
})
