import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { authorize } from '../../src/decision/authorize.ts'
import { createSnapshot } from '../../src/decision/snapshot.ts'
import { ConfigError } from '../../src/errors.ts'
import { Configuration } from '../../src/hadoop/configuration.ts'
import type { Subject } from '../../src/hadoop/subject.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { parityOf } from '../../src/policy/divergences.ts'
import { hostEntry, ipv4, ipv6, listText, subject } from '../support/arbitraries-hadoop.ts'
import { oracleAuthorize, oracleIncludes, oracleMayImpersonate } from '../support/oracle-hadoop.ts'
import { resourceOf } from '../support/policy.ts'

const KEYS = [
  'security.client.protocol.acl',
  'security.refresh.policy.protocol.acl',
  'security.applicationclient.protocol.acl',
  'security.service.authorization.default.acl',
]

const hostsOf = (key: string): string => key.replace(/acl$/, 'hosts')

const hostList = fc.oneof(
  { weight: 2, arbitrary: fc.constant('*') },
  { weight: 6, arbitrary: fc.array(hostEntry(), { maxLength: 4 }).map((entries) => entries.join(',')) },
)

/** Some of the keys of three services and of the default, each list well-formed or not. */
const properties = fc
  .tuple(
    ...KEYS.map((key) =>
      fc.record(
        {
          [key]: listText(),
          [`${key}.blocked`]: listText(),
          [hostsOf(key)]: hostList,
          [`${hostsOf(key)}.blocked`]: hostList,
        },
        { requiredKeys: [] },
      ),
    ),
  )
  .map((parts) => new Map(Object.entries(Object.assign({}, ...parts) as Record<string, string>)))

const PROXY = new Map([
  ['hadoop.proxyuser.svc.users', '*'],
  ['hadoop.proxyuser.svc.hosts', '*'],
  ['hadoop.proxyuser.ada.groups', 'eng'],
  ['hadoop.proxyuser.ada.hosts', '10.0.0.0/8'],
])

function engine(
  given: ReadonlyMap<string, string>,
  key: string,
  who: Subject,
  address: string | null,
): string {
  try {
    const policy = compilePolicy({
      configuration: Configuration.of([resourceOf([...given, ...PROXY])]),
      resolve: () => null,
      parity: parityOf('all'),
      strict: false,
      authorization: 'enforce',
    })
    return authorize(createSnapshot(policy, { cacheMax: 1 }), {
      service: key,
      subject: who,
      origin: { address, names: [] },
    }).reason
  } catch (error) {
    if (error instanceof ConfigError) return 'does not load'
    throw error
  }
}

function twin(given: ReadonlyMap<string, string>, key: string, who: Subject, address: string | null): string {
  for (const [name, value] of given)
    if (/hosts(\.blocked)?$/.test(name) && oracleIncludes(value, '192.0.2.1') === 'does not load')
      return 'does not load'
  if (who.realUser !== null && !oracleMayImpersonate(PROXY, who, address ?? 'unknown')) return 'impersonation'
  return oracleAuthorize(given, key, who, address)
}

test('in parity the engine decides as its twin does, for any policy and any request', () => {
  fc.assert(
    fc.property(
      properties,
      fc.constantFrom(...KEYS.slice(0, 3)),
      subject(),
      fc.option(fc.oneof({ weight: 3, arbitrary: ipv4() }, ipv6()), { nil: null }),
      (given, key, who, address) => {
        const sure = who.realUser === null || address !== null ? address : '10.0.0.1'
        expect(engine(given, key, who, sure)).toBe(twin(given, key, who, sure))
      },
    ),
    { numRuns: 3_000 },
  )
})
