import { ConfigError, type Problem } from '../errors.ts'

/** A `ConfigError` as plain values, on its way from another thread. */
export interface PackedError {
  readonly code: ConfigError['code']
  readonly message: string
  readonly problems: readonly Problem[]
}

/** Takes errors apart. Their causes stay behind. */
export const packErrors = (errors: readonly ConfigError[]): PackedError[] =>
  errors.map(({ code, message, problems }) => ({ code, message, problems }))

/** Puts errors together that `packErrors` has taken apart. */
export const errorsOf = (packed: readonly PackedError[]): ConfigError[] =>
  packed.map(({ code, message, problems }) => new ConfigError(code, message, { problems }))
