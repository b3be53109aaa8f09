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
  return new ListedValues(def, resource)
}

/**
 * The values of a policy. Their matchers are made again when the first request comes: most policies of a large set are
 * never asked, and the matchers would be most of its memory.
 */
class ListedValues implements ResourceValues {
  readonly isMatchAny: boolean
  readonly usesTokens: boolean
  readonly prefixes: readonly string[] | null
  readonly #def: ResourceDef
  readonly #resource: PolicyResource
  /** Null in it: the value fits anything. */
  #matchers: readonly (ValueMatcher | null)[] | null = null

  constructor(def: ResourceDef, resource: PolicyResource) {
    this.#def = def
    this.#resource = resource
    const values = this.#values()
    const matchers = values.map((value) => this.#compile(value))
    const isMatchAny = matchers.includes(null) || matchers.length === 0
    const starts = values.map((value) => literalStart(def, value))
    this.isMatchAny = isMatchAny
    this.usesTokens = !isMatchAny && matchers.some((matcher) => matcher?.usesTokens === true)
    this.prefixes = isMatchAny || resource.isExcludes || starts.includes('') ? null : starts
  }

  matches(requested: Requested, tokens: Tokens): boolean {
    const { isExcludes } = this.#resource
    if (this.isMatchAny) return !isExcludes
    if (isForAll(requested)) return false
    for (const matcher of this.#compiled()) if (fits(matcher, requested, tokens)) return !isExcludes
    return isExcludes
  }

  shown(requested: Requested, tokens: Tokens): string {
    const values = this.#values()
    if (this.#resource.isExcludes) return `all but ${values.join(', ')}`
    if (this.isMatchAny) return '*'
    const matchers = this.#compiled()
    return values.filter((_, index) => fits(matchers[index] ?? null, requested, tokens)).join(', ')
  }

  #values(): readonly string[] {
    return this.#resource.values.filter((value) => value !== '')
  }

  #compiled(): readonly (ValueMatcher | null)[] {
    return (this.#matchers ??= this.#values().map((value) => this.#compile(value)))
  }

  #compile(value: string): ValueMatcher | null {
    return this.#def.matcher === 'path'
      ? compilePathValue(value, this.#def.options, this.#resource.isRecursive)
      : compileDefaultValue(value, this.#def.options)
  }
}

function fits(matcher: ValueMatcher | null, requested: Requested, tokens: Tokens): boolean {
  if (matcher === null) return true
  if (typeof requested === 'string') return matcher.fits(requested, tokens)
  return requested !== null && requested.some((value) => matcher.fits(value, tokens))
}

const isForAll = (requested: Requested): boolean =>
  requested === null || requested === '' || requested === '*'
