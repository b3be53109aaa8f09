import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../src/errors.ts'
import { REASONS } from '../src/errors/reasons.ts'
import { markdownTable, withTable } from './support/doc-table.ts'

const DOC = resolve(import.meta.dirname, '../docs/errors.md')

const codes = (): string =>
  markdownTable(
    ['code', 'kind', 'meaning', 'what to do'],
    Object.entries(ERROR_CODES).map(([code, { kind, meaning, remedy }]) => [
      `\`${code}\``,
      kind,
      meaning,
      remedy,
    ]),
  )

const reasons = (): string =>
  markdownTable(
    ['reason', 'status', 'means', 'what to do'],
    Object.entries(REASONS).map(([reason, { status, meaning, remedy }]) => [
      `\`${reason}\``,
      status === null ? '–' : String(status),
      meaning,
      remedy,
    ]),
  )

test('docs/errors.md lists both registries, codes and reasons, row by row', async () => {
  await expect(withTable(DOC, codes(), reasons())).toMatchFileSnapshot(DOC)
})
