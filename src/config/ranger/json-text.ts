import { ConfigError, type Problem } from '../../errors.ts'
import { located } from '../../errors/located.ts'
import { syntaxErrorOffset } from './json-syntax.ts'

/**
 * A JSON text, read. `placed` runs a reader of its value, and says of what the reader finds wrong on which line it stands;
 * `placeOf` says so of the value at a path, such as `policies[3].name`, null where there is none, or where the text is so
 * long that it has been looked through often enough.
 */
export interface JsonText {
  readonly value: unknown
  placed<T>(read: (value: unknown) => T): T
  placeOf(key: string): TextPlace | null
}

type TextPlace = { readonly line: number; readonly column: number }

/**
 * Reads JSON.
 *
 * Errors: `ERR_POLICY_RANGER` with file, line and column: not UTF-8, malformed, ended too early.
 */
export function readJsonText(bytes: Uint8Array, file: string): JsonText {
  const text = decode(bytes, file)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const offset = syntaxErrorOffset(text)
    const isCut = offset >= text.trimEnd().length
    const message = isCut ? 'the text ends in the middle' : `this is not JSON: ${shown(text, offset)}`
    const hint = isCut ? 'write the whole of it; a copy may have been cut off' : 'mend the text at this place'
    throw unreadable(file, placeOf(text, offset), 'json', message, hint, cause)
  }
  return {
    value,
    placed: (read) => {
      try {
        return read(value)
      } catch (error) {
        throw withPlaces(error, file, text)
      }
    },
    placeOf: finderIn(text),
  }
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw unreadable(file, NOWHERE, 'not_utf8', 'the text is not UTF-8', 'save it as UTF-8', cause)
  }
}

const NOWHERE = { line: null, column: null }

function unreadable(
  file: string,
  place: Pick<Problem, 'line' | 'column'>,
  code: string,
  message: string,
  hint: string,
  cause: unknown,
): ConfigError {
  const problem: Problem = { file, ...place, key: null, severity: 'error', code, message, hint }
  const at = place.line === null ? file : `${file}:${place.line}:${place.column}`
  return new ConfigError('ERR_POLICY_RANGER', `${at}: ${message}`, { problems: [problem], cause })
}

const shown = (text: string, offset: number): string => JSON.stringify(text.slice(offset, offset + 20))

function placeOf(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  return { line: (before.match(/\n/g)?.length ?? 0) + 1, column: before.length - start + 1 }
}

/** Each place is looked for from the start: in long texts the first ones have to do. */
const MAX_SCANNED = 20_000_000

/** What the reader has named by its path alone is looked up in the text; what has no place there keeps its path. */
function withPlaces(error: unknown, file: string, text: string): ConfigError {
  if (!(error instanceof ConfigError)) throw error
  const bare = new ConfigError(error.code, error.message, {
    problems: error.problems.map((problem) => ({ ...problem, file: '' })),
    cause: error,
  })
  const find = finderIn(text)
  return located(bare, ({ key }) => ({ file, ...(key === null ? {} : (find(key) ?? {})) }))
}

function finderIn(text: string): (key: string) => TextPlace | null {
  let budget = MAX_SCANNED
  return (key) => {
    if (budget <= 0) return null
    budget -= text.length
    return placeOf(text, offsetAt(text, stepsOf(key)))
  }
}

const stepsOf = (key: string): (string | number)[] =>
  [...key.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([word, index]) =>
    index === undefined ? word : Number(index),
  )

/** Where the value at a path begins, the nearest one around it where there is none. The text is known to be JSON. */
function offsetAt(text: string, steps: readonly (string | number)[]): number {
  let at = skipBlanks(text, 0)
  for (const step of steps) {
    const inside = childOffset(text, at, step)
    if (inside === null) break
    at = inside
  }
  return at
}

function childOffset(text: string, at: number, step: string | number): number | null {
  const isList = text[at] === '['
  if (!isList && text[at] !== '{') return null
  let found: number | null = null
  let next = skipBlanks(text, at + 1)
  for (let index = 0; text[next] !== ']' && text[next] !== '}'; index += 1) {
    let name: string | number = index
    if (!isList) {
      const end = endOf(text, next)
      name = String(JSON.parse(text.slice(next, end)))
      next = skipBlanks(text, skipBlanks(text, end) + 1)
    }
    // Of a name that stands twice the last one counts.
    if (name === step) found = next
    if (isList && found !== null) return found
    next = skipBlanks(text, endOf(text, next))
    if (text[next] === ',') next = skipBlanks(text, next + 1)
  }
  return found
}

/** Where the value that begins there ends. */
function endOf(text: string, start: number): number {
  const first = text[start]
  if (first === '"') {
    let at = start + 1
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    return at + 1
  }
  if (first !== '[' && first !== '{') {
    const rest = /[\s,\]}]/g
    rest.lastIndex = start
    return rest.exec(text)?.index ?? text.length
  }
  let depth = 0
  for (let at = start; ;) {
    const char = text[at]
    if (char === '"') at = endOf(text, at)
    else {
      if (char === '[' || char === '{') depth += 1
      if (char === ']' || char === '}') depth -= 1
      at += 1
      if (depth === 0) return at
    }
  }
}

function skipBlanks(text: string, start: number): number {
  let at = start
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1
  return at
}
