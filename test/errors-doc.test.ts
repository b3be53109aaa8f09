import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../src/errors.ts'
import { markdownTable, withTable } from './support/doc-table.ts'

const DOC = resolve(import.meta.dirname, '../docs/errors.md')

test('docs/errors.md lists the registry of codes, row by row', async () => {
  const rows = Object.entries(ERROR_CODES).map(([code, { kind, meaning, remedy }]) => [
    `\`${code}\``,
    kind,
    meaning,
    remedy,
  ])
  const table = markdownTable(['code', 'kind', 'meaning', 'what to do'], rows)
  await expect(withTable(DOC, table)).toMatchFileSnapshot(DOC)
})
