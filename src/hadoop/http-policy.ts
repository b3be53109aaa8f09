import type { Configuration } from './configuration.ts'

/** What a daemon speaks; `HTTP_AND_HTTPS` means both, each on a port of its own. */
export type HttpPolicy = 'HTTP_ONLY' | 'HTTPS_ONLY' | 'HTTP_AND_HTTPS'

const POLICIES: readonly HttpPolicy[] = ['HTTP_ONLY', 'HTTPS_ONLY', 'HTTP_AND_HTTPS']

/**
 * The policy that stands under `key`, such as `dfs.http.policy`; `HTTP_ONLY` where nothing does.
 *
 * Shape: null for a word that is none, with which no daemon starts.
 * Source: org.apache.hadoop.http.HttpConfig.Policy#fromString.
 */
export function httpPolicy(configuration: Configuration, key: string): HttpPolicy | null {
  const word = (configuration.getTrimmed(key) || 'HTTP_ONLY').toUpperCase()
  return POLICIES.find((policy) => policy === word) ?? null
}
