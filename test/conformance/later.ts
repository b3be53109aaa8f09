import type { Json, JsonObject } from './areas/area.ts'
import { listOf, objectOf, optionalText } from './areas/area.ts'

/** Areas of `hadoop-*.json` whose part of the product comes with a later issue. */
export const LATER_AREAS: ReadonlyMap<string, string> = new Map([
  ['signed-cookie', 'the cookie of hadoop-auth comes with a later issue'],
  ['delegation-token', 'delegation tokens come with a later issue'],
  ['rpc-frames', 'Hadoop RPC comes with a later issue'],
])

const RANGER = 'Ranger policies come with a later issue'
const KEYRING = 'the keyring comes with a later issue'

/** A case that cannot be run yet, by name, and why. */
export interface Skip {
  readonly name: string
  readonly reason: string
}

type Names = (file: JsonObject) => string[]

/** The cases of each format of later issues, counted as the runner will count them. */
const LATER_FORMATS: ReadonlyMap<string, { names: Names; reason: string }> = new Map([
  ['ranger-cases/1', { names: rangerRequests, reason: RANGER }],
  ['ranger-evalorder/1', { names: (file: JsonObject) => [...named(file['scores']), 'sort'], reason: RANGER }],
  [
    'ranger-deltas/1',
    { names: (file: JsonObject) => [...named(file['classify']), ...named(file['cases'])], reason: RANGER },
  ],
  [
    'keyring-vectors/1',
    {
      names: (file: JsonObject) => [
        ...named(file['records'], 'record'),
        ...named(file['badRecords']),
        ...named(file['badRings']),
        'encryptFixedNonce',
      ],
      reason: KEYRING,
    },
  ],
  ['ranger-servicedefs/1', { names: () => ['definitions'], reason: 'other files use it; it has no cases' }],
  ['ranger-upstream-index/1', { names: () => ['index'], reason: 'other files use it; it has no cases' }],
])

/** The cases of a file whose `format` belongs to a later issue; null for a format nobody knows. */
export function laterCases(format: string, file: JsonObject): Skip[] | null {
  const later = LATER_FORMATS.get(format)
  return later === undefined ? null : later.names(file).map((name) => ({ name, reason: later.reason }))
}

/** The tests of one of Ranger's own fixtures; null for a file that is none. */
export function rangerFixture(file: Json): Skip[] | null {
  const names = fixtureNames(file)
  return names === null ? null : names.map((name) => ({ name, reason: RANGER }))
}

function fixtureNames(file: Json): string[] | null {
  const fixture = objectOf(file)
  if (!('serviceDef' in fixture) || !('policies' in fixture)) return null
  const nested = 'testsInfo' in fixture ? objectOf(fixture['testsInfo'])['tests'] : []
  return [...named(fixture['tests']), ...named(nested), ...named(fixture['updatedTests'])]
}

function rangerRequests(file: JsonObject): string[] {
  return listOf(file['cases']).flatMap((entry) => {
    const { name = null, requests = [] } = objectOf(entry)
    return listOf(requests).map((_, index) => `${optionalText(name) ?? 'case'} #${index + 1}`)
  })
}

/** Names of a list of cases: `name`, `case`, or the kind and the position. */
function named(list: Json | undefined, kind = 'case'): string[] {
  return listOf(list ?? []).map((entry, index) => {
    const { name = null, case: label = null } = objectOf(entry)
    const text = name ?? label
    return typeof text === 'string' ? text : `${kind} #${index + 1}`
  })
}
