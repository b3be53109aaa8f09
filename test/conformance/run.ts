/** `npm run -s conformance -- FILE…`: runs case files and ends with `N passed, N failed, N skipped`. */
import { type Outcome, runFile } from './runner.ts'

const files = process.argv.slice(2)
const outcomes: Outcome[] =
  files.length > 0
    ? files.flatMap(runFile)
    : [{ file: '-', name: 'the command line', status: 'failed', detail: 'no file given: name case files' }]

const lines = outcomes.flatMap(({ file, name, status, detail }) => {
  if (status === 'passed') return []
  return [status === 'skipped' ? `skip ${file}: ${name}: ${detail}` : `FAIL ${file}: ${name}\n  ${detail}`]
})
const count = (status: Outcome['status']): number =>
  outcomes.filter((outcome) => outcome.status === status).length
lines.push(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
process.stdout.write(`${lines.join('\n')}\n`)
process.exitCode = count('failed') > 0 ? 1 : 0
