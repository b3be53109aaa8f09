import { parseJavaAddress } from '../../../src/hadoop/addresses.ts'
import { MachineList, type MachineListOptions } from '../../../src/hadoop/machine-list.ts'
import {
  type Area,
  compare,
  expectLoadError,
  listOf,
  objectOf,
  optionalText,
  raises,
  resolverOf,
} from './area.ts'

const LOOPBACK = '127.0.0.1'

/** Hadoop's own behaviour, for a list that allows. */
export const PARITY: MachineListOptions = {
  ipv6Ranges: false,
  shortAddresses: true,
  unresolvedMatches: false,
  ipv6AgainstRanges: false,
}

/** A host list and the addresses it is asked for; a list at which Hadoop raises has to refuse. */
export const machineList: Area = (test) => {
  const { given, expect } = test
  const resolve = resolverOf(given)
  const load = (): MachineList => MachineList.parse(optionalText(given['list']), resolve, PARITY)
  if ('constructError' in expect) return expectLoadError(expect['constructError'] ?? null, load)
  const list = load()
  const asked = listOf(given['addresses'] ?? []).map(optionalText)
  const includes = (query: string | null): boolean => {
    if (list.all || query === null) return list.all
    // Hadoop looks up what is asked for as well, and Java takes the empty name for the machine itself; Keddah never
    // asks for a name.
    const name = query === '' ? LOOPBACK : query
    const address = parseJavaAddress(name) === null ? resolve(name) : name
    return address !== null && list.includes(address)
  }
  const none = Object.fromEntries(asked.map((query) => [query ?? 'null', false]))
  const wanted = Object.entries(raises(test) ? none : objectOf(expect['includes']))
  const got = wanted.map(([query]) => {
    const isNull = query === 'null' && asked.includes(null)
    return [query, includes(isNull ? null : query)] as const
  })
  return compare(
    { includes: Object.fromEntries(wanted.map(([query, value]) => [query, value === true])) },
    { includes: Object.fromEntries(got) },
  )
}
