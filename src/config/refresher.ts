import type { ConfigError } from '../errors.ts'

/** What is loaded anew: everything, or one of the three families of Hadoop's refresh commands. */
export type Scope = 'all' | 'service-acl' | 'user-mappings' | 'proxy-users'

/** What asked for a load. */
export type Trigger = 'start' | 'signal' | 'watch' | 'admin'

/**
 * How a refresh ended.
 *
 * Shape: `revision` is the policy in force afterwards, `previous` the one before; `changed` says whether anything in
 * force differs from before. After a failure `revision` is still the old one, and `error` has every problem.
 */
export type RefreshResult =
  | { readonly ok: true; readonly revision: string; readonly previous: string; readonly changed: boolean }
  | { readonly ok: false; readonly revision: string; readonly error: ConfigError }
