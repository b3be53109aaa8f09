import type { MatcherOptions } from './model.ts'
import { compileText, hasTokens, type Tokens, tokenSyntax } from './tokens.ts'
import { compileWildcard, endingWith, equalTo, startingWith, type Wildcard } from './wildcard.ts'

/** The comparison with one value of a policy. */
export interface ValueMatcher {
  /** Whether the answer depends on the tokens of the request. */
  readonly usesTokens: boolean
  fits(requested: string, tokens: Tokens): boolean
}

/** How a value of a policy is compared with a requested one as a whole, and which part of it. */
interface ValueShape {
  readonly part: string
  readonly compile: (part: string, ignoresCase: boolean) => Wildcard
}

/**
 * Compiles the comparison of a value, whatever it stands for, with the whole of a requested one.
 *
 * Shape: null: the value fits anything. The value is not empty.
 * Source: org.apache.ranger.plugin.resourcematcher.RangerDefaultResourceMatcher (2.9).
 */
export function compileDefaultValue(value: string, options: MatcherOptions): ValueMatcher | null {
  const sensitive = compileWholeValue(value, options, false)
  const insensitive = compileWholeValue(value, options, true)
  if (sensitive === null || insensitive === null || !options.ignoreCase) return sensitive
  if (!options.quotedCaseSensitive) return insensitive
  const isQuoted = (requested: string): boolean =>
    requested !== '' && options.quoteChars.includes(requested.charAt(0))
  return {
    usesTokens: sensitive.usesTokens,
    fits: (requested, tokens) => (isQuoted(requested) ? sensitive : insensitive).fits(requested, tokens),
  }
}

/** The same for one way with cases; paths that are not recursive are compared like this. */
export function compileWholeValue(
  value: string,
  options: MatcherOptions,
  ignoresCase: boolean,
): ValueMatcher | null {
  const { part, compile } = options.wildCard ? shapeOf(value) : { part: value, compile: equalTo }
  if (part === '') return null
  const syntax = tokenSyntax(options)
  const wildcard = compileText(part, syntax, (text) => compile(text, ignoresCase))
  return {
    usesTokens: hasTokens(part, syntax),
    fits: (requested, tokens) => wildcard(tokens).fits(requested),
  }
}

/**
 * A value is taken apart before its tokens are replaced: a star that comes out of a token is a wildcard in a value that
 * has others inside, and a star in any other.
 */
function shapeOf(value: string): ValueShape {
  const first = value.indexOf('*')
  const last = value.lastIndexOf('*')
  const isOneRun = value.slice(first, last + 1) === '*'.repeat(last + 1 - first)
  if (value.includes('?') || (first >= 0 && !isOneRun)) return { part: value, compile: compileWildcard }
  if (first < 0) return { part: value, compile: equalTo }
  if (first === 0) return { part: value.slice(last + 1), compile: endingWith }
  if (last === value.length - 1) return { part: value.slice(0, first), compile: startingWith }
  return { part: value, compile: compileWildcard }
}
