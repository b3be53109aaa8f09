import { isDeepStrictEqual } from 'node:util'
import { parseStaticGroups } from '../../../src/hadoop/static-group-mapping.ts'
import { type Area, expectLoadError, objectOf, optionalText } from './area.ts'

/** The overrides text to users and their groups. */
export const staticGroupMapping: Area = ({ given, expect }) => {
  const load = (): ReadonlyMap<string, readonly string[]> =>
    parseStaticGroups(optionalText(given['overrides']) ?? 'dr.who=;')
  const { error, hadoopRaises } = expect
  if (error !== undefined || hadoopRaises !== undefined)
    return expectLoadError(error ?? hadoopRaises ?? null, load)
  const wanted = new Map(Object.entries(objectOf(expect['map'])))
  const got = load()
  return isDeepStrictEqual(wanted, got) ? null : { wanted: [...wanted], got: [...got] }
}
