import { compileWholeValue, type ValueMatcher } from './default-matcher.ts'
import type { MatcherOptions } from './model.ts'
import { compileText, hasTokens, tokenSyntax } from './tokens.ts'
import { compileWildcard, equalTo, startingWith } from './wildcard.ts'

/**
 * Compiles the comparison of a value with a path. Without recursion it is compared as a whole, and a star at its end
 * crosses directories all the same.
 *
 * Shape: null: the value fits anything. The value is not empty.
 * Source: org.apache.ranger.plugin.resourcematcher.RangerPathResourceMatcher (2.9).
 */
export function compilePathValue(
  value: string,
  options: MatcherOptions,
  isRecursive: boolean,
): ValueMatcher | null {
  if (!isRecursive) return compileWholeValue(value, options, options.ignoreCase)
  // A directory written with its separator is what is in it, without the directory itself.
  const pattern = options.wildCard && value.endsWith(options.separator) ? `${value}*` : value
  if (options.wildCard && pattern === '*') return null
  const isPattern = options.wildCard && /[*?]/.test(pattern)
  const syntax = tokenSyntax(options)
  const tree = compileText(pattern, syntax, (text) =>
    isPattern ? patternTree(text, options) : directoryTree(text, options),
  )
  return {
    usesTokens: hasTokens(pattern, syntax),
    fits: (requested, tokens) => tree(tokens)(requested),
  }
}

type Tree = (path: string) => boolean

/** A directory and all that is in it. */
function directoryTree(value: string, { separator, ignoreCase }: MatcherOptions): Tree {
  const directory = value.endsWith(separator) ? value.slice(0, -separator.length) : value
  const itself = equalTo(directory, ignoreCase)
  const inside = startingWith(directory + separator, ignoreCase)
  return (path) => itself.fits(path) || inside.fits(path)
}

/**
 * Whatever fits a pattern, and all that is in it. Parts before the first wildcard are compared one by one, which is why
 * separators are counted once there; from then on each further beginning of the path is held against the whole pattern.
 */
function patternTree(pattern: string, { separator, ignoreCase }: MatcherOptions): Tree {
  const parts = pattern.split(separator).filter((part) => part !== '')
  const firstPattern = parts.findIndex((part) => /[*?]/.test(part))
  const literals = (firstPattern < 0 ? parts : parts.slice(0, firstPattern)).map((part) =>
    equalTo(part, ignoreCase),
  )
  const endsInStar = parts.at(-1) === '*'
  const whole = compileWildcard(pattern, ignoreCase)
  return (path) => {
    const steps = path.split(separator).filter((step) => step !== '')
    if (steps.length === 0) return path !== '' && whole.fits(path)
    if (literals.some((literal, index) => index < steps.length && !literal.fits(steps[index] ?? '')))
      return false
    if (steps.length <= literals.length) {
      return (
        steps.length === parts.length ||
        (endsInStar && steps.length === parts.length - 1 && path.endsWith(separator))
      )
    }
    const root = path.startsWith(separator) ? separator : ''
    let end = root.length - separator.length
    const ends = steps.map((step) => (end += separator.length + step.length))
    return whole.fitsUpToAny(root + steps.join(separator), ends.slice(literals.length))
  }
}
