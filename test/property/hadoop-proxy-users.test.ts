import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { Configuration } from '../../src/hadoop/configuration.ts'
import { ProxyUsers } from '../../src/hadoop/proxy-users.ts'
import type { Subject } from '../../src/hadoop/subject.ts'
import { hostEntry, ipv4, listText, subject } from '../support/arbitraries-hadoop.ts'
import { oracleIncludes, oracleMayImpersonate } from '../support/oracle-hadoop.ts'

const key = fc
  .tuple(fc.constantFrom('svc', 'ada', '*', '__proto__'), fc.constantFrom('users', 'groups', 'hosts'))
  .map(([user, kind]) => `hadoop.proxyuser.${user}.${kind}`)

const properties = fc
  .array(fc.tuple(key, listText()), { maxLength: 6 })
  .chain((lists) =>
    fc
      .array(hostEntry(), { maxLength: 3 })
      .map(
        (hosts) =>
          new Map([
            ...lists.filter(([name]) => !name.endsWith('.hosts')),
            ['hadoop.proxyuser.svc.hosts', hosts.join(',')],
            ['hadoop.proxyuser.ada.hosts', '*'],
          ]),
      ),
  )

const OPTIONS = {
  ipv6Ranges: false,
  shortAddresses: true,
  unresolvedMatches: false,
  ipv6AgainstRanges: false,
}

/** Whether the engine lets it happen; a host list that does not load is an answer too. */
function decide(configuration: Configuration, who: Subject, address: string): boolean | 'does not load' {
  try {
    const rules = ProxyUsers.of(configuration, 'hadoop.proxyuser', () => null, OPTIONS)
    return rules.check(who, address) === null
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'ERR_POLICY_CIDR') return 'does not load'
    throw error
  }
}

test('impersonation is decided as the twin decides it', () => {
  fc.assert(
    fc.property(properties, subject(), ipv4(), (given, who, address) => {
      const entries = [...given].map(([name, value]) => ({
        key: name,
        value,
        file: 'core-site.xml',
        line: 1,
        column: 1,
        final: false,
      }))
      const resource = { file: 'core-site.xml', entries, unset: [], problems: [] }
      expect(decide(Configuration.of([resource]), who, address)).toBe(
        oracleIncludes(given.get('hadoop.proxyuser.svc.hosts') ?? '', address) === 'does not load'
          ? 'does not load'
          : oracleMayImpersonate(given, who, address),
      )
    }),
    { numRuns: 2000 },
  )
})
