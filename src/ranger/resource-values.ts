import { compileDefaultValue, type ValueMatcher } from './default-matcher.ts'
import { literalStart } from './index-key.ts'
import type { PolicyResource, ResourceDef } from './model.ts'
import { compilePathValue } from './path-matcher.ts'
import type { Tokens } from './tokens.ts'

/** A requested value: one, or several of which any one suffices, or none, which asks for all values there are. */
export type Requested = string | readonly string[] | null

/**
 * All that a policy says about one resource.
 *
 * Shape: `isMatchAny` before the exclusion is looked at. `prefixes` in the form of `indexKey`; null: anything may match.
 */
export interface ResourceValues {
  readonly isMatchAny: boolean
  readonly usesTokens: boolean
  readonly prefixes: readonly string[] | null
  matches(requested: Requested, tokens: Tokens): boolean
  /** What of the policy matched, such as `/data/*`. */
  shown(requested: Requested, tokens: Tokens): string
}

/**
 * Compiles what a policy says about one resource.
 *
 * Shape: a value list without any value, and one with a value that fits anything, match anything. An exclusion turns the
 * answer round, but never lets a request for all values through that names some.
 * Source: org.apache.ranger.plugin.resourcematcher.RangerDefaultResourceMatcher#getMatchType (2.9).
 */
export function compileResourceValues(def: ResourceDef, resource: PolicyResource): ResourceValues {
  const values = resource.values.filter((value) => value !== '')
  const compiled = values.map((value) =>
    def.matcher === 'path'
      ? compilePathValue(value, def.options, resource.isRecursive)
      : compileDefaultValue(value, def.options),
  )
  const matchers = compiled.filter((matcher) => matcher !== null)
  const isMatchAny = matchers.length < compiled.length || matchers.length === 0
  const starts = values.map((value) => literalStart(def, value))

  const fits = (requested: Requested, tokens: Tokens, matcher: ValueMatcher): boolean => {
    if (typeof requested === 'string') return matcher.fits(requested, tokens)
    return requested !== null && requested.some((value) => matcher.fits(value, tokens))
  }
  return {
    isMatchAny,
    usesTokens: !isMatchAny && matchers.some(({ usesTokens }) => usesTokens),
    prefixes: isMatchAny || resource.isExcludes || starts.includes('') ? null : starts,
    matches: (requested, tokens) => {
      if (isMatchAny) return !resource.isExcludes
      if (isForAll(requested)) return false
      return matchers.some((matcher) => fits(requested, tokens, matcher)) !== resource.isExcludes
    },
    shown: (requested, tokens) => {
      if (resource.isExcludes) return `all but ${values.join(', ')}`
      if (isMatchAny) return '*'
      const matched = values.filter((_, index) => {
        const matcher = compiled[index] ?? null
        return matcher === null || fits(requested, tokens, matcher)
      })
      return matched.join(', ')
    },
  }
}

const isForAll = (requested: Requested): boolean =>
  requested === null || requested === '' || requested === '*'
