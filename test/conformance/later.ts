import type { Json, JsonObject } from './areas/area.ts'
import { listOf, objectOf } from './areas/area.ts'

/** Areas of `hadoop-*.json` whose part of the product comes with a later issue. */
export const LATER_AREAS: ReadonlyMap<string, string> = new Map([
  ['signed-cookie', 'the cookie of hadoop-auth comes with a later issue'],
  ['delegation-token', 'delegation tokens come with a later issue'],
  ['rpc-frames', 'Hadoop RPC comes with a later issue'],
])

const KEYRING = 'the keyring comes with a later issue'

/** A case that cannot be run yet, by name, and why. */
export interface Skip {
  readonly name: string
  readonly reason: string
}

type Names = (file: JsonObject) => string[]

/** The cases of each format of later issues, counted as the runner will count them. */
const LATER_FORMATS: ReadonlyMap<string, { names: Names; reason: string }> = new Map([
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

/** Names of a list of cases: `name`, `case`, or the kind and the position. */
function named(list: Json | undefined, kind = 'case'): string[] {
  return listOf(list ?? []).map((entry, index) => {
    const { name = null, case: label = null } = objectOf(entry)
    const text = name ?? label
    return typeof text === 'string' ? text : `${kind} #${index + 1}`
  })
}
