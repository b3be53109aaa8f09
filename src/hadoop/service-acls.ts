import type { Configuration } from './configuration.ts'

const DEFAULT_ACL_KEY = 'security.service.authorization.default.acl'
const BLOCKED = '.blocked'

/** The four keys that decide about one service. */
export interface PolicyKeys {
  readonly acl: string
  readonly blocked: string
  readonly hosts: string
  readonly hostsBlocked: string
}

/**
 * Where an effective text comes from: the service's own key, the `default` key, Hadoop's built-in value, or the key
 * of another service that stands in for it (D-8).
 */
export type ValueOrigin = 'explicit' | 'default' | 'builtin' | 'alias'

/** One effective list text. `key` is the key it was read from; file, line and column are null for built-in values. */
export interface EffectiveText {
  readonly text: string
  readonly origin: ValueOrigin
  readonly key: string
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
}

/** The four lists of a service as texts, defaults applied. */
export interface EffectiveTexts {
  readonly acl: EffectiveText
  readonly blockedAcl: EffectiveText
  readonly hosts: EffectiveText
  readonly blockedHosts: EffectiveText
}

/**
 * Names the companions of an ACL key: `.blocked` is appended, `hosts` replaces what follows the last dot.
 *
 * Source: org.apache.hadoop.security.authorize.ServiceAuthorizationManager#getHostKey.
 */
export function policyKeys(aclKey: string): PolicyKeys {
  const dot = aclKey.lastIndexOf('.')
  const hosts = dot < 0 ? aclKey : `${aclKey.slice(0, dot)}.hosts`
  return { acl: aclKey, blocked: aclKey + BLOCKED, hosts, hostsBlocked: hosts + BLOCKED }
}

/**
 * Finds the four lists of a service: its own key, else the default key, else `*` or nothing.
 *
 * Shape: an own key set to an empty text counts as set; defaults and own lists never combine. Texts are not trimmed.
 * Errors: `ERR_POLICY_EXPANSION`.
 * Source: org.apache.hadoop.security.authorize.ServiceAuthorizationManager#refreshWithLoadedConfiguration.
 */
export function effectiveTexts(configuration: Configuration, aclKey: string): EffectiveTexts {
  const own = policyKeys(aclKey)
  const fallback = policyKeys(DEFAULT_ACL_KEY)
  const read = (key: string, defaultKey: string, builtin: string): EffectiveText =>
    readText(configuration, key, 'explicit') ??
    readText(configuration, defaultKey, 'default') ?? {
      text: builtin,
      origin: 'builtin',
      key,
      file: null,
      line: null,
      column: null,
    }
  return {
    acl: read(own.acl, fallback.acl, '*'),
    blockedAcl: read(own.blocked, fallback.blocked, ''),
    hosts: read(own.hosts, fallback.hosts, '*'),
    blockedHosts: read(own.hostsBlocked, fallback.hostsBlocked, ''),
  }
}

function readText(configuration: Configuration, key: string, origin: ValueOrigin): EffectiveText | null {
  const text = configuration.get(key)
  if (text === undefined) return null
  const entry = configuration.entry(key)
  const place = { file: entry?.file ?? null, line: entry?.line ?? null, column: entry?.column ?? null }
  return { text, origin, key, ...place }
}
