import { Collected } from '../config/collect.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { AuthToLocal } from '../hadoop/kerberos-name.ts'
import { type GroupMapping, type GroupSettings, readGroupMapping } from '../identity/groups/settings.ts'
import { compileUserPattern, type UserNames } from '../identity/names.ts'
import type { Parity } from '../policy/divergences.ts'

/** How principals become users, and users have groups. */
export interface UserMappings {
  readonly names: UserNames
  readonly groups: GroupMapping
}

/** What the settings say about it. `defaultRealm` is empty for none. */
export interface MappingSettings {
  readonly groups: GroupSettings
  readonly defaultRealm: string
  readonly parity: Parity
}

/**
 * Reads what Hadoop's files say about users and groups, the settings over them.
 *
 * Errors: `ConfigError` with the problems of all of it: the user pattern, the rules, the groups.
 */
export function readUserMappings(
  configuration: Configuration,
  { groups, defaultRealm, parity }: MappingSettings,
): UserMappings {
  const collected = new Collected()
  const pattern = collected.try(() => compileUserPattern(configuration))
  const rules = collected.try(() => AuthToLocal.of(configuration, defaultRealm))
  const mapping = collected.try(() =>
    readGroupMapping(configuration, groups, { skipFailed: parity.has('D-4') }),
  )
  collected.throwIfAny()
  if (pattern === undefined || rules === undefined || mapping === undefined) return collected.fail()
  return { names: { pattern, rules }, groups: mapping }
}
