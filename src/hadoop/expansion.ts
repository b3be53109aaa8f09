import { ConfigError } from '../errors.ts'
import { javaTrim } from './java-text.ts'

const MAX_ROUNDS = 20
const VARIABLE = /\$\{([^}$ ]+)\}/

/** What `${…}` may refer to: the raw value of a key, and the environment. */
export interface ExpansionSources {
  readonly raw: (key: string) => string | undefined
  readonly environment: ReadonlyMap<string, string>
}

/**
 * Replaces `${key}`, `${env.NAME}`, `${env.NAME-default}` and `${env.NAME:-default}`, the leftmost first.
 *
 * Shape: an unknown name ends the expansion and stays as text, together with whatever follows it; a value that names
 * itself gives the whole text back as it was. Java system properties are unknown names here.
 * Errors: `ERR_POLICY_EXPANSION` when twenty rounds do not end it.
 * Source: org.apache.hadoop.conf.Configuration#substituteVars (3.4).
 */
export function expand(text: string, sources: ExpansionSources): string {
  let current = text
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const match = VARIABLE.exec(current)
    if (match === null) return current
    const [reference, name = ''] = match
    const value = fromEnvironment(name, sources.environment) ?? sources.raw(name)
    if (value === undefined) return current
    if (value.includes(reference)) return text
    current = current.slice(0, match.index) + value + current.slice(match.index + reference.length)
  }
  const message = `\`${text.length > 200 ? `${text.slice(0, 200)}…` : text}\` takes more than ${MAX_ROUNDS} rounds to expand`
  throw new ConfigError('ERR_POLICY_EXPANSION', message)
}

/** The names in the `${…}` of a text as written, trimmed as keys are; a name that itself holds a `${…}` is unknown. */
export function referencesIn(text: string): string[] {
  if (!text.includes('${')) return []
  return Array.from(text.matchAll(new RegExp(VARIABLE, 'g')), ([, name = '']) => javaTrim(name))
}

/** The first `-` or `:-` parts name and default; the default of `:-` also stands in for an empty variable. */
function fromEnvironment(name: string, environment: ReadonlyMap<string, string>): string | undefined {
  if (!name.startsWith('env.') || name.length === 4) return undefined
  const variable = name.slice(4)
  const at = variable.search(/-|:-/)
  if (at < 0) return environment.get(variable)
  const value = environment.get(variable.slice(0, at))
  if (variable[at] === '-') return value ?? variable.slice(at + 1)
  return value === undefined || value === '' ? variable.slice(at + 2) : value
}
