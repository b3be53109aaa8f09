import { CURRENT_USER, RESOURCE_OWNER } from './compiled-item.ts'
import type { ItemAccesses } from './coverage.ts'
import { lintAddresses } from './lint-addresses.ts'
import {
  itemsOf,
  MOST_COMPARED,
  type PlacedItem,
  type PlacedPolicy,
  quoted,
  type RangerFindings,
} from './lint-finding.ts'
import { FOREIGN_MACRO } from './lint-resources.ts'
import type { ServiceDef } from './model.ts'

const MACROS: ReadonlySet<string> = new Set([CURRENT_USER, RESOURCE_OWNER])

/** Looks for items of a policy that concern nobody or nothing, or that others of the same policy make void. */
export function lintItems(
  placed: PlacedPolicy,
  def: ServiceDef,
  accesses: ItemAccesses,
  roles: ReadonlySet<string> | null,
  found: RangerFindings,
): void {
  const { policy } = placed
  const items = itemsOf(policy)
  for (const item of items) {
    lintPrincipals(placed, item, roles, found)
    lintAccesses(placed, item, def, accesses, found)
    lintAddresses(placed, item.item.conditions, `${item.place}.`, def, found)
  }
  if (policy.allow.length + policy.deny.length === 0 && !policy.isDenyAllElse)
    found.add(placed, 'no_item', '', 'it allows nothing and denies nothing')
  const unread = items.find(({ list }) => list !== 'allow')
  if (!def.hasDenyAndExceptions && unread !== undefined)
    found.add(
      placed,
      'deny_not_read',
      unread.place,
      `the definition of ${quoted(def.name)} reads no such items`,
    )
  else lintAgainstEachOther(placed, items, accesses, found)
}

function lintPrincipals(
  placed: PlacedPolicy,
  { item, place }: PlacedItem,
  roles: ReadonlySet<string> | null,
  found: RangerFindings,
): void {
  if (item.users.length + item.groups.length + item.roles.length === 0)
    found.add(placed, 'no_principal', place, 'the item names nobody')
  for (const [index, user] of item.users.entries()) {
    const at = `${place}.users[${index}]`
    if (FOREIGN_MACRO.test(user)) found.add(placed, 'dollar_macro', at, `${quoted(user)} is no macro`)
    else if (user === RESOURCE_OWNER || (/^\{.*\}$/.test(user) && !MACROS.has(user)))
      found.add(placed, 'unknown_macro', at, `${quoted(user)} stands for nobody`)
  }
  if (roles === null) return
  for (const [index, role] of item.roles.entries())
    if (!roles.has(role))
      found.add(placed, 'unknown_role', `${place}.roles[${index}]`, `there is no role ${quoted(role)}`)
}

function lintAccesses(
  placed: PlacedPolicy,
  { item, place }: PlacedItem,
  def: ServiceDef,
  accesses: ItemAccesses,
  found: RangerFindings,
): void {
  const types = [...def.accessTypes, ...def.markerAccessTypes].map(({ name }) => name)
  const known = new Set(types.map((name) => name.toLowerCase()))
  for (const [index, { type }] of item.accesses.entries())
    if (!known.has(type.toLowerCase()))
      found.add(
        placed,
        'unknown_access_type',
        `${place}.accesses[${index}].type`,
        `there is no access type ${quoted(type)}`,
        {
          hint: `it has ${types.map((name) => `\`${name}\``).join(', ')}`,
        },
      )
  if (accesses.of(item).size === 0 && !item.delegateAdmin)
    found.add(placed, 'no_access_type', place, 'the item names no access type')
}

function lintAgainstEachOther(
  placed: PlacedPolicy,
  items: readonly PlacedItem[],
  accesses: ItemAccesses,
  found: RangerFindings,
): void {
  const { policy } = placed
  const compared = new Map<PlacedItem['list'], PlacedItem[]>()
  for (const item of items) {
    if (isVoid(item, accesses)) continue
    const earlier = compared.get(item.list) ?? []
    const by = earlier.find((one) => accesses.covers(one.item, item.item) && coversAdmin(one, item))
    if (by !== undefined) found.add(placed, 'shadowed_item', item.place, `\`${by.place}\` says all of it`)
    if (earlier.length < MOST_COMPARED) compared.set(item.list, [...earlier, item])
  }
  const cancelled = (list: 'allow' | 'deny', exceptions: 'allowExceptions' | 'denyExceptions'): void => {
    for (const item of compared.get(list) ?? []) {
      const by = compared.get(exceptions)?.find((one) => accesses.covers(one.item, item.item))
      const code = list === 'allow' ? 'cancelled_allow' : 'cancelled_deny'
      if (by !== undefined) found.add(placed, code, item.place, `\`${by.place}\` cancels it for everybody`)
    }
  }
  cancelled('allow', 'allowExceptions')
  // An exception of a deny needs the conditions of the policy, the deny does not.
  if (policy.conditions.length === 0) cancelled('deny', 'denyExceptions')
}

const coversAdmin = (wide: PlacedItem, narrow: PlacedItem): boolean =>
  wide.item.delegateAdmin || !narrow.item.delegateAdmin

/** Of an item that concerns nobody that is said already. */
const isVoid = ({ item }: PlacedItem, accesses: ItemAccesses): boolean =>
  item.users.length + item.groups.length + item.roles.length === 0 || accesses.of(item).size === 0
