import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { settingsJsonSchema } from '../src/config/known-keys.ts'
import { settingsReference, settingsTable } from '../src/config/reference.ts'
import { withTable } from './support/doc-table.ts'

const ROOT = resolve(import.meta.dirname, '..')
const DOC = resolve(ROOT, 'docs/configuration.md')

test('docs/configuration.md lists every setting, row by row', async () => {
  await expect(withTable(DOC, settingsTable())).toMatchFileSnapshot(DOC)
})

test('every setting is described', () => {
  const silent = settingsReference().filter(({ description }) => !/^[A-Z`].*\.$/.test(description))
  expect(silent).toEqual([])
})

test('config/schema.json is the schema of the settings', async () => {
  const schema = `${JSON.stringify(settingsJsonSchema(), null, 2)}\n`
  await expect(schema).toMatchFileSnapshot(resolve(ROOT, 'config/schema.json'))
})

test('config/keddah.yaml names every setting', () => {
  const text = readFileSync(resolve(ROOT, 'config/keddah.yaml'), 'utf8')
  const missing = settingsReference()
    .map(({ key }) => key.split('.').at(-1) ?? key)
    .filter((name) => !new RegExp(`(?:^|[\\s#-])${name}:`, 'm').test(text))
  expect(missing, 'config/keddah.yaml has every setting, with its default').toEqual([])
})
