import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { LINT_CODES } from '../src/policy/lint-codes.ts'
import { markdownTable, withTable } from './support/doc-table.ts'

const DOC = resolve(import.meta.dirname, '../docs/policy-lint.md')
const POLICY = resolve(import.meta.dirname, '../src/policy')

test('docs/policy-lint.md lists the codes of lint, row by row', async () => {
  const rows = Object.entries(LINT_CODES).map(([code, { severity, finds, understood, hint }]) => [
    `\`${code}\``,
    severity,
    finds,
    understood,
    hint,
  ])
  const table = markdownTable(['code', 'severity', 'what it finds', 'what Hadoop understands', 'hint'], rows)
  await expect(withTable(DOC, table)).toMatchFileSnapshot(DOC)
})

test('every code of the table is used somewhere', () => {
  const rooms = ['hadoop', 'config', 'identity', 'identity/groups'].map((room) => resolve(POLICY, '..', room))
  const sources = [POLICY, ...rooms].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && name !== 'lint-codes.ts')
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  )
  const unused = Object.keys(LINT_CODES)
    .filter((code) => code !== 'unreadable_file')
    .filter((code) => !sources.some((text) => new RegExp(`\\b${code}\\b`).test(text)))
  expect(unused, 'a code that nothing reports does not belong on the page').toEqual([])
})
