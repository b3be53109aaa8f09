import { isAlias, isCollection, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { Problem } from '../errors.ts'

/** One step into a document: a key of a map, or a place in a list. */
export type Step = string | number

/** A place in the text; line and column count from 1. */
interface Place {
  readonly line: number
  readonly column: number
}

/**
 * A YAML text, read.
 *
 * Shape: `value` is undefined where the text cannot be read at all, null where it is empty. `placeOf` gives the
 * place of the value at a path, or of its key, or of the nearest thing around it that is there.
 */
export interface YamlText {
  readonly value: unknown
  readonly problems: readonly Problem[]
  placeOf(path: readonly Step[], part?: 'key' | 'value'): Place
}

const HINTS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'keep one of them',
  TAB_AS_INDENT: 'indent with blanks',
  BAD_INDENT: 'indent the entries of a list or map alike',
  MULTIPLE_DOCS: 'keep one document; remove the `---` lines',
  TAG_RESOLVE_FAILED: 'remove the tag',
}

/** Reads YAML 1.2, of which JSON is a part. Every problem is reported with its place; tags are refused. */
export function readYaml(text: string, file: string): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const told = new Set<number>()
  const problems = [...document.errors, ...document.warnings].flatMap((error): Problem[] => {
    const place = placeAt(error.pos[0])
    // One slip of the pen makes the parser stumble over every word behind it.
    if (error.code !== 'DUPLICATE_KEY' && told.has(place.line)) return []
    told.add(place.line)
    const problem: Problem = {
      file,
      ...place,
      key: null,
      severity: 'error',
      code: error.code.toLowerCase(),
      message: error.code === 'DUPLICATE_KEY' ? repeated(text, error.pos[0]) : wordsOf(error.message),
      hint: HINTS[error.code] ?? null,
    }
    return [problem]
  })
  const isReadable = document.errors.every(({ code }) => code === 'DUPLICATE_KEY')
  return {
    value: isReadable ? valueOf(() => document.toJS({ maxAliasCount: 100 }), problems, file) : undefined,
    problems,
    placeOf: (path, part = 'value') => placeAt(offsetOf(document.contents, path, part)),
  }
}

/** What an alias stands for may be missing or grow beyond all bounds; the parser throws then. */
function valueOf(read: () => unknown, problems: Problem[], file: string): unknown {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const place = { file, line: null, column: null, key: null }
    const hint = 'write the values out instead of referring to them'
    problems.push({ ...place, severity: 'error', code: 'alias', message: wordsOf(error.message), hint })
    return undefined
  }
}

const repeated = (text: string, offset: number): string =>
  `the key \`${/^[^\s:]{1,64}/.exec(text.slice(offset, offset + 64))?.[0] ?? ''}\` stands twice in this map`

const wordsOf = (message: string): string =>
  (message.charAt(0).toLowerCase() + message.slice(1)).replace(/\.$/, '')

function offsetOf(contents: Node | null, path: readonly Step[], part: 'key' | 'value'): number {
  let node: Node | null = contents
  let offset = node?.range?.[0] ?? 0
  for (const [index, step] of path.entries()) {
    const isLast = index === path.length - 1
    const found = isAlias(node) || !isCollection(node) ? null : childOf(node, step)
    if (found === null) return offset
    offset = (isLast && part === 'key' ? found.key : (found.value ?? found.key))?.range?.[0] ?? offset
    node = found.value
  }
  return offset
}

function childOf(node: Node, step: Step): { key: Node | null; value: Node | null } | null {
  if (isMap(node)) {
    const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(step))
    if (pair === undefined) return null
    return { key: isNode(pair.key) ? pair.key : null, value: isNode(pair.value) ? pair.value : null }
  }
  const item = isCollection(node) && typeof step === 'number' ? node.items[step] : undefined
  return isNode(item) ? { key: item, value: item } : null
}
