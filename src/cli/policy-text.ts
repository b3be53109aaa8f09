import { listIn, problemOf } from './admin-problems.ts'
import { placeText, problemText } from './report.ts'

type Fields = Readonly<Record<string, unknown>>

const MAX_SHOWN = 100
const LISTS = [
  ['acl', 'allowed'],
  ['blockedAcl', 'blocked'],
  ['hosts', 'hosts'],
  ['blockedHosts', 'blocked hosts'],
] as const

const ORIGINS: ReadonlyMap<unknown, string> = new Map([
  ['explicit', 'own key'],
  ['default', 'default key'],
  ['builtin', 'built-in'],
  ['alias', 'key of another service'],
])

/** A policy as people read it: each service with its four lists, then what is odd about the files. */
export function policyText(report: Fields): string {
  const { revision, authorizationOn, loadedAt, lastFailure } = report
  const head = [
    `revision ${String(revision)}`,
    ...(typeof loadedAt === 'string' ? [`loaded ${loadedAt}`] : []),
    `authorization ${authorizationOn === false ? 'OFF: only impersonation is asked about' : 'on'}`,
  ].join(', ')
  const services = itemsOf(report['services']).map(serviceText)
  const findings = itemsOf(report['findings']).map((finding) => problemText(problemOf(finding)))
  return [
    `${head}\n`,
    ...services,
    ...resourcePoliciesText(itemsOf(report['resourcePolicies'])),
    ...(findings.length > 0 ? [`${findings.length} findings:\n${findings.join('')}`] : []),
    ...(isFields(lastFailure) ? [failureText(lastFailure, loadedAt)] : []),
  ].join('\n')
}

function resourcePoliciesText(reports: readonly Fields[]): string[] {
  const lines = reports.map(({ component, serviceName, source, version, policies, ageSeconds }) => {
    const of =
      typeof version !== 'number' ? 'none have come' : `version ${version}, ${String(policies)} policies`
    const age = typeof ageSeconds === 'number' ? `, ${Math.round(ageSeconds)} s old` : ''
    return `  ${String(component).padEnd(13)}  service ${JSON.stringify(serviceName)}, ${of}${age}, from ${JSON.stringify(source)}\n`
  })
  return lines.length === 0 ? [] : [`Ranger's policies:\n${lines.join('')}`]
}

function serviceText(service: Fields): string {
  const lists = LISTS.map(([name, word]) => {
    const list = service[name]
    return `  ${word.padEnd(13)}  ${isFields(list) ? listText(list) : 'unknown'}\n`
  })
  return `${String(service['service'])}  (${String(service['protocol'])})\n${lists.join('')}`
}

/** The text in quotes, so that a leading blank shows. */
function listText({ text, origin, key, file, line }: Fields): string {
  const whole = String(text)
  const shown = JSON.stringify(whole.length > MAX_SHOWN ? `${whole.slice(0, MAX_SHOWN)}…` : whole)
  const place =
    typeof file === 'string'
      ? `, ${String(key)} at ${placeText({ file, line: typeof line === 'number' ? line : null, column: null })}`
      : ''
  return `${shown}  ${ORIGINS.get(origin) ?? String(origin)}${place}`
}

function failureText(failure: Fields, loadedAt: unknown): string {
  const problems = listIn(failure).map((problem) => problemText(problemOf(problem)))
  const { time, trigger, code } = failure
  const isNewer = typeof loadedAt === 'string' && loadedAt > String(time)
  const now = isNewer ? 'only a part of what it asked for was loaded since' : 'this policy stayed in force'
  return `the refresh of ${String(time)} (${String(trigger)}) failed with ${String(code)}; ${now}:\n${problems.join('')}`
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const itemsOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])
