import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runFile } from './runner.ts'

const CASES = resolve(import.meta.dirname, 'cases')
const SHARED = resolve(import.meta.dirname, '../../../shared/spec/cases')
const files = readdirSync(CASES).filter((name) => name.endsWith('.json'))

describe('the case files', () => {
  test.each(files)('%s: every case gives what Hadoop gives, or is skipped by name', (name) => {
    const outcomes = runFile(join(CASES, name))
    const failed = outcomes.filter(({ status }) => status === 'failed')
    expect(outcomes.length).toBeGreaterThan(0)
    expect(failed.map((outcome) => `${outcome.name}\n  ${outcome.detail}`)).toEqual([])
    const unnamed = outcomes.filter(({ status, detail }) => status === 'skipped' && detail === '')
    expect(unnamed).toEqual([])
  })

  test('the copies are those of the specification', () => {
    if (!existsSync(SHARED)) {
      console.log(`${relative(process.cwd(), SHARED)} is not there: nothing to compare the copies with`)
      return
    }
    const wanted = readdirSync(SHARED).filter((name) => name.endsWith('.json'))
    expect(files.toSorted()).toEqual(wanted.toSorted())
    const different = files.filter(
      (name) => !readFileSync(join(CASES, name)).equals(readFileSync(join(SHARED, name))),
    )
    expect(different, 'copy them again').toEqual([])
  })
})
