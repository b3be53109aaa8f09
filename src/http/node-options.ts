import { ConfigError } from '../errors.ts'

/** Options that make Node's HTTP parser take what two servers may read in two ways, or lift its limits. */
const REFUSED = /^["']?--(?:insecure-http-parser|http-validation|max-http-header-size)(?:=|["']?$)/

/**
 * Refuses to listen where Node was started with a weaker HTTP parser. The listeners ask for the strict one whatever
 * the options say; that somebody wants the other is an error all the same.
 *
 * Shape: `options` are the words of `process.execArgv` and `NODE_OPTIONS`; Node reads `_` as `-`.
 * Errors: `ERR_CONFIG_SETTINGS` naming the option.
 */
export function requireStrictParser(options: readonly string[]): void {
  for (const option of options) {
    if (!REFUSED.test(option.toLowerCase().replaceAll('_', '-'))) continue
    throw new ConfigError(
      'ERR_CONFIG_SETTINGS',
      `Node was started with \`${option}\`: take it out of the command line and of NODE_OPTIONS`,
    )
  }
}
