import { UnavailableError } from '../../errors.ts'
import type { GroupProvider } from './provider.ts'

/**
 * How the answers of several providers become one.
 *
 * Shape: `combined` true: the union, in the order of the providers; false: the first that is not empty.
 * `skipFailed` true is Hadoop's way (parity D-4): a provider that fails is passed over.
 */
export interface CompositeOptions {
  readonly combined: boolean
  readonly skipFailed: boolean
}

/**
 * Asks several providers.
 *
 * A provider that fails makes the whole look-up fail, unless an earlier one has already answered with `combined`
 * off: without its part the list may lack the very group that a blocked list names.
 * Errors: `ERR_GROUPS_PROVIDER`, naming the provider that failed.
 * Source: org.apache.hadoop.security.CompositeGroupsMapping. Divergence D-4.
 */
export function createCompositeProvider(
  providers: readonly GroupProvider[],
  options: CompositeOptions,
): GroupProvider {
  const ask = async (provider: GroupProvider, user: string): Promise<readonly string[]> => {
    try {
      return await provider.groupsOf(user)
    } catch (cause) {
      if (options.skipFailed) return []
      const message = `the group provider \`${provider.name}\` failed`
      throw new UnavailableError('ERR_GROUPS_PROVIDER', message, { retryable: true, cause })
    }
  }
  return {
    name: `composite(${providers.map(({ name }) => name).join(',')})`,
    async groupsOf(user) {
      if (options.combined) {
        const lists = await Promise.all(providers.map((provider) => ask(provider, user)))
        return [...new Set(lists.flat())]
      }
      for (const provider of providers) {
        const groups = await ask(provider, user)
        if (groups.length > 0) return groups
      }
      return []
    },
  }
}
