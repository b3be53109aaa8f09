import { CURRENT_USER, PUBLIC_GROUP } from './compiled-item.ts'
import type { PolicyItem, PolicyResource, PolicyResources, ResourceDef, ServiceDef } from './model.ts'

/**
 * Whether one thing that a policy says takes in all that another one says. Only what is certain counts: `false` may mean
 * that it cannot be told from the texts.
 */

/** Whether everybody whom an item concerns is concerned by another one. */
function coversPrincipals(wide: PolicyItem, narrow: PolicyItem): boolean {
  if (wide.groups.includes(PUBLIC_GROUP) || wide.users.includes(CURRENT_USER)) return true
  return (
    isSubset(narrow.users, wide.users) &&
    isSubset(narrow.groups, wide.groups) &&
    isSubset(narrow.roles, wide.roles)
  )
}

/** The accesses of items with those that they imply, each worked out once, in lower case. */
export class ItemAccesses {
  readonly #def: ServiceDef
  readonly #known = new Map<PolicyItem, ReadonlySet<string>>()

  constructor(def: ServiceDef) {
    this.#def = def
  }

  of(item: PolicyItem): ReadonlySet<string> {
    const known = this.#known.get(item)
    if (known !== undefined) return known
    const { accessTypes, markerAccessTypes } = this.#def
    const stated = new Set(
      item.accesses.filter(({ isAllowed }) => isAllowed).map(({ type }) => type.toLowerCase()),
    )
    const all = new Set(stated)
    for (const { name, impliedGrants } of [...accessTypes, ...markerAccessTypes])
      if (stated.has(name.toLowerCase())) for (const one of impliedGrants) all.add(one.toLowerCase())
    this.#known.set(item, all)
    return all
  }

  /** Whether an item is about everybody and everything that another one is about, whatever the conditions of that are. */
  covers(wide: PolicyItem, narrow: PolicyItem): boolean {
    return (
      wide.conditions.length === 0 &&
      coversPrincipals(wide, narrow) &&
      this.of(narrow).isSubsetOf(this.of(wide))
    )
  }
}

/** Whether every resource of some sets is in others. */
export function coversResources(
  wide: readonly PolicyResources[],
  narrow: readonly PolicyResources[],
  def: ServiceDef,
): boolean {
  return narrow.every((one) => wide.some((other) => coversSet(other, one, def)))
}

function coversSet(wide: PolicyResources, narrow: PolicyResources, def: ServiceDef): boolean {
  if (wide.size !== narrow.size || wide.size === 0) return false
  for (const [name, values] of wide) {
    const resource = def.resources.find((one) => one.name === name)
    const others = narrow.get(name)
    if (resource === undefined || others === undefined || !coversValues(resource, values, others))
      return false
  }
  return true
}

function coversValues(def: ResourceDef, wide: PolicyResource, narrow: PolicyResource): boolean {
  if (wide.isExcludes || narrow.isExcludes) {
    const isEqual = isSubset(narrow.values, wide.values) && isSubset(wide.values, narrow.values)
    return isEqual && wide.isExcludes === narrow.isExcludes && wide.isRecursive === narrow.isRecursive
  }
  return narrow.values.every((value) =>
    wide.values.some((other) =>
      coversValue(
        def,
        { value: other, isRecursive: wide.isRecursive },
        { value, isRecursive: narrow.isRecursive },
      ),
    ),
  )
}

interface Value {
  readonly value: string
  readonly isRecursive: boolean
}

function coversValue(def: ResourceDef, wide: Value, narrow: Value): boolean {
  const { wildCard, ignoreCase, separator } = def.options
  const folded = (text: string): string => (ignoreCase ? text.toLowerCase() : text)
  const [text, other] = [folded(wide.value), folded(narrow.value)]
  if (isForAll(def, wide)) return true
  if (text === other && (wide.isRecursive || !narrow.isRecursive || def.matcher !== 'path')) return true
  const fixed = fixedStart(def, wide.value)
  if (fixed === null) return false
  const start = folded(fixed)
  if (wildCard && wide.value.endsWith('*')) return other.length > start.length && other.startsWith(start)
  if (def.matcher !== 'path' || !wide.isRecursive) return false
  const folder = start.endsWith(separator) ? start : start + separator
  return other.startsWith(folder) && other.length > folder.length
}

/** Whether a value fits everything that can be asked for. */
export const isForAll = (def: ResourceDef, { value, isRecursive }: Value): boolean =>
  def.options.wildCard &&
  (/^\*+$/.test(value) || (def.matcher === 'path' && isRecursive && value === def.options.separator))

/**
 * The part of a value with which all begins that it certainly covers; null for one that can only be compared by itself.
 *
 * Shape: a star at the end is left out; as it stands where the definition knows no wildcards.
 */
export function fixedStart(
  { options: { wildCard, replaceTokens, tokenStart, tokenEscape } }: ResourceDef,
  value: string,
): string | null {
  if (replaceTokens && (value.includes(tokenStart) || value.includes(tokenEscape))) return null
  if (!wildCard) return value
  const start = value.replace(/\*+$/, '')
  return /[*?]/.test(start) ? null : start
}

const FEW = 8

function isSubset(few: readonly string[], many: readonly string[]): boolean {
  if (few.length === 0) return true
  if (many.length <= FEW) return few.every((one) => many.includes(one))
  const known = new Set(many)
  return few.every((one) => known.has(one))
}
