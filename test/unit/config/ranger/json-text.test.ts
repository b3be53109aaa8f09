import { expect, test } from 'vitest'
import { syntaxErrorOffset } from '../../../../src/config/ranger/json-syntax.ts'
import { readJsonText } from '../../../../src/config/ranger/json-text.ts'
import { ConfigError, type Problem } from '../../../../src/errors.ts'
import { configError } from '../../../support/config-error.ts'

const flawsOf = (text: string | Buffer): readonly Problem[] =>
  configError(() => readJsonText(Buffer.from(text), '/p.json'))?.problems ?? []

test.each([
  ['{"a": 1,\n  "b": }', 2, 8, 'json'],
  ['{"a": "\\x"}', 1, 8, 'json'],
  ['{"a": 01}', 1, 7, 'json'],
  ['{"a" 1}', 1, 6, 'json'],
  ['{"a": 1,}', 1, 9, 'json'],
  ['[1, 2}', 1, 6, 'json'],
  ['{a: 1}', 1, 2, 'json'],
  ['{"a": 1,\n  "b": ', 2, 8, 'json'],
  ['', 1, 1, 'json'],
  ['[1]\n]', 2, 1, 'json'],
  ['\n\n  nonsense', 3, 3, 'json'],
])('what is no JSON is told with its place: %j', (text, line, column, code) => {
  expect(flawsOf(text)).toMatchObject([{ file: '/p.json', line, column, code }])
})

test('a text that ends in the middle is told from one that is wrong', () => {
  expect(flawsOf('{"policies": [{"id"')[0]?.message).toBe('the text ends in the middle')
  expect(flawsOf('{"policies": [{id')[0]?.message).toBe('this is not JSON: "id"')
})

test('bytes that are no UTF-8 are no text', () => {
  expect(flawsOf(Buffer.from([0x7b, 0xff, 0x7d]))).toMatchObject([{ code: 'not_utf8' }])
})

test.each([
  ['policies[1].resources.path', 3, 26],
  ['policies[1].id', 2, 17],
  ['policies[1].none', 2, 10],
  ['policies[7]', 1, 14],
  ['', 1, 1],
])('what a reader names by the path %j is told with its line', (key, line, column) => {
  const text =
    '{"policies": [{"id": "]}\\"", "x": [[], {}]},\n         {"id": 2, "id": 3,\n  "resources" : {"path": null}}], "v": 1}'
  const found = key === 'policies[1].id' ? { line: 2, column: 26 } : { line, column }
  const json = readJsonText(Buffer.from(text), '/p.json')
  const error = configError(() =>
    json.placed(() => {
      const problem: Problem = {
        file: 'x',
        line: null,
        column: null,
        key,
        severity: 'error',
        code: 'c',
        message: 'm',
        hint: null,
      }
      throw new ConfigError('ERR_POLICY_RANGER', 'm', { problems: [problem] })
    }),
  )
  expect(error?.problems).toMatchObject([{ file: '/p.json', key, ...found }])
})

test('where a text stops being JSON is found for every text that the parser refuses, and never behind its end', () => {
  const text = '{"a": [1, -2.5e3, true, null, "x\\u00e9"], "b": {"c": {}}}'
  for (let end = 0; end <= text.length; end += 1)
    for (const more of ['', '}', ',', '"', ' x']) {
      const changed = `${text.slice(0, end)}${more}`
      const [flaw] = isJson(changed) ? [] : flawsOf(changed)
      expect(isJson(changed) || (flaw?.column ?? 0) <= changed.length + 1, changed).toBe(true)
      expect(syntaxErrorOffset(changed) === changed.length || !isJson(changed), changed).toBe(true)
    }
})

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
