import type { ResourceAsks } from '../ranger/ask.ts'
import { readPattern } from './pattern.ts'
import { resourceParameter } from './resource-parameter.ts'
import type { CanonicalTarget } from './target.ts'

/** A piece of a value: a text as it is, a segment of the path, all segments from one on, or a parameter. */
type Piece =
  | { readonly text: string }
  | { readonly segment: number }
  | { readonly from: number }
  | { readonly parameter: string }

/** What a route of a custom service is about, as its settings say, and what it does to that. */
export interface NamedResource {
  readonly values: ReadonlyMap<string, readonly Piece[]>
  readonly access: string
}

const PLACEHOLDER = /\{([^{}]*)\}/
const QUERY = /^query\.([A-Za-z0-9._-]+)$/

/**
 * Reads the resource of a route of a custom service.
 *
 * Shape: `path` is a pattern that can be read. Either the resource, or what is wrong with it. Letters, braces and all in
 * what a request sends are taken as they are: a value is never a pattern.
 */
export function readNamedResource(
  path: string,
  resource: Readonly<Record<string, string>>,
  access: string,
): { readonly named: NamedResource } | { readonly flaw: string } {
  const read = readPattern(path)
  if ('flaw' in read) return read
  const { names, steps, isOpen } = read.pattern
  const values = new Map<string, readonly Piece[]>()
  for (const [name, template] of Object.entries(resource)) {
    const pieces: Piece[] = []
    for (const [at, text] of template.split(PLACEHOLDER).entries()) {
      if (at % 2 === 0) {
        if (/[{}]/.test(text)) return { flaw: `has a brace in \`${name}\` that belongs to no \`{name}\`` }
        if (text !== '') pieces.push({ text })
        continue
      }
      const parameter = QUERY.exec(text)?.[1]
      const segment = names.indexOf(text)
      if (parameter !== undefined) pieces.push({ parameter })
      else if (isOpen && text === 'path') pieces.push({ from: steps.length })
      else if (segment === -1) return { flaw: `names \`{${text}}\`, which the path of the route has not` }
      else if (segment !== names.lastIndexOf(text))
        return { flaw: `names \`{${text}}\`, which the path has twice` }
      else pieces.push({ segment })
    }
    if (pieces.length === 0) return { flaw: `has no value for \`${name}\`` }
    values.set(name, pieces)
  }
  return values.size === 0 ? { flaw: 'names nothing' } : { named: { values, access } }
}

/**
 * What a request does to the resource of its route.
 *
 * Shape: `isUnknown` where a parameter that is part of it is missing, or a value is empty.
 * Errors: `ERR_HTTP_PARAMETER` (`ambiguous_parameter`) where such a parameter comes twice or in another spelling.
 */
export function namedAsks({ values, access }: NamedResource, target: CanonicalTarget): ResourceAsks {
  const resource = new Map<string, string>()
  for (const [name, pieces] of values) {
    const value = valueOf(pieces, target)
    if (value === null || value === '') return { asks: [], isUnknown: true, action: access }
    resource.set(name, value)
  }
  const asks = [{ resource, accessTypes: [access], needs: 'allow', shown: access }] as const
  return { asks, isUnknown: false, action: access }
}

function valueOf(pieces: readonly Piece[], { segments, parameters }: CanonicalTarget): string | null {
  let value = ''
  for (const piece of pieces) {
    if ('text' in piece) value += piece.text
    else if ('segment' in piece) value += segments[piece.segment] ?? ''
    else if ('from' in piece) value += segments.slice(piece.from).join('/')
    else {
      const given = resourceParameter(parameters, piece.parameter, true)
      if (given === null) return null
      value += given
    }
  }
  return value
}
