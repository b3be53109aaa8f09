import { pino } from 'pino'
import { capText, escapeLine } from './text.ts'

/**
 * The log of the process: JSON lines with `level`, `time`, `msg` and fields. Without `child`, whose fields pino
 * writes as they are.
 */
export type Logger = Pick<
  pino.Logger,
  'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'isLevelEnabled'
>

/** Takes finished lines. */
export interface LogDestination {
  write(line: string): void
}

const MAX_TEXT = 2_048
const MAX_STACK = 8_192
const MAX_DEPTH = 5
const MAX_ITEMS = 100
const HIDDEN = '[hidden]'

/** Fields whose values are secrets, whoever logs them; spelled without case, `-`, `_` and `.`. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'delegation',
  'token',
  'secret',
  'password',
  'sha256',
])
/** The same in the query of an address within a text. */
const SECRET_PARAMETERS =
  /([?&;](?:delegation|token|access_token|password|secret|signature|sig)=)[^&\s"'`]*/gi
const BEARER = /\b(bearer|basic|negotiate)\s+[a-z0-9+/=._~-]{8,}/gi

const cleanText = (text: string, max: number): string =>
  capText(text, max).replace(SECRET_PARAMETERS, `$1${HIDDEN}`).replace(BEARER, `$1 ${HIDDEN}`)

function cleanError(error: Error, depth: number): Record<string, unknown> {
  const cleaned: Record<string, unknown> = { name: error.name, message: cleanText(error.message, MAX_TEXT) }
  if ('code' in error) cleaned['code'] = clean(error.code, depth + 1)
  if ('problems' in error) cleaned['problems'] = clean(error.problems, depth + 1)
  if (error.stack !== undefined) cleaned['stack'] = cleanText(error.stack, MAX_STACK)
  if (error.cause !== undefined) cleaned['cause'] = clean(error.cause, depth + 1)
  return cleaned
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value, MAX_TEXT)
  if (typeof value !== 'object' || value === null) return value
  if (depth > MAX_DEPTH) return '[deep]'
  if (value instanceof Error) return cleanError(value, depth)
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => clean(item, depth + 1))
  return cleanFields(value, depth)
}

function cleanFields(fields: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(fields).slice(0, MAX_ITEMS)
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const secret = SECRET_FIELDS.has(name.toLowerCase().replace(/[-_.]/g, ''))
      return [name, secret ? HIDDEN : clean(value, depth + 1)]
    }),
  )
}

/**
 * Makes the logger.
 *
 * Every text is cut, secrets are replaced by their field name or place, and what could break a line or drive a
 * terminal is escaped, so that callers log what they have. `fields` are in every line.
 */
export function createLog(options: {
  level: string
  destination: LogDestination
  fields?: Readonly<Record<string, number>>
}): Logger {
  return pino(
    {
      level: options.level,
      base: options.fields ?? null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // What is logged is clean already; pino's own serializer would read the error once more.
      serializers: { err: (value: unknown) => value },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => cleanFields(fields, 0),
      },
      hooks: {
        logMethod(args, method) {
          const cleaned = args.map((arg) => (typeof arg === 'string' ? cleanText(arg, MAX_TEXT) : arg))
          Reflect.apply(method, this, cleaned)
        },
        streamWrite: escapeLine,
      },
    },
    options.destination,
  )
}

const MAX_WAITING_BYTES = 1_048_576

/**
 * Stderr, without anybody waiting: what its reader does not take in time is dropped and told to `onDropped`.
 *
 * Not pino's own destination: it writes to the descriptor from a thread, and a reader that has stopped reading would
 * keep the process from ending.
 */
export function stderrDestination(onDropped: () => void): LogDestination {
  const stream = process.stderr
  // A log that cannot be written must not end the process.
  stream.on('error', onDropped)
  return {
    write: (line) => {
      if (stream.writableLength > MAX_WAITING_BYTES) onDropped()
      else stream.write(line)
    },
  }
}
