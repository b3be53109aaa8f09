import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AccessControlList } from '../../src/hadoop/access-control-list.ts'
import { Configuration, type ConfigurationResource } from '../../src/hadoop/configuration.ts'
import { javaTrim } from '../../src/hadoop/java-text.ts'
import { MachineList } from '../../src/hadoop/machine-list.ts'
import { type LintFinding, lintPolicy } from '../../src/policy/lint.ts'
import { LINT_CODES } from '../../src/policy/lint-codes.ts'
import { configError } from '../support/config-error.ts'

const ACL = 'security.client.protocol.acl'
const HOSTS = 'security.client.protocol.hosts'

function lint(properties: Readonly<Record<string, string>>): LintFinding[] {
  const entries = Object.entries(properties).map(([key, value], index) => ({
    key,
    value,
    file: '/conf/hadoop-policy.xml',
    line: index + 1,
    column: 1,
    final: false,
  }))
  const resources: ConfigurationResource[] = [
    { file: '/conf/hadoop-policy.xml', entries, unset: [], problems: [] },
  ]
  return lintPolicy({ configuration: Configuration.of(resources), resources })
}

const codesAt = (found: readonly LintFinding[], key: string): string[] =>
  found.filter((one) => one.key === key).map(({ code }) => code)

/** Texts made of what lists are made of. */
const listText = fc
  .array(
    fc.oneof(
      fc.constantFrom(' ', ',', '*', '\n', '\t', '~', '@', '/', '.', ';', '"', '${', '}', '\u00a0', '\u0430'),
      fc.constantFrom('alice', 'staff', '10.0.0.1', '10.0.0.0/8', '2001:db8::1', '/33', 'x'),
      fc.string({ maxLength: 3, unit: 'binary' }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))

describe('lint', () => {
  test('reads every text, and says what Hadoop understands of it in known codes', () => {
    fc.assert(
      fc.property(listText, listText, listText, (acl, hosts, users) => {
        const found = lint({
          [ACL]: acl,
          [`${ACL}.blocked`]: users,
          [HOSTS]: hosts,
          [`${HOSTS}.blocked`]: hosts,
          'hadoop.proxyuser.hue.users': users,
          'hadoop.proxyuser.hue.groups': acl,
          'hadoop.proxyuser.hue.hosts': hosts,
        })
        for (const { code, message, understood } of found) {
          expect(LINT_CODES).toHaveProperty(code)
          expect(message).not.toMatch(/\p{Cc}/u)
          expect(understood).not.toBeNull()
        }
      }),
    )
  })

  test('finds every list that is open without being `*`, and no other', () => {
    fc.assert(
      fc.property(listText, (text) => {
        if (text.includes('${')) return
        const isOpen = AccessControlList.parse(text).allAllowed && javaTrim(text) !== '*'
        expect(codesAt(lint({ [ACL]: text }), ACL).includes('open_by_star')).toBe(isOpen)
      }),
    )
  })

  test('finds an error in every host list that Hadoop or Keddah cannot load', () => {
    const nobody = (): null => null
    const common = { unresolvedMatches: false, ipv6AgainstRanges: false }
    fc.assert(
      fc.property(listText, (text) => {
        if (text.includes('${')) return
        const flaw =
          configError(() =>
            MachineList.parse(text, nobody, { ...common, ipv6Ranges: false, shortAddresses: true }),
          ) ??
          configError(() =>
            MachineList.parse(text, nobody, { ...common, ipv6Ranges: true, shortAddresses: false }),
          )
        const errors = lint({ [HOSTS]: text }).filter((one) => one.key === HOSTS && one.severity === 'error')
        expect(flaw === null || errors.length > 0).toBe(true)
      }),
    )
  })
})
