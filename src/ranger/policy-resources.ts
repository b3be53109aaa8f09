import type { PolicyResources, ResourceDef, ServiceDef } from './model.ts'
import { compileResourceValues, type ResourceValues } from './resource-values.ts'
import type { Tokens } from './tokens.ts'

/** What is asked about, by the names of the service definition. */
export type RequestedResource = ReadonlyMap<string, string | readonly string[]>

/**
 * How the resources of a policy and those of a request stand to each other.
 *
 * `self`: the policy is about what is asked; `self_and_all_descendants`: about all below it as well; `ancestor`: it is about
 * something above; `descendant`: about something below. The first two alone decide about access.
 */
export type MatchType = 'none' | 'self' | 'self_and_all_descendants' | 'ancestor' | 'descendant'

/** The compiled resources of a policy. */
export interface ResourceMatcher {
  /** Whether the answer depends on the tokens of the request. */
  readonly usesTokens: boolean
  /**
   * What a value of the root resource of a request has to start with, for there to be a match that decides about access.
   *
   * Shape: in the form of `indexKey`; none: nothing matches; null: anything may.
   */
  readonly prefixes: readonly string[] | null
  matchType(resource: RequestedResource, tokens: Tokens): MatchType
  /** The values of the policy that matched, such as `path = /data/*`; empty where nothing matches. */
  shown(resource: RequestedResource, tokens: Tokens): string
}

/** A resource of a policy, and what it says about it. */
interface Level {
  readonly name: string
  readonly values: ResourceValues
}

/**
 * Compiles the resources of a policy, of which any set suffices.
 *
 * Shape: the names of a set have to be a chain of the definition, from a root on and without a gap, or it never matches; an
 * empty set matches what names no resource, and nothing else.
 * Source: org.apache.ranger.plugin.policyresourcematcher.RangerDefaultPolicyResourceMatcher (2.9).
 */
export function compilePolicyResources(
  def: ServiceDef,
  resourceSets: readonly PolicyResources[],
): ResourceMatcher {
  return new SetsMatcher(def, resourceSets)
}

/** Several sets of resources, any of which suffices. */
class SetsMatcher implements ResourceMatcher {
  readonly usesTokens: boolean
  readonly prefixes: readonly string[] | null
  readonly #sets: readonly LevelMatcher[]
  readonly #isAboutNothing: boolean

  constructor(def: ServiceDef, resourceSets: readonly PolicyResources[]) {
    const sets = resourceSets.flatMap((set) => {
      const levels = levelsOf(def, set)
      return levels.length === 0 ? [] : [new LevelMatcher(def, levels)]
    })
    const prefixes = sets.map((set) => set.prefixes)
    this.usesTokens = sets.some(({ usesTokens }) => usesTokens)
    this.prefixes = prefixes.includes(null) ? null : prefixes.flatMap((some) => some ?? [])
    this.#sets = sets
    this.#isAboutNothing = resourceSets.some((set) => set.size === 0)
  }

  matchType(resource: RequestedResource, tokens: Tokens): MatchType {
    if (resource.size === 0 && this.#isAboutNothing) return 'self'
    let other: MatchType = 'none'
    for (const set of this.#sets) {
      const type = set.matchType(resource, tokens)
      if (type === 'self' || type === 'self_and_all_descendants') return type
      if (other === 'none' || type === 'descendant') other = type
    }
    return other
  }

  shown(resource: RequestedResource, tokens: Tokens): string {
    const matching = this.#sets.find((set) => isAboutIt(set.matchType(resource, tokens)))
    return matching?.shown(resource, tokens) ?? ''
  }
}

/** Reports whether a policy that matches like this decides about access. */
export const isAboutIt = (type: MatchType): boolean => type === 'self' || type === 'self_and_all_descendants'

/** One set of resources, from the root down. */
class LevelMatcher {
  readonly usesTokens: boolean
  readonly prefixes: readonly string[] | null
  readonly #def: ServiceDef
  readonly #levels: readonly Level[]
  /** How many levels a request has to name for all levels below to match anything. */
  readonly #needed: number

  constructor(def: ServiceDef, levels: readonly Level[]) {
    this.usesTokens = levels.some(({ values }) => values.usesTokens)
    this.prefixes = levels[0]?.values.prefixes ?? null
    this.#def = def
    this.#levels = levels
    this.#needed = levels.findLastIndex(({ values }) => !values.isMatchAny) + 1
  }

  matchType(resource: RequestedResource, tokens: Tokens): MatchType {
    if (!this.#isOnChain(resource)) return 'none'
    for (const { name, values } of this.#levels) {
      const requested = resource.get(name) ?? null
      if (requested === null && !values.isMatchAny) continue
      if (!values.matches(requested, tokens)) return 'none'
    }
    if (resource.size > this.#levels.length) return 'ancestor'
    if (resource.size === this.#levels.length) return 'self'
    return resource.size >= this.#needed ? 'self_and_all_descendants' : 'descendant'
  }

  shown(resource: RequestedResource, tokens: Tokens): string {
    return this.#levels
      .map(({ name, values }) => `${name} = ${values.shown(resource.get(name) ?? null, tokens)}`)
      .join('; ')
  }

  /** Whether what is asked about lies on the chain of the policy, above or below or on its end, without a gap. */
  #isOnChain(resource: RequestedResource): boolean {
    const named = this.#levels.findIndex(({ name }) => !resource.has(name))
    if (named >= 0) return named === resource.size
    return resource.size === this.#levels.length || chainOf(this.#def, resource).length === resource.size
  }
}

function levelsOf(def: ServiceDef, set: PolicyResources): Level[] {
  return chainOf(def, set).flatMap((resource) => {
    const policy = set.get(resource.name)
    return policy === undefined
      ? []
      : [{ name: resource.name, values: compileResourceValues(resource, policy) }]
  })
}

/** The definitions of all names, from a root down; none where the names are no chain without a gap. */
export function chainOf(def: ServiceDef, names: ReadonlyMap<string, unknown>): ResourceDef[] {
  const chain: ResourceDef[] = []
  for (let parent: string | null = null; chain.length < names.size;) {
    const next = def.resources.find((resource) => resource.parent === parent && names.has(resource.name))
    if (next === undefined || chain.includes(next)) return []
    chain.push(next)
    parent = next.name
  }
  return chain
}
