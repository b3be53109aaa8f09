import { policyKeys } from '../hadoop/service-acls.ts'
import { SERVICE_KEYS } from '../hadoop/services.ts'
import { nearestName } from './nearest-name.ts'

const DEFAULT_ACL = 'security.service.authorization.default.acl'
const PREFIX = 'security.'

/** More letters than this are not a slip; without this bound every key of a site file would be near something. */
const SLIPS = 2

/** A key that is nothing like the end of a policy key is not compared with all of them: site files may be long. */
const LIKE_POLICY_KEY = /^se?c|(?:acl|hosts?|blocked)s?$/i
const PROXY_USER = 'hadoop.proxyuser.'

/**
 * The policy keys there are, and which of them a misspelt one was meant for.
 *
 * Shape: `customKeys` are ACL keys that only the settings know.
 */
export class PolicyKeyNames {
  readonly known: ReadonlySet<string>
  readonly #tails: readonly { readonly key: string; readonly tail: string }[]

  constructor(customKeys: readonly string[]) {
    const acls = [...SERVICE_KEYS, DEFAULT_ACL, ...customKeys]
    this.known = new Set(acls.flatMap((key) => Object.values(policyKeys(key))))
    this.#tails = [...this.known]
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => ({ key, tail: plain(key.slice(PREFIX.length)) }))
      .sort((a, b) => b.tail.length - a.tail.length)
  }

  /**
   * The policy key that `key` is all but: a letter or two apart (`securty.…`, `Security.…`, `security-…`), without its
   * `security.`, or with something before it (`hadoop.security.…`). Null for a known key, and where none is so near.
   */
  intended(key: string): string | null {
    if (this.known.has(key) || key.startsWith(PROXY_USER) || !LIKE_POLICY_KEY.test(key)) return null
    const written = plain(key)
    return this.#tails.find(({ tail }) => written.endsWith(tail))?.key ?? nearestName(key, this.known, SLIPS)
  }
}

const plain = (key: string): string => key.toLowerCase().replaceAll(/[^a-z]/g, '')
