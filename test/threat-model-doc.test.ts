import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const PAGE = readFileSync(resolve(ROOT, 'THREAT_MODEL.md'), 'utf8')
const ATTACKS = 'test/e2e/attacks'

interface Named {
  readonly file: string
  readonly title: string
}

/** `[label](test file) “title”, “title”`, as the tables have it. */
const NAMED: readonly Named[] = [...PAGE.matchAll(/\]\((test\/[^)]+)\)((?:,? “[^”]*”)+)/g)].flatMap(
  ([, file = '', titles = '']) =>
    [...titles.matchAll(/“([^”]*)”/g)].map(([, title = '']) => ({ file, title })),
)

/** Titles of tests and groups, as they are written: those of `each` with their placeholders. */
function titlesIn(file: string): readonly string[] {
  const text = readFileSync(resolve(ROOT, file), 'utf8')
  const titles = text.matchAll(/(?:(?:describe|test)|\])\)?\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`)/g)
  return [...titles].map(([, single, double, template]) =>
    (single ?? double ?? template ?? '').replaceAll("\\'", "'"),
  )
}

describe('THREAT_MODEL.md', () => {
  test('names tests that exist', () => {
    expect(NAMED.length).toBeGreaterThan(100)
    const missing = NAMED.filter(
      ({ file, title }) => !existsSync(resolve(ROOT, file)) || !titlesIn(file).includes(title),
    )
    expect(missing).toEqual([])
  })

  test('names files that exist', () => {
    const files = [...PAGE.matchAll(/[`(]((?:src|test|docs)\/[\w./-]+)[`)]/g)].map(([, file = '']) => file)
    expect(files.filter((file) => !existsSync(resolve(ROOT, file)))).toEqual([])
  })

  test('names every file of attacks', () => {
    const named = new Set(NAMED.map(({ file }) => file))
    const files = readdirSync(resolve(ROOT, ATTACKS)).map((name) => `${ATTACKS}/${name}`)
    expect(files.filter((file) => !named.has(file))).toEqual([])
  })

  test('has a test and a defence in every row', () => {
    const tables = PAGE.slice(PAGE.indexOf('## Each promise'))
    const rows = tables.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| promise'))
    expect(rows.length).toBeGreaterThan(40)
    expect(rows.filter((row) => !row.includes('`src/') || !row.includes('](test/'))).toEqual([])
  })
})
