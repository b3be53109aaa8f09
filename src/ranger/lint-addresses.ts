import { parseAddress } from '../hadoop/addresses.ts'
import { ALL_ADDRESSES, isRange } from './ip-matcher.ts'
import { type PlacedPolicy, quoted, type RangerFindings } from './lint-finding.ts'
import type { PolicyCondition, ServiceDef } from './model.ts'

const BEGINNING_V4 = /^(?:\d{1,3}\.){1,3}\*$/
const BEGINNING_V6 = /^(?:[0-9a-f]{0,4}:){1,7}\*$/i

/** Looks for conditions on the address that hold for none, or for all. */
export function lintAddresses(
  placed: PlacedPolicy,
  conditions: readonly PolicyCondition[],
  place: string,
  def: ServiceDef,
  found: RangerFindings,
): void {
  for (const [index, { type, values }] of conditions.entries()) {
    const evaluator = def.conditions.find(({ name }) => name === type)?.evaluator
    if (evaluator !== 'RangerIpMatcher') continue
    const at = `${place}conditions[${index}].values`
    const wide = values.find((value) => value === '' || ALL_ADDRESSES.test(value) || isWhole(value))
    if (values.length === 0) found.add(placed, 'address_always', at, `${quoted(type)} has no value`)
    else if (wide !== undefined)
      found.add(placed, 'address_always', at, `${quoted(type)} has ${quoted(wide)} among its values`)
    else
      for (const [number, value] of values.entries()) {
        if (isRange(value))
          found.add(
            placed,
            'address_range',
            `${at}[${number}]`,
            `${quoted(type)} has the range ${quoted(value)}`,
          )
        else if (!mayFit(value))
          found.add(placed, 'address_never', `${at}[${number}]`, `no address fits ${quoted(value)}`)
      }
  }
}

const isWhole = (value: string): boolean => isRange(value) && /\/0+$/.test(value)

function mayFit(value: string): boolean {
  if (BEGINNING_V4.test(value))
    return value
      .slice(0, -2)
      .split('.')
      .every((part) => Number(part) <= 255 && String(Number(part)) === part)
  return BEGINNING_V6.test(value) || parseAddress(value) !== null
}
