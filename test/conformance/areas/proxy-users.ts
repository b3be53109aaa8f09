import { Configuration } from '../../../src/hadoop/configuration.ts'
import { ProxyUsers } from '../../../src/hadoop/proxy-users.ts'
import { type Area, compare, expectLoadError, objectOf, optionalText, resolverOf, subjectOf } from './area.ts'
import { addressOf, propertiesResource } from './given.ts'
import { PARITY } from './machine-list.ts'

/** Whether the real user may act for the user from an address. */
export const proxyUsers: Area = ({ given, expect }) => {
  const resolve = resolverOf(given)
  const prefix = optionalText(given['prefix']) ?? 'hadoop.proxyuser'
  const load = (): ProxyUsers => {
    const resource = propertiesResource(objectOf(given['properties'] ?? {}))
    const configuration = Configuration.of([resource], undefined, { rename: false })
    return ProxyUsers.of(configuration, prefix, resolve, PARITY)
  }
  if ('refreshError' in expect) return expectLoadError(expect['refreshError'] ?? null, load)
  const refusal = load().check(subjectOf(given['user'] ?? null), addressOf(given['address']))
  if ('hadoopRaises' in expect) return compare({ allowed: false }, { allowed: refusal === null })
  return compare(expect, {
    allowed: refusal === null,
    ...(refusal === null ? {} : { message: refusal.message }),
  })
}
