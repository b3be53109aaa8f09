import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../src/errors.ts'
import { CONNECTION_REASONS } from '../src/errors/connection-reasons.ts'
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

const connections = (): string =>
  markdownTable(
    ['reason', 'means', 'what to do'],
    Object.entries(CONNECTION_REASONS).map(([reason, { meaning, remedy }]) => [
      `\`${reason}\``,
      meaning,
      remedy,
    ]),
  )

test('docs/errors.md lists the registries, codes and reasons of both kinds, row by row', async () => {
  await expect(withTable(DOC, codes(), reasons(), connections())).toMatchFileSnapshot(DOC)
})
