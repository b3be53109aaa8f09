import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../src/errors.ts'

const DOC = resolve(import.meta.dirname, '../docs/errors.md')

const rows = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('| `ERR_'))

test('docs/errors.md lists the registry of codes, row by row', () => {
  const wanted = Object.entries(ERROR_CODES).map(
    ([code, { kind, meaning, remedy }]) => `| \`${code}\` | ${kind} | ${meaning} | ${remedy} |`,
  )
  expect(
    rows(readFileSync(DOC, 'utf8')),
    'src/errors.ts and docs/errors.md must say the same; mend the table',
  ).toEqual(wanted)
})
