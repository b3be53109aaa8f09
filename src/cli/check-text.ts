import type { RouteReport } from '../admin/question-target.ts'
import type { Answer } from '../admin/questions.ts'
import { placeText } from './report.ts'
import { resourceText } from './resource-text.ts'

type Decided = Exclude<Answer, { error: object }>
type Answered = NonNullable<Decided['questions']>[number]

const ORIGINS = {
  explicit: '',
  default: '  (default key)',
  builtin: "  (Hadoop's built-in value)",
  alias: '  (key of another service)',
} as const

/** A decision with every question and answer, as people read it. */
export function checkText(answer: Decided): string {
  const { effect, reason, message, rule, file, line, revision, questions, hadoop, route, resource } = answer
  const rows: [string, string][] = [
    [effect === 'allow' ? 'allowed' : 'refused', `${message} (${reason})`],
    ...(rule === null ? [] : [['rule', withPlace(rule, file, line)] as [string, string]]),
    ...(route === undefined ? [] : [['route', routeText(route)] as [string, string]]),
    ...(route === undefined || route.secondStep === null
      ? []
      : [['then', `at a DataNode, decided again: ${route.secondStep}`] as [string, string]]),
    ...withoutAddress(effect, questions).map((text) => ['but', text] as [string, string]),
    ['revision', revision],
  ]
  const sections = [columns(rows)]
  if (questions !== undefined) sections.push(`questions:\n${questions.map(questionText).join('')}`)
  if (resource) sections.push(resourceText(resource))
  if (hadoop !== undefined)
    sections.push(
      `Hadoop itself:\n${columns([
        ['  over RPC', `${hadoop.rpc.effect}: ${hadoop.rpc.message}`],
        ['  over HTTP', `${hadoop.http.effect}: ${hadoop.http.message}`],
      ])}`,
    )
  return sections.join('\n')
}

/** An allow that an address could have turned into a refusal is none yet. */
function withoutAddress(effect: Decided['effect'], questions: readonly Answered[] = []): readonly string[] {
  if (effect === 'deny') return []
  return questions
    .filter(({ answer, rule }) => answer === 'not asked' && rule !== null)
    .map(({ rule }) => `the address was not asked about, give \`--from ADDRESS\`: ${rule}`)
}

function questionText({ question, asks, answer, message, rule, origin, file, line }: Answered): string {
  const under = (text: string): string => `${' '.repeat(13)}${text}\n`
  const first = `  ${answer.padEnd(9)}  ${asks} (${question})\n`
  const detail = message === null ? '' : under(message)
  const behind =
    rule === null ? '' : under(`${withPlace(rule, file, line)}${origin === null ? '' : ORIGINS[origin]}`)
  return first + detail + behind
}

const UNMATCHED = {
  unlisted: 'not on the list of its routes',
  method: 'not with this method',
  operation: 'no such operation',
} as const

function routeText({ kind, method, path, match, service, op }: RouteReport): string {
  const operation = op === null ? '' : `, ${op}`
  const answer = match === 'route' ? (service ?? 'nothing guards it') : UNMATCHED[match]
  return `${method} ${path} on ${kind}${operation}: ${answer}`
}

function withPlace(rule: string, file: string | null, line: number | null): string {
  return file === null ? rule : `${rule}  [${placeText({ file, line, column: null })}]`
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}\n`).join('')
}
