import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ALL_METRICS, type MetricDeclaration } from '../src/telemetry/declarations.ts'

const DOC = resolve(import.meta.dirname, '../docs/metrics.md')

const row = ({ name, type, labels, help }: MetricDeclaration): string =>
  `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`

test('docs/metrics.md lists the declared metrics, row by row', () => {
  const rows = readFileSync(DOC, 'utf8')
    .split('\n')
    .filter((line) => /^\| `(keddah|process)_/.test(line))
  expect(rows, 'src/telemetry/declarations.ts and docs/metrics.md must say the same; mend the table').toEqual(
    ALL_METRICS.map(row),
  )
})
