import { coversResources, fixedStart, isForAll, type ItemAccesses } from './coverage.ts'
import {
  itemsOf,
  MOST_COMPARED,
  type PlacedItem,
  type PlacedPolicy,
  quoted,
  type RangerFindings,
} from './lint-finding.ts'
import type { ServiceDef } from './model.ts'

/** Looks for items that other policies make void. Their policies have to count always: anything else cannot be told. */
export class PoliciesBetween {
  readonly #def: ServiceDef
  readonly #accesses: ItemAccesses
  /** By what the first value of a policy certainly covers begins with. */
  readonly #deciding = new Map<string, PlacedPolicy[]>()

  constructor(policies: readonly PlacedPolicy[], def: ServiceDef, accesses: ItemAccesses) {
    this.#def = def
    this.#accesses = accesses
    const highest = policies.reduce((most, { policy }) => Math.max(most, policy.priority), 0)
    for (const placed of policies) {
      const { policy } = placed
      const mayDecide =
        policy.isDenyAllElse || policy.deny.length > 0 || (policy.priority > 0 && policy.priority === highest)
      const isAlways = policy.schedules.length === 0 && policy.conditions.length === 0
      if (!mayDecide || !isAlways) continue
      for (const start of new Set(this.#startsOf(placed))) {
        const others = this.#deciding.get(start)
        if (others === undefined) this.#deciding.set(start, [placed])
        else if (others.length < MOST_COMPARED) others.push(placed)
      }
    }
  }

  lint(placed: PlacedPolicy, found: RangerFindings): void {
    const { policy } = placed
    if (policy.allow.length + policy.deny.length === 0) return
    const wider = this.#around(placed).filter(
      (other) =>
        // A deny is only decided before by a higher priority.
        (other.policy.priority > policy.priority ||
          (other.policy.priority === policy.priority && policy.allow.length > 0)) &&
        coversResources(other.policy.resourceSets, policy.resourceSets, this.#def),
    )
    if (wider.length === 0) return
    for (const item of itemsOf(policy)) {
      if (item.list !== 'allow' && item.list !== 'deny') continue
      for (const other of wider) if (this.#isDecidedBefore(placed, item, other, found)) break
    }
  }

  #isDecidedBefore(
    placed: PlacedPolicy,
    item: PlacedItem,
    other: PlacedPolicy,
    found: RangerFindings,
  ): boolean {
    const by = `policy ${other.policy.id} ${quoted(other.policy.name)}`
    const isHigher = other.policy.priority > placed.policy.priority
    const denying = this.#denying(other, item)
    if (denying !== null && item.list === 'allow') {
      const where = other === placed ? `\`${denying}\` of the same policy` : `\`${denying}\` of ${by}`
      found.add(placed, 'beaten_by_deny', item.place, `${where} denies it to everybody whom it is for`)
      return true
    }
    if (!isHigher) return false
    const allowing = this.#allowing(other, item)
    const deciding = allowing ?? denying
    if (deciding === null) return false
    found.add(
      placed,
      'overridden',
      item.place,
      `\`${deciding}\` of ${by}, of a higher priority, decides before it`,
    )
    return true
  }

  /** What of a policy denies all that an item is about; null where exceptions or the item itself may matter. */
  #denying({ policy }: PlacedPolicy, { item }: PlacedItem): string | null {
    const deny = this.#def.hasDenyAndExceptions ? policy.deny : []
    const index = deny.findIndex((one) => this.#accesses.covers(one, item))
    if (index >= 0 && policy.denyExceptions.length === 0) return `denyPolicyItems[${index}]`
    return policy.isDenyAllElse && policy.allow.length === 0 ? 'isDenyAllElse' : null
  }

  /** What of a policy allows all that an item is about; null where one of its exceptions may matter. */
  #allowing({ policy }: PlacedPolicy, { item }: PlacedItem): string | null {
    const index = policy.allow.findIndex((one) => this.#accesses.covers(one, item))
    return policy.allowExceptions.length === 0 && index >= 0 ? `policyItems[${index}]` : null
  }

  /** The policies of which a value may take in the first one of this policy. */
  #around({ policy }: PlacedPolicy): PlacedPolicy[] {
    const [[name, resource] = ['', null]] = policy.resourceSets[0] ?? []
    const known = this.#def.resources.find((one) => one.name === name)
    const value = resource?.values[0]
    if (known === undefined || value === undefined) return []
    const text = folded(known.options.ignoreCase, value)
    const around = new Set<PlacedPolicy>()
    for (let end = 0; end <= Math.min(text.length, MOST_COMPARED); end += 1)
      for (const one of this.#deciding.get(`${name}\0${text.slice(0, end)}`) ?? [])
        if (around.size < MOST_COMPARED) around.add(one)
    for (const one of this.#deciding.get(`${name}\0${text}`) ?? []) around.add(one)
    return [...around]
  }

  #startsOf({ policy }: PlacedPolicy): string[] {
    return policy.resourceSets.flatMap((set) => {
      const [[name, resource] = ['', null]] = set
      const known = this.#def.resources.find((one) => one.name === name)
      if (known === undefined || resource === null) return []
      return resource.values.map((value) => {
        const isRecursive = resource.isRecursive
        const start = isForAll(known, { value, isRecursive }) ? '' : (fixedStart(known, value) ?? value)
        return `${name}\0${folded(known.options.ignoreCase, start)}`
      })
    })
  }
}

const folded = (ignoresCase: boolean, text: string): string => (ignoresCase ? text.toLowerCase() : text)
