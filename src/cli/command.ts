import type { Readable } from 'node:stream'
import type { Flags, FlagSpec } from './flags.ts'

/** Exit codes, as scripts rely on them. */
export const EXIT = {
  done: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  badConfiguration: 78,
} as const

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Where a command writes. `write` resolves to false once nobody reads any more. */
export interface Output {
  readonly isTerminal: boolean
  write(text: string): Promise<boolean>
}

/** What a command may use of the process. `nodeOptions` are the options Node was started with. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Output
  readonly stderr: Output
  readonly environment: ReadonlyMap<string, string>
  readonly nodeOptions: readonly string[]
}

/**
 * One command.
 *
 * Shape: `words` are its noun and verb, or one word; `positionals` says how many words may follow the flags and what
 * they are, as the usage line shows it; `examples` are whole command lines; `refused` says what has not come about where
 * the operator's files cannot be used, as the last line of such an answer.
 * Errors: `run` may throw `UsageError`, `ConfigError` and `UnreachableError`; who calls it makes exit codes of them.
 */
export interface Command {
  readonly words: readonly string[]
  readonly summary: string
  readonly usage: string
  readonly about: string
  readonly flags: FlagSpec
  readonly maxPositionals: number
  readonly examples: readonly string[]
  readonly refused: string
  run(flags: Flags, io: Io): Promise<ExitCode>
}

/** The command line is wrong; `hint` is what was probably meant. */
export class UsageError extends Error {
  readonly hint: string | null

  constructor(message: string, hint: string | null = null) {
    super(message)
    this.hint = hint
  }
}

/** The admin listener of a running instance does not answer. */
export class UnreachableError extends Error {}
