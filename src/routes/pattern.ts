import { decodeEscapes } from './escapes.ts'

/** A step of a pattern: a text that has to be there, or any one segment (null). */
type Step = string | null

/** A pattern of paths. `isOpen`: whatever follows, and nothing, matches too. `names` has that of each `{name}`, else null. */
export interface Pattern {
  readonly steps: readonly Step[]
  readonly isOpen: boolean
  readonly names: readonly (string | null)[]
}

const ONE = /^\{[A-Za-z0-9_-]+\}$/

/**
 * Reads a pattern: `{name}` stands for one segment, a trailing `{path}` for all that follows.
 *
 * Shape: `/` alone is the root; a trailing slash means nothing. Either the pattern, or what is wrong with it.
 */
export function readPattern(text: string): { readonly pattern: Pattern } | { readonly flaw: string } {
  if (!text.startsWith('/')) return { flaw: 'does not begin with a slash' }
  const parts = text.replace(/\/$/, '').split('/').slice(1)
  const isOpen = parts.at(-1) === '{path}'
  const steps: Step[] = []
  const names: (string | null)[] = []
  for (const part of isOpen ? parts.slice(0, -1) : parts) {
    if (ONE.test(part)) {
      steps.push(null)
      names.push(part.slice(1, -1))
      continue
    }
    const literal = decodeEscapes(part)
    const flaw = literal === null ? 'has an escape that cannot be read' : literalFlaw(literal)
    if (flaw !== null) return { flaw }
    steps.push(literal)
    names.push(null)
  }
  return { pattern: { steps, isOpen, names } }
}

function literalFlaw(literal: string): string | null {
  if (literal === '') return 'has an empty segment, which no request has'
  if (literal === '.' || literal === '..') return 'has a dot segment, which no request has'
  if (/[\p{Cc}\\/]/u.test(literal)) return 'has a character that no request has'
  if (/[{}*]/.test(literal))
    return 'has to be written with `{name}` for one segment and a trailing `{path}` for all that follows'
  return null
}

/** Orders patterns from the more to the less specific: at the first difference, a text goes before any segment. */
export function comparePatterns(a: Pattern, b: Pattern): number {
  const length = Math.min(a.steps.length, b.steps.length)
  for (let at = 0; at < length; at += 1) {
    const difference = Number(a.steps[at] === null) - Number(b.steps[at] === null)
    if (difference !== 0) return difference
  }
  return b.steps.length - a.steps.length || Number(a.isOpen) - Number(b.isOpen)
}
