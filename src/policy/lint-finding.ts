import type { Place, Problem } from '../errors.ts'
import type { LintCode } from './lint-codes.ts'

/**
 * One thing that is odd about a policy.
 *
 * Shape: `understood` is what Hadoop understands, in words: `user alice; group \`bob staff\``, `everybody`, `nobody`;
 * null where there is nothing to say beyond the message.
 */
export interface LintFinding extends Problem {
  readonly understood: string | null
}

/** What a rule of lint found; `hint` null: nothing better can be said. */
export interface Found {
  readonly code: LintCode
  readonly severity: Problem['severity']
  readonly message: string
  readonly understood: string | null
  readonly hint: string | null
}

/** Collects findings at one place after the other. What stands in no file is said to be missing in `file`. */
export class Findings {
  readonly list: LintFinding[] = []
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  add(place: Place, found: Found): void {
    const { file, line, column, key } = place
    this.list.push({ file: file === '' ? this.#file : file, line, column, key, ...found })
  }
}

/** An error, in the order in which it is written. */
export const error = (code: LintCode, message: string, understood: string | null, hint: string): Found => ({
  code,
  severity: 'error',
  message,
  understood,
  hint,
})

/** The same as a warning. */
export const warning = (code: LintCode, message: string, understood: string | null, hint: string): Found => ({
  ...error(code, message, understood, hint),
  severity: 'warning',
})
