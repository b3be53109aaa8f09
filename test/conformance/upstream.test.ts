import { existsSync, readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runFile } from './runner.ts'

const UPSTREAM = resolve(import.meta.dirname, '../../../shared/spec/cases/ranger-upstream')

/** How many tests of Ranger's own there are in each folder. */
const TESTS = new Map([
  ['resourcematcher', 490],
  ['validityscheduler', 41],
])

describe("Ranger's own fixtures", () => {
  test.each([...TESTS])('%s: all %i tests give what Ranger gives', (folder, count) => {
    if (!existsSync(UPSTREAM)) {
      console.log(`${relative(process.cwd(), UPSTREAM)} is not there: nothing to compare with`)
      return
    }
    const files = readdirSync(join(UPSTREAM, folder)).map((name) => join(UPSTREAM, folder, name))
    const outcomes = files.flatMap(runFile)
    const wrong = outcomes.filter(({ status }) => status !== 'passed')
    expect(wrong.map(({ name, detail }) => `${name}\n  ${detail}`)).toEqual([])
    expect(outcomes).toHaveLength(count)
  })
})
