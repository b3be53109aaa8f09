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

test('every requirement of service level authorization has a row', () => {
  const ids = [...DOC.matchAll(/^\| (A-\d\d) \|/gm)].map(([, id]) => id)
  expect(ids).toEqual(Array.from({ length: 22 }, (_, index) => `A-${String(index + 1).padStart(2, '0')}`))
})

test.each(references)('docs/requirements.md names a test that is there: $file $title', ({ file, title }) => {
  const text = readFileSync(resolve(ROOT, file), 'utf8')
  expect(text.includes(title), `${file} has no test about \`${title}\`; mend docs/requirements.md`).toBe(true)
})
