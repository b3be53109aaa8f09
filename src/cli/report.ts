import type { ConfigError, Problem } from '../errors.ts'
import type { Io } from './command.ts'

/** `file:line:column`, as far as they are known; empty where not even the file is. */
export function placeText({ file, line, column }: Pick<Problem, 'file' | 'line' | 'column'>): string {
  return [file, line, column].filter((part) => part !== null && part !== '').join(':')
}

/**
 * A problem as people read it: place, key and message on one line, the hint on the next.
 *
 * Shape: the key is left out where the message names it; ends in a line break.
 */
export function problemText(problem: Problem): string {
  const { key, message, hint, severity } = problem
  const named = key === null || message.includes(key) ? message : `\`${key}\`: ${message}`
  const place = placeText(problem)
  const first = `${place === '' ? '' : `${place}: `}${severity}: ${named}\n`
  return hint === null ? first : `${first}    ${hint}\n`
}

/** What is told about a configuration that cannot be used, all problems of it. */
export function configErrorText(error: ConfigError, consequence: string): string {
  const { problems } = error
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return `${problems.map(problemText).join('')}${count}: ${consequence}\n`
}

/** A configuration error as the admin API shows it. */
export function configErrorJson(error: ConfigError): object {
  const problems = error.problems.map(({ file, line, column, key, message, hint }) => ({
    file,
    line,
    column,
    key,
    message,
    hint,
  }))
  return { error: { code: error.code, message: error.message, problems } }
}

/** Writes one JSON value on a line of its own. */
export function writeJson({ stdout }: Io, value: unknown): Promise<boolean> {
  return stdout.write(`${JSON.stringify(value)}\n`)
}

/** `1 error`, `2 errors`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
