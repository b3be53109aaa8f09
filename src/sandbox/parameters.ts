/** Thrown for `%zz` and for bytes that are not UTF-8; the servlet container answers 400. */
export class UndecodableError extends Error {}

/**
 * The parameters of a query or of a form, decoded as a servlet container does: `+` is a blank, of repetitions the
 * first counts, and the order is kept.
 *
 * Shape: `first` tells upper and lower case apart, `firstAnyCase` does not. An empty value is a value.
 */
export interface Parameters {
  first(name: string): string | null
  firstAnyCase(name: string): string | null
}

/** Those of a request without any. */
export const NO_PARAMETERS: Parameters = { first: () => null, firstAnyCase: () => null }

/** Errors: `UndecodableError`. */
export function parseParameters(text: string): Parameters {
  const entries = text
    .split('&')
    .filter((part) => part !== '')
    .map((part): readonly [string, string] => {
      const at = part.indexOf('=')
      return at < 0
        ? [decodeQuery(part), '']
        : [decodeQuery(part.slice(0, at)), decodeQuery(part.slice(at + 1))]
    })
  const find = (wanted: (name: string) => boolean): string | null =>
    entries.find(([name]) => wanted(name))?.[1] ?? null
  return {
    first: (name) => find((other) => other === name),
    firstAnyCase: (name) => find((other) => other.toLowerCase() === name),
  }
}

const decodeQuery = (text: string): string => decode(text.replaceAll('+', ' '))

/** Errors: `UndecodableError`. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new UndecodableError(`cannot be decoded: \`${text.slice(0, 64)}\``, { cause })
  }
}

/**
 * The path by which servlets are matched: path parameters dropped, decoded, `.` and `..` resolved. Repeated slashes
 * stay, so `//webhdfs/v1` is nothing that is known.
 *
 * Errors: `UndecodableError`, also for a path that climbs above the root.
 */
export function canonicalPath(rawPath: string): string {
  const kept: string[] = []
  const segments = decode(rawPath.replaceAll(/;[^/]*/g, '')).split('/')
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1
    if (segment === '.') {
      if (last) kept.push('')
    } else if (segment === '..') {
      if (kept.length < 2) throw new UndecodableError('climbs above the root')
      kept.pop()
      if (last) kept.push('')
    } else {
      kept.push(segment)
    }
  }
  return kept.join('/')
}
