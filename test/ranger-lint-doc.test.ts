import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { RANGER_LINT_CODES } from '../src/ranger/lint-codes.ts'
import { markdownTable, withTable } from './support/doc-table.ts'

const DOC = resolve(import.meta.dirname, '../docs/ranger-lint.md')
const RANGER = resolve(import.meta.dirname, '../src/ranger')

test('docs/ranger-lint.md lists the codes of ranger lint, row by row', async () => {
  const rows = Object.entries(RANGER_LINT_CODES).map(([code, { severity, finds, understood, hint }]) => [
    `\`${code}\``,
    severity,
    finds,
    understood,
    hint,
  ])
  const head = ['code', 'severity', 'what it finds', 'what the engine understands', 'hint']
  await expect(withTable(DOC, markdownTable(head, rows))).toMatchFileSnapshot(DOC)
})

test('every code of the table is used somewhere', () => {
  const sources = readdirSync(RANGER)
    .filter((name) => name.startsWith('lint') && name !== 'lint-codes.ts')
    .map((name) => readFileSync(join(RANGER, name), 'utf8'))
  const unused = Object.keys(RANGER_LINT_CODES).filter(
    (code) => !sources.some((text) => new RegExp(`\\b${code}\\b`).test(text)),
  )
  expect(unused, 'a code that nothing reports does not belong on the page').toEqual([])
})
