import type { Problem } from '../errors.ts'

/** The problems in an answer of the admin listener; empty where it has none. */
export function problemsIn(body: Readonly<Record<string, unknown>>): Problem[] {
  return listIn(body['error']).map(problemOf)
}

/** The problems of `{…, problems: […]}`. */
export function listIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null || !('problems' in value)) return []
  return Array.isArray(value.problems) ? value.problems : []
}

/** What comes over the network may be anything: each field is taken only in its own type. */
export function problemOf(value: unknown): Problem {
  const fields = new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  )
  const text = (name: string): string | null => {
    const field = fields.get(name)
    return typeof field === 'string' ? field : null
  }
  const number = (name: string): number | null => {
    const field = fields.get(name)
    return typeof field === 'number' ? field : null
  }
  return {
    file: text('file') ?? '',
    line: number('line'),
    column: number('column'),
    key: text('key'),
    severity: text('severity') === 'warning' ? 'warning' : 'error',
    code: text('code') ?? '',
    message: text('message') ?? '',
    hint: text('hint'),
  }
}
