import type { CompiledItem } from './compiled-item.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import { indexKey } from './index-key.ts'
import type { ResourceDef, ServiceDef } from './model.ts'
import { PrefixIndex } from './prefix-index.ts'
import type { ResourceRequest } from './request.ts'

/** From how many policies on they are filed by whom they concern, too. */
const MANY = 16

/** Places of policies in their order of evaluation, ascending. */
type Places = readonly number[]

/** Policies that are filed together. */
interface Bucket {
  readonly all: Places
  /** Null for a few. */
  readonly concerning: Concerning | null
}

/** Policies by whom an item of theirs that allows or denies concerns; `anybody` has those that may concern all. */
interface Concerning {
  readonly anybody: Places
  readonly users: ReadonlyMap<string, Places>
  readonly groups: ReadonlyMap<string, Places>
  readonly roles: ReadonlyMap<string, Places>
}

/** Who asks, as far as policies are filed by it. */
export interface FiledAsker {
  readonly user: string
  readonly groups: readonly string[]
  readonly roles: () => ReadonlySet<string>
}

/**
 * Finds the policies that can have a say, by what the value of the root resource begins with and by who asks.
 *
 * Shape: it may name more than those that match, and never fewer.
 */
export class PolicyIndex {
  readonly #roots: readonly ResourceDef[]
  readonly #everything: Bucket
  readonly #always: Bucket
  readonly #prefixes: PrefixIndex<Bucket>

  /** `policies` in their order of evaluation; what is found are their places in it. */
  constructor(policies: readonly CompiledPolicy[], def: ServiceDef) {
    this.#roots = def.resources.filter(({ parent }) => parent === null)
    const always: number[] = []
    const byPrefix = new Map<string, number[]>()
    for (const [place, { resources }] of policies.entries()) {
      if (resources.prefixes === null) always.push(place)
      else for (const prefix of new Set(resources.prefixes)) file(byPrefix, prefix, place)
    }
    const buckets = new Map<string, Bucket>()
    for (const [prefix, places] of byPrefix) buckets.set(prefix, bucketOf(policies, places))
    this.#prefixes = new PrefixIndex(buckets)
    this.#always = bucketOf(policies, always)
    this.#everything = { all: [...policies.keys()], concerning: null }
  }

  /**
   * The places of the candidates, in several ascending lists that may have some in common.
   *
   * Shape: `isBelowToo`: policies about what lies below the resource are wanted as well. `asker` null: whomever they concern.
   */
  find(resource: ResourceRequest['resource'], isBelowToo: boolean, asker: FiledAsker | null): Candidates {
    const found: Candidates = { lists: [], isForAll: true }
    for (const bucket of this.#buckets(resource, isBelowToo)) add(found, bucket, asker)
    return found
  }

  #buckets(resource: ResourceRequest['resource'], isBelowToo: boolean): Bucket[] {
    for (const root of this.#roots) {
      const value = resource.get(root.name)
      if (value === undefined) continue
      const buckets = this.#always.all.length > 0 ? [this.#always] : []
      if (typeof value === 'string') this.#prefixes.find(indexKey(root, value), buckets)
      else for (const one of value) this.#prefixes.find(indexKey(root, one), buckets)
      return buckets
    }
    return [isBelowToo ? this.#everything : this.#always]
  }
}

/** Where policies are that may have a say. `isForAll`: nobody was left out because of who asks. */
export interface Candidates {
  readonly lists: Places[]
  isForAll: boolean
}

/** Goes through ascending lists together: each place once, in order. */
export class MergedPlaces {
  readonly #lists: readonly Places[]
  readonly #heads: number[]

  constructor(lists: readonly Places[]) {
    this.#lists = lists
    this.#heads = lists.map(() => 0)
  }

  /** The next place; -1: there is none. */
  next(): number {
    const lists = this.#lists
    const heads = this.#heads
    let least = Infinity
    for (let at = 0; at < lists.length; at += 1) {
      const place = lists[at]?.[heads[at] ?? 0] ?? Infinity
      if (place < least) least = place
    }
    if (least === Infinity) return -1
    for (let at = 0; at < lists.length; at += 1) {
      const head = heads[at] ?? 0
      if (lists[at]?.[head] === least) heads[at] = head + 1
    }
    return least
  }
}

function add(found: Candidates, { all, concerning }: Bucket, asker: FiledAsker | null): void {
  if (concerning === null || asker === null) {
    found.lists.push(all)
    return
  }
  const take = (places: Places | undefined): void => {
    if (places !== undefined && places.length > 0) found.lists.push(places)
  }
  found.isForAll = false
  take(concerning.anybody)
  take(concerning.users.get(asker.user))
  if (concerning.groups.size > 0) for (const group of asker.groups) take(concerning.groups.get(group))
  if (concerning.roles.size > 0) for (const role of asker.roles()) take(concerning.roles.get(role))
}

function bucketOf(policies: readonly CompiledPolicy[], all: Places): Bucket {
  if (all.length <= MANY) return { all, concerning: null }
  const anybody: number[] = []
  const users = new Map<string, number[]>()
  const groups = new Map<string, number[]>()
  const roles = new Map<string, number[]>()
  for (const place of all) {
    const policy = policies[place]
    if (policy === undefined) continue
    const items = [...policy.allow, ...policy.deny]
    if (policy.isDenyAllElse || items.some(isForAnybody)) {
      anybody.push(place)
      continue
    }
    for (const name of new Set(items.flatMap((item) => [...item.users]))) file(users, name, place)
    for (const name of new Set(items.flatMap((item) => [...item.groups]))) file(groups, name, place)
    for (const name of new Set(items.flatMap((item) => [...item.roles]))) file(roles, name, place)
  }
  return { all, concerning: { anybody, users, groups, roles } }
}

const isForAnybody = (item: CompiledItem): boolean => item.isForEverybody || item.isForOwner

function file(map: Map<string, number[]>, key: string, place: number): void {
  const places = map.get(key)
  if (places === undefined) map.set(key, [place])
  else places.push(place)
}
