/**
 * One base class, four kinds, one registry of codes. An error knows what went wrong and who erred; only the
 * edges (`http/`, `admin/`, `cli/`) know status codes and exit codes. A refusal is not an error: it is a
 * `Decision`. `docs/errors.md` mirrors the registry, and a test keeps the two equal.
 */

type ErrorKind = 'config' | 'authentication' | 'protocol' | 'unavailable'

interface ErrorDescription {
  readonly kind: ErrorKind
  /** What it means, one clause. */
  readonly meaning: string
  /** What the reader can do about it. */
  readonly remedy: string
}

/** Every code that is ever thrown, with its kind, its meaning and what to do. */
export const ERROR_CODES = {
  ERR_CONFIG_READ: {
    kind: 'config',
    meaning: 'a file could not be read: missing, not a file, no permission or over the size limit',
    remedy: 'check the path and its permissions; raise `hadoop.maxFileBytes` for a large policy',
  },
  ERR_CONFIG_SETTINGS: {
    kind: 'config',
    meaning: 'the settings file is malformed, has an unknown key or a value of the wrong type',
    remedy: 'mend the named key; `docs/configuration.md` lists all of them',
  },
  ERR_CONFIG_LISTEN: {
    kind: 'config',
    meaning: 'an address to listen on is taken or may not be used',
    remedy: 'choose another port, or end the program that holds it',
  },
  ERR_POLICY_XML: {
    kind: 'config',
    meaning: 'a Hadoop configuration file is not well-formed, has a DOCTYPE or the wrong root element',
    remedy: 'mend the file at the named line; the old policy stays in force until then',
  },
  ERR_POLICY_EXPANSION: {
    kind: 'config',
    meaning: 'a `${…}` expansion goes deeper than 20 rounds',
    remedy: 'remove the cycle or shorten the chain of references',
  },
  ERR_POLICY_CIDR: {
    kind: 'config',
    meaning: 'an entry of a host list is not an address, a range or a name',
    remedy: 'write ranges as `10.0.0.0/8`, separated by commas',
  },
} as const satisfies Record<string, ErrorDescription>

/** A code of the registry. */
export type ErrorCode = keyof typeof ERROR_CODES

type CodeOf<K extends ErrorKind> = {
  [C in ErrorCode]: (typeof ERROR_CODES)[C]['kind'] extends K ? C : never
}[ErrorCode]

/**
 * One thing wrong in one place of one file.
 *
 * Shape: `line` and `column` count from 1, null where the place is unknown; `key` is the property or settings
 * key, null where none is concerned; `code` is a stable snake_case word for the problem; `hint` is what to
 * write instead, null where nothing better can be said.
 */
export interface Problem {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly key: string | null
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

/** What every error of ours has in common: a code of the registry, and the cause where there is one. */
export abstract class KeddahError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C

  protected constructor(code: C, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.name = new.target.name
  }
}

/**
 * The operator's files are wrong. Carries all problems found, not only the first.
 *
 * Shape: `problems` is never empty; when none are given, the message itself is the one problem.
 */
export class ConfigError extends KeddahError<CodeOf<'config'>> {
  readonly problems: readonly Problem[]

  constructor(
    code: CodeOf<'config'>,
    message: string,
    details: { problems?: readonly Problem[]; file?: string; cause?: unknown } = {},
  ) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause })
    this.problems = details.problems?.length
      ? details.problems
      : [
          {
            file: details.file ?? '',
            line: null,
            column: null,
            key: null,
            severity: 'error',
            code: code.toLowerCase().replace(/^err_/, ''),
            message,
            hint: null,
          },
        ]
  }
}
