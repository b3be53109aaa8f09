import { ConfigError, type Problem } from '../../errors.ts'
import type { Configuration } from '../../hadoop/configuration.ts'
import { parseStaticGroups } from '../../hadoop/static-group-mapping.ts'
import { createCompositeProvider } from './composite.ts'
import { NO_GROUPS_PROVIDER, type GroupProvider } from './provider.ts'
import { createUnixProvider } from './unix.ts'

const MAPPING = 'hadoop.security.group.mapping'
const OVERRIDES = 'hadoop.user.group.static.mapping.overrides'
const SHELL_TIMEOUT = 'hadoop.security.groups.shell.command.timeout'
const DEFAULT_OVERRIDES = 'dr.who=;'
/** Hadoop waits for ever; a request does not. */
const DEFAULT_TIMEOUT_MS = 10_000
const PACKAGE = 'org.apache.hadoop.security.'

const UNIX_CLASSES = new Set(
  ['JniBasedUnixGroupsMappingWithFallback', 'JniBasedUnixGroupsMapping', 'ShellBasedUnixGroupsMapping'].map(
    (name) => PACKAGE + name,
  ),
)

/** The `groups:` block of the settings: what is given there wins over Hadoop's keys. */
export interface GroupSettings {
  readonly provider?: 'unix' | 'static' | undefined
  readonly cacheSeconds?: number | undefined
  readonly negativeCacheSeconds?: number | undefined
  readonly overrides?: Readonly<Record<string, readonly string[]>> | undefined
}

/**
 * What the group cache does.
 *
 * Units: milliseconds. `refreshMs`: from this age on an entry is asked for again, at ten times the age it is gone.
 * `negativeMs`: how long "no groups" is believed, 0: not at all. `warnMs`: a look-up that takes longer is reported.
 */
export interface GroupCacheOptions {
  readonly refreshMs: number
  readonly negativeMs: number
  readonly warnMs: number
  readonly backgroundReload: boolean
}

/** Where groups come from, and how long they are kept. */
export interface GroupMapping {
  readonly provider: GroupProvider
  readonly overrides: ReadonlyMap<string, readonly string[]>
  readonly cache: GroupCacheOptions
}

/**
 * Reads Hadoop's group keys and our own settings over them.
 *
 * Shape: `provider: static` means the overrides and nothing else. The Jni and shell classes are one and the same
 * `id` here; `….background.reload.threads` is not read, the cache bounds what runs at once.
 * Errors: `ERR_CONFIG_GROUPS` with every problem, naming key, file and line: a provider class that this version
 * lacks, a number that is none, malformed overrides.
 * Source: org.apache.hadoop.security.Groups, CompositeGroupsMapping; `skipFailed`: Divergence D-4.
 */
export function readGroupMapping(
  configuration: Configuration,
  settings: GroupSettings,
  options: { readonly skipFailed: boolean },
): GroupMapping {
  const reader = new Reader(configuration, options.skipFailed)
  const mapping: GroupMapping = {
    provider: reader.provider(settings.provider),
    overrides:
      settings.overrides === undefined ? reader.overrides() : new Map(Object.entries(settings.overrides)),
    cache: {
      refreshMs: 1000 * (settings.cacheSeconds ?? reader.number('hadoop.security.groups.cache.secs', 300, 1)),
      negativeMs:
        1000 *
        Math.max(
          0,
          settings.negativeCacheSeconds ?? reader.number('hadoop.security.groups.negative-cache.secs', 30),
        ),
      warnMs: reader.number('hadoop.security.groups.cache.warn.after.ms', 5000),
      backgroundReload: configuration.getBoolean('hadoop.security.groups.cache.background.reload', false),
    },
  }
  if (reader.problems.length === 0) return mapping
  throw new ConfigError('ERR_CONFIG_GROUPS', reader.problems[0]?.message ?? '', { problems: reader.problems })
}

class Reader {
  readonly problems: Problem[] = []
  readonly #configuration: Configuration
  readonly #skipFailed: boolean

  constructor(configuration: Configuration, skipFailed: boolean) {
    this.#configuration = configuration
    this.#skipFailed = skipFailed
  }

  provider(chosen: GroupSettings['provider']): GroupProvider {
    if (chosen === 'static') return NO_GROUPS_PROVIDER
    if (chosen === 'unix') return this.#unix()
    const name = this.#configuration.getTrimmed(MAPPING)
    if (name === undefined || name === '') return this.#unix()
    return name === `${PACKAGE}CompositeGroupsMapping` ? this.#composite() : this.#simple(MAPPING, name)
  }

  overrides(): ReadonlyMap<string, readonly string[]> {
    try {
      return parseStaticGroups(this.#configuration.get(OVERRIDES) ?? DEFAULT_OVERRIDES)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return this.#problem(
        OVERRIDES,
        'static_groups',
        error.message,
        error.problems[0]?.hint ?? null,
        new Map(),
      )
    }
  }

  /** A whole number as Hadoop writes them; anything else is a problem, and `fallback` stands in for it. */
  number(key: string, fallback: number, least: number = Number.MIN_SAFE_INTEGER): number {
    const text = this.#configuration.getTrimmed(key)
    if (text === undefined) return fallback
    const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least) return value
    return this.#problem(
      key,
      'bad_number',
      `\`${key}\` is \`${text}\`, not a number it can use`,
      null,
      fallback,
    )
  }

  #unix(): GroupProvider {
    return createUnixProvider({ timeoutMs: this.#timeoutMs() })
  }

  #composite(): GroupProvider {
    const listed = this.#configuration.getTrimmed(`${MAPPING}.providers`) ?? ''
    const names = listed.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]))
    const providers = names.map((name) => {
      const key = `${MAPPING}.provider.${name}`
      const className = this.#configuration.getTrimmed(key)
      if (className !== undefined) return this.#simple(key, className)
      const message = `\`${MAPPING}.providers\` lists \`${name}\`, but \`${key}\` names no class`
      return this.#problem(
        `${MAPPING}.providers`,
        'group_provider',
        message,
        `set \`${key}\``,
        NO_GROUPS_PROVIDER,
      )
    })
    return createCompositeProvider(providers, {
      combined: this.#configuration.getBoolean(`${MAPPING}.providers.combined`, true),
      skipFailed: this.#skipFailed,
    })
  }

  #simple(key: string, className: string): GroupProvider {
    if (UNIX_CLASSES.has(className)) return this.#unix()
    if (className === `${PACKAGE}NullGroupsMapping`) return NO_GROUPS_PROVIDER
    const message = `\`${key}\` names the group provider \`${className}\`, which this version does not have`
    const hint =
      'set `groups: { provider: unix }` in the settings: `id` also answers from SSSD and LDAP where they are set up'
    return this.#problem(key, 'group_provider', message, hint, NO_GROUPS_PROVIDER)
  }

  /** Hadoop's time with unit, seconds without one; 0 is Hadoop's "no limit". */
  #timeoutMs(): number {
    const text = this.#configuration.getTrimmed(SHELL_TIMEOUT)
    if (text === undefined) return DEFAULT_TIMEOUT_MS
    const match = /^(\d{1,9})(ms|s|m|h|d)?$/i.exec(text)
    const units = new Map([
      ['ms', 1],
      ['s', 1000],
      ['m', 60_000],
      ['h', 3_600_000],
      ['d', 86_400_000],
    ])
    const value = Number(match?.[1]) * (units.get((match?.[2] ?? 's').toLowerCase()) ?? Number.NaN)
    if (Number.isNaN(value)) {
      const message = `\`${SHELL_TIMEOUT}\` is \`${text}\`, not a time such as \`5s\``
      return this.#problem(SHELL_TIMEOUT, 'bad_time', message, null, DEFAULT_TIMEOUT_MS)
    }
    return value === 0 ? DEFAULT_TIMEOUT_MS : value
  }

  #problem<T>(key: string, code: string, message: string, hint: string | null, standIn: T): T {
    const entry = this.#configuration.entry(key)
    this.problems.push({
      file: entry?.file ?? '',
      line: entry?.line ?? null,
      column: entry?.column ?? null,
      key,
      severity: 'error',
      code,
      message,
      hint,
    })
    return standIn
  }
}
