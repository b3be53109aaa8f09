import { ConfigError, type Place, type Problem } from '../errors.ts'
import type { ConfigurationEntry, ConfigurationResource, UnsetProperty } from './configuration-xml.ts'
import { expand, type ExpansionSources, referencesIn } from './expansion.ts'
import { javaTrim } from './java-text.ts'

export { parseConfigurationXml } from './configuration-xml.ts'
export type { ConfigurationEntry, ConfigurationResource } from './configuration-xml.ts'

const NO_ENVIRONMENT: ReadonlyMap<string, string> = new Map()

/**
 * Old names that Hadoop renames while it loads, in processes that know MapReduce.
 *
 * Source: org.apache.hadoop.mapreduce.util.ConfigUtil.
 */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['security.task.umbilical.protocol.acl', 'security.job.task.protocol.acl'],
  ['security.job.submission.protocol.acl', 'security.job.client.protocol.acl'],
])

/** A configuration as plain values, on its way to another thread. `referred` are the keys that `${…}` names. */
export interface PackedConfiguration {
  readonly entries: ReadonlyMap<string, ConfigurationEntry>
  readonly problems: readonly Problem[]
  readonly environment: ReadonlyMap<string, string>
  readonly referred: ReadonlySet<string>
}

/**
 * The effective values of several files, later ones over earlier ones, and how they came about.
 *
 * Source: org.apache.hadoop.conf.Configuration (3.4).
 */
export class Configuration {
  /** Repeated keys, keys without a value, values that a final one keeps out, old names: warnings, in file order. */
  readonly problems: readonly Problem[]
  readonly #packed: PackedConfiguration
  readonly #entries: ReadonlyMap<string, ConfigurationEntry>
  readonly #sources: ExpansionSources

  private constructor(packed: PackedConfiguration) {
    const { entries, problems, environment } = packed
    this.#packed = packed
    this.#entries = entries
    this.problems = problems
    this.#sources = { raw: (key) => entries.get(javaTrim(key))?.value, environment }
  }

  /**
   * Lays files over each other in order.
   *
   * Shape: a later value wins unless an earlier one is final, within a file too; a final property without a value
   * keeps its key unset. `environment` is what `${env.…}` reads; empty when left out. `rename: false` leaves old names
   * alone, as in a Hadoop process without MapReduce. `expandedFrom` are the configurations whose expanded values the
   * files are made of: what those refer to is still referred to.
   */
  static of(
    resources: readonly ConfigurationResource[],
    environment: ReadonlyMap<string, string> = NO_ENVIRONMENT,
    options: { readonly rename?: boolean; readonly expandedFrom?: readonly Configuration[] } = {},
  ): Configuration {
    const layers = new Layers(options.rename ?? true)
    for (const resource of resources) layers.add(resource)
    const { entries, problems } = layers
    const referred = new Set(options.expandedFrom?.flatMap((from) => [...from.#packed.referred]))
    for (const { value } of entries.values()) for (const key of referencesIn(value)) referred.add(key)
    return new Configuration({ entries, problems, environment, referred })
  }

  /** The configuration that `pack` has taken apart, in this thread or in another one. */
  static unpack(packed: PackedConfiguration): Configuration {
    return new Configuration(packed)
  }

  /** What another thread needs to have the same configuration. */
  pack(): PackedConfiguration {
    return this.#packed
  }

  /**
   * The effective value of a key, expanded, not trimmed; where it is unset `fallback`, which Hadoop expands as well.
   *
   * Errors: `ERR_POLICY_EXPANSION`, naming file, line and key.
   */
  get(key: string): string | undefined
  get(key: string, fallback: string): string
  get(key: string, fallback?: string): string | undefined {
    const entry = this.entry(key)
    const text = entry?.value ?? fallback
    if (text === undefined || !text.includes('${')) return text
    try {
      return expand(text, this.#sources)
    } catch (cause) {
      if (!(cause instanceof ConfigError) || entry === undefined) throw cause
      const hint = 'remove the cycle or shorten the chain of references'
      const problem = problemAt(entry, 'error', 'expansion', cause.message, hint)
      throw new ConfigError('ERR_POLICY_EXPANSION', `\`${key}\`: ${cause.message}`, {
        problems: [problem],
        cause,
      })
    }
  }

  /** Where the effective value of a key stands; undefined where it is unset. */
  entry(key: string): ConfigurationEntry | undefined {
    return this.#entries.get(javaTrim(key))
  }

  /** The same as a place: file, line and column are unknown where the key is unset. */
  placeOf(key: string): Place {
    const entry = this.entry(key)
    return { file: entry?.file ?? '', line: entry?.line ?? null, column: entry?.column ?? null, key }
  }

  /** The effective value with Java's trimming, or `fallback` where the key is unset. */
  getTrimmed(key: string): string | undefined
  getTrimmed(key: string, fallback: string): string
  getTrimmed(key: string, fallback?: string): string | undefined {
    const value = this.get(key)
    return value === undefined ? fallback : javaTrim(value)
  }

  /** `true` or `false` in any case and with blanks around it; everything else, `yes` and `1` too, is `fallback`. */
  getBoolean(key: string, fallback: boolean): boolean {
    const value = this.getTrimmed(key)?.toLowerCase()
    return value === 'true' || (value !== 'false' && fallback)
  }

  /** Whether a `${…}` in some value names the key. */
  refersTo(key: string): boolean {
    return this.#packed.referred.has(key)
  }

  /** Every key that has a value. */
  keys(): Iterable<string> {
    return this.#entries.keys()
  }

  /** Every key that has a value and starts with `prefix`. */
  keysWithPrefix(prefix: string): string[] {
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix))
  }
}

/** The layering, one property at a time, exactly in the order Hadoop loads them. */
class Layers {
  readonly entries = new Map<string, ConfigurationEntry>()
  readonly problems: Problem[] = []
  readonly #finals = new Map<string, UnsetProperty | ConfigurationEntry>()
  readonly #rename: boolean

  constructor(rename: boolean) {
    this.#rename = rename
  }

  add(resource: ConfigurationResource): void {
    this.problems.push(...resource.problems)
    const seen = new Map<string, ConfigurationEntry>()
    let next = 0
    for (const unset of resource.unset) {
      for (; next < unset.after; next += 1) this.#set(resource.entries[next], seen)
      this.#unset(unset)
    }
    for (; next < resource.entries.length; next += 1) this.#set(resource.entries[next], seen)
  }

  #set(written: ConfigurationEntry | undefined, seen: Map<string, ConfigurationEntry>): void {
    if (written === undefined) return
    const entry = this.#renamed(written)
    const final = this.#finals.get(entry.key)
    const earlier = seen.get(entry.key)
    if (final !== undefined) this.#warn(entry, 'final_override', `is ignored: final in ${placeOf(final)}`)
    else {
      if (earlier !== undefined)
        this.#warn(entry, 'duplicate_key', `replaces the value in ${placeOf(earlier)}`)
      this.entries.set(entry.key, entry)
    }
    seen.set(entry.key, entry)
    if (entry.final && final === undefined) this.#finals.set(entry.key, entry)
  }

  #unset(written: UnsetProperty): void {
    const property = this.#renamed(written)
    const isProxyUser = property.key.includes('hadoop.proxyuser.')
    const left = isProxyUser ? 'it names nobody and no host' : 'the default applies, often `*`'
    this.#warn(property, 'empty_value', `has no value and counts as not set: ${left}`)
    if (property.final && !this.#finals.has(property.key)) this.#finals.set(property.key, property)
  }

  #renamed<P extends { readonly key: string } & Omit<ConfigurationEntry, 'value'>>(property: P): P {
    const name = this.#rename ? RENAMED.get(property.key) : undefined
    if (name === undefined) return property
    this.#warn(property, 'deprecated_key', `is an old name of \`${name}\``)
    return { ...property, key: name }
  }

  #warn(at: Omit<ConfigurationEntry, 'value'>, code: string, what: string): void {
    this.problems.push(problemAt(at, 'warning', code, `\`${at.key}\` ${what}`, HINTS[code] ?? null))
  }
}

const HINTS: Readonly<Record<string, string>> = {
  empty_value: 'write `<value> </value>`, with one blank, for nobody; or remove the property',
  duplicate_key: 'keep one of the two',
  final_override: 'remove this property, or the `final` of the other one',
  deprecated_key: 'use the new name',
}

const placeOf = ({ file, line }: { readonly file: string; readonly line: number }): string =>
  `${file}:${line}`

function problemAt(
  { file, line, column, key }: Omit<ConfigurationEntry, 'value'>,
  severity: Problem['severity'],
  code: string,
  message: string,
  hint: string | null,
): Problem {
  return { file, line, column, key, severity, code, message, hint }
}
