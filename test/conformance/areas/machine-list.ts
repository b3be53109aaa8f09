import { parseJavaAddress } from '../../../src/hadoop/addresses.ts'
import { MachineList, type MachineListOptions } from '../../../src/hadoop/machine-list.ts'
import { type Area, compare, expectLoadError, listOf, objectOf, optionalText, resolverOf } from './area.ts'

/** Hadoop's own behaviour, for a list that allows. */
export const PARITY: MachineListOptions = {
  ipv6Ranges: false,
  shortAddresses: true,
  unresolvedMatches: false,
  ipv6AgainstRanges: false,
}

/** A host list and the addresses it is asked for; a list at which Hadoop raises has to refuse. */
export const machineList: Area = ({ given, expect }) => {
  const resolve = resolverOf(given)
  const load = (): MachineList => MachineList.parse(optionalText(given['list']), resolve, PARITY)
  if ('constructError' in expect) return expectLoadError(expect['constructError'] ?? null, load)
  const list = load()
  const asked = listOf(given['addresses']).map(optionalText)
  const includes = asked.map((query) => {
    if (query === null) return ['null', list.all]
    // Hadoop looks up what is asked for as well; Keddah never asks for a name.
    const address = parseJavaAddress(query) === null ? resolve(query) : query
    return [query, list.all || (address !== null && list.includes(address))]
  })
  const wanted = Object.entries(objectOf(expect['includes']))
  return compare(
    { includes: Object.fromEntries(wanted.map(([query, value]) => [query, value === true])) },
    { includes: Object.fromEntries(includes) },
  )
}
