import type { Condition, ConditionCompiler, ConditionFacts } from './conditions.ts'
import type { AccessTypeDef, PolicyCondition, PolicyItem, ServiceDef } from './model.ts'

/** The group that everybody is in. */
export const PUBLIC_GROUP = 'public'
/** In a list of users: whoever asks. */
export const CURRENT_USER = '{USER}'
/** In a list of users: the owner of the resource. */
export const RESOURCE_OWNER = '{OWNER}'

/** Access types that no service defines. */
export const ANY_ACCESS = '_any'
const ADMIN_ACCESS = '_admin'
export const SUPER_USER_ACCESS = '_super_user'

const FEW = 8
const NO_ITEMS: readonly CompiledItem[] = []
const NO_CONDITIONS: readonly Condition[] = []
type Names = readonly string[] | ReadonlySet<string>

/** Who asks. `roles` are looked up when the first item wants them. */
export interface Asker {
  readonly user: string
  readonly groups: readonly string[]
  readonly owner: string | null
  readonly roles: () => ReadonlySet<string>
}

/** An item of a policy with its implied grants, for many requests. `place` names it, such as `policyItems[0]`. */
export interface CompiledItem {
  readonly place: string
  readonly isForEverybody: boolean
  readonly isForOwner: boolean
  readonly users: Names
  readonly groups: Names
  readonly roles: Names
  /** In lower case. */
  readonly accesses: Names
  readonly conditions: readonly Condition[]
  readonly delegateAdmin: boolean
}

/** Compiles items and conditions of one service, and shares what is equal in many of them. */
export class ItemCompiler {
  readonly #implying: readonly AccessTypeDef[]
  readonly #conditions: ReadonlyMap<string, ConditionCompiler>
  readonly #def: ServiceDef
  /** By what the items say, as they say it. */
  readonly #accesses = new Map<string, Names>()
  readonly #places = new Map<string, string>()
  /** Whether any condition so far reads the address of the client. */
  readsAddress: boolean = false
  /** Whether any item so far names a group other than that of everybody, or a role. */
  readsGroups: boolean = false

  constructor(def: ServiceDef, conditions: ReadonlyMap<string, ConditionCompiler>) {
    this.#def = def
    this.#conditions = conditions
    this.#implying = [...def.accessTypes, ...def.markerAccessTypes].filter(
      (type) => type.impliedGrants.length > 0,
    )
  }

  /** Compiles a list of items; `grants`: whether an item that matches lets somebody do more. */
  items(items: readonly PolicyItem[], list: string, grants: boolean): readonly CompiledItem[] {
    if (items.length === 0) return NO_ITEMS
    this.readsGroups ||= items.some(
      ({ groups, roles }) => roles.length > 0 || groups.some((group) => group !== PUBLIC_GROUP),
    )
    return items.map((item, index) => ({
      place: this.#placeOf(list, index),
      isForEverybody: item.groups.includes(PUBLIC_GROUP) || item.users.includes(CURRENT_USER),
      isForOwner: item.users.includes(RESOURCE_OWNER),
      users: namesOf(item.users),
      groups: namesOf(item.groups),
      roles: namesOf(item.roles),
      accesses: this.#accessesOf(item),
      conditions: this.conditions(item.conditions, grants),
      delegateAdmin: item.delegateAdmin,
    }))
  }

  /**
   * Compiles conditions, all of which have to hold.
   *
   * Shape: types that the definition or the registry does not have are left out; reading refuses them.
   */
  conditions(conditions: readonly PolicyCondition[], grants: boolean): readonly Condition[] {
    if (conditions.length === 0) return NO_CONDITIONS
    return conditions.flatMap(({ type, values }) => {
      const def = this.#def.conditions.find(({ name }) => name === type)
      const compile = def === undefined ? undefined : this.#conditions.get(def.evaluator)
      if (def === undefined || compile === undefined) return []
      const condition = compile(def, values, grants)
      this.readsAddress ||= condition.readsAddress
      return [condition]
    })
  }

  /** What an item is about: one round of implied grants, each with the value of what implies it. */
  #accessesOf(item: PolicyItem): Names {
    let key = ''
    for (const { type, isAllowed } of item.accesses) key += `${isAllowed ? '+' : '-'}${type}\0`
    const known = this.#accesses.get(key)
    if (known !== undefined) return known
    const stated = new Map<string, boolean>()
    for (const { type, isAllowed } of item.accesses) {
      const name = type.toLowerCase()
      stated.set(name, (stated.get(name) ?? false) || isAllowed)
    }
    const all = new Map(stated)
    for (const { name, impliedGrants } of this.#implying) {
      if (!stated.get(name.toLowerCase())) continue
      for (const implied of impliedGrants) all.set(implied.toLowerCase(), true)
    }
    const names = namesOf([...all].flatMap(([name, isAllowed]) => (isAllowed ? [name] : [])))
    this.#accesses.set(key, names)
    return names
  }

  /** The same text for all policies: one apiece would take more memory than the rest of an item. */
  #placeOf(list: string, index: number): string {
    const place = `${list}[${index}]`
    const known = this.#places.get(place)
    if (known === undefined) this.#places.set(place, place)
    return known ?? place
  }
}

/** Reports whether an item matches; `access` in lower case, or one of the types that no service defines. */
export function itemMatches(
  item: CompiledItem,
  access: string,
  asker: Asker,
  facts: ConditionFacts,
): boolean {
  if (!concerns(item, asker)) return false
  if (access === ADMIN_ACCESS) return item.delegateAdmin
  return has(item.accesses, access) && allHold(item.conditions, facts)
}

/** Reports whether all conditions hold. */
export function allHold(conditions: readonly Condition[], facts: ConditionFacts): boolean {
  for (const condition of conditions) if (!condition.holds(facts)) return false
  return true
}

function concerns(item: CompiledItem, asker: Asker): boolean {
  if (item.isForEverybody || has(item.users, asker.user)) return true
  if (size(item.groups) > 0) for (const group of asker.groups) if (has(item.groups, group)) return true
  if (size(item.roles) > 0) for (const role of asker.roles()) if (has(item.roles, role)) return true
  return item.isForOwner && asker.owner === asker.user
}

const namesOf = (names: readonly string[]): Names => (names.length > FEW ? new Set(names) : names)
const has = (names: Names, name: string): boolean =>
  names instanceof Set ? names.has(name) : Array.isArray(names) && names.includes(name)
const size = (names: Names): number =>
  names instanceof Set ? names.size : Array.isArray(names) ? names.length : 0
