import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const DOC = readFileSync(resolve(ROOT, 'docs/requirements.md'), 'utf8')

/** `test/a.test.ts`: a part of a title; `test/b.test.ts` */
const REFERENCE = /`((?:test|bench)\/[^`]+)`(?:: ([^;|]+))?/g

const references = [...DOC.matchAll(REFERENCE)].map(([, file = '', title = '']) => ({
  file,
  title: title.trim(),
}))

test.each([
  ['service level authorization', 'A', 22],
  ['permission verification', 'P', 16],
])('every requirement of %s has a row', (_, letter, count) => {
  const rows = [...DOC.matchAll(/^\| ([A-Z]-\d\d) \| (.*) \|$/gm)].filter(([, id]) => id?.startsWith(letter))
  expect(rows.map(([, id]) => id)).toEqual(
    Array.from({ length: count }, (_entry, index) => `${letter}-${String(index + 1).padStart(2, '0')}`),
  )
  expect(rows.filter(([, , tests]) => tests === 'not yet')).toEqual([])
})

test.each(references)('docs/requirements.md names a test that is there: $file $title', ({ file, title }) => {
  const text = readFileSync(resolve(ROOT, file), 'utf8')
  expect(text.includes(title), `${file} has no test about \`${title}\`; mend docs/requirements.md`).toBe(true)
})
