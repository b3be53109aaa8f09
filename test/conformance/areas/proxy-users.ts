import { Configuration } from '../../../src/hadoop/configuration.ts'
import { ProxyUsers } from '../../../src/hadoop/proxy-users.ts'
import {
  type Area,
  compare,
  expectLoadError,
  objectOf,
  optionalText,
  raises,
  resolverOf,
  subjectOf,
} from './area.ts'
import { addressOf, propertiesResource } from './given.ts'
import { PARITY } from './machine-list.ts'

/** Without a user there is nothing to ask: the decision has refused before. */
const NOBODY = { message: 'nobody authenticated', key: '' }

/** Whether the real user may act for the user from an address. */
export const proxyUsers: Area = (test) => {
  const { given, expect } = test
  const resolve = resolverOf(given)
  const prefix = optionalText(given['prefix']) ?? 'hadoop.proxyuser'
  const load = (): ProxyUsers => {
    const resource = propertiesResource(objectOf(given['properties'] ?? {}))
    const configuration = Configuration.of([resource], undefined, { rename: false })
    return ProxyUsers.of(configuration, prefix, resolve, PARITY)
  }
  if ('refreshError' in expect) return expectLoadError(expect['refreshError'] ?? null, load)
  const loaded = load()
  const { user = null } = given
  const refusal = user === null ? NOBODY : loaded.check(subjectOf(user), addressOf(given['address']))
  if (raises(test)) return compare({ allowed: false }, { allowed: refusal === null })
  return compare(expect, {
    allowed: refusal === null,
    ...(refusal === null ? {} : { message: refusal.message }),
  })
}
