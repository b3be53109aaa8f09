import * as fc from 'fast-check'
import type { Subject } from '../../src/hadoop/subject.ts'

/** Names that collide often, so that lists match; a few are the traps of JavaScript objects. */
const name = (): fc.Arbitrary<string> =>
  fc.constantFrom(
    'ada',
    'bo',
    'svc',
    'eng',
    'ops',
    '*',
    '~svc',
    '~ada',
    '__proto__',
    'constructor',
    'Ada',
    'ä',
  )

/** What stands between names: separators, every kind of blank, characters only one of the languages trims. */
const glue = (): fc.Arbitrary<string> =>
  fc.constantFrom(
    ',',
    ' ',
    '\n',
    '\t',
    ', ',
    ' , ',
    '\r\n',
    '\v',
    '\f',
    '',
    '  ',
    ',,',
    ' \n ',
    '\u0000',
    '\u0001',
    '\u001f',
    '\u00a0',
    '\u3000',
    '\ufeff',
    '\u0085',
    '\u2028',
    '\ud800',
    '😀',
  )

/** A list text, well-formed or not. */
export const listText = (entry: fc.Arbitrary<string> = name()): fc.Arbitrary<string> =>
  fc.array(fc.oneof(entry, glue()), { maxLength: 12 }).map((pieces) => pieces.join(''))

/** A subject, with a real user half of the time; groups may be unknown. */
export const subject = (): fc.Arbitrary<Subject> => {
  const user = fc.constantFrom('ada', 'bo', 'svc', '*', '__proto__', 'ä')
  const groups = fc.option(fc.array(name(), { maxLength: 3 }), { nil: null, freq: 6 })
  const plain = fc.record({ user, groups }).map(({ user, groups }): Subject => ({
    user,
    principal: `${user}@REALM`,
    method: 'KERBEROS',
    groups,
    realUser: null,
  }))
  return fc
    .tuple(plain, fc.option(plain, { nil: null }))
    .map(([self, realUser]) => (realUser === null ? self : { ...self, method: 'PROXY', realUser }))
}

/** Addresses close enough together for ranges to hold some of them. */
export const ipv4 = (): fc.Arbitrary<string> => {
  const octet = fc.oneof(fc.constantFrom(0, 1, 7, 127, 128, 254, 255), fc.nat(255))
  return fc.tuple(fc.constantFrom(0, 10, 192, 255), octet, octet, octet).map((parts) => parts.join('.'))
}

/** IPv6 in full, as Java prints it; never IPv4-mapped. */
export const ipv6 = (): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(0, 0, 1, 0xdb8, 0xffff), { minLength: 7, maxLength: 7 })
    .map((groups) => ['2001', ...groups.map((group) => group.toString(16))].join(':'))

/** An entry of a host list, good or bad. */
export const hostEntry = (): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: ipv4() },
    { weight: 4, arbitrary: fc.tuple(ipv4(), fc.nat(32)).map(([base, prefix]) => `${base}/${prefix}`) },
    { weight: 2, arbitrary: ipv6() },
    { weight: 1, arbitrary: fc.constantFrom('*', 'edge1', 'ghost', '10.0.0.0/08', '010.0.0.0/8') },
    { weight: 1, arbitrary: fc.constantFrom('10.0.0.0/33', '10.7/16', '2001:db8::/32', '/', '10.0.0.256/8') },
  )

/** A rule of `auth_to_local` in its parts; `from` and `to` go together, and mean the same in Java and JavaScript. */
export interface RuleText {
  components: 1 | 2
  format: string
  match: string | null
  substitution: readonly [from: string, to: string] | null
  global: boolean
  lowerCase: boolean
}

export const authToLocalRule = (): fc.Arbitrary<RuleText | 'DEFAULT'> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant('DEFAULT' as const) },
    {
      weight: 4,
      arbitrary: fc.record<RuleText>({
        components: fc.constantFrom(1, 2),
        format: fc.constantFrom('$1', '$1@$0', '$2', '$1;$2', '$0', 'x_$1', '$1$2$0', '', '$', '$10', '$01'),
        match: fc.option(
          fc.constantFrom('.*@R', 'ada', '[a-c]+.*', String.raw`\w+;admin`, 'b*', '[^@]*', 'a|ada|b'),
        ),
        substitution: fc.option(
          fc.constantFrom<readonly [string, string]>(
            ['@.*', ''],
            ['a', 'o'],
            ['a*', '-'],
            ['^(.)(.*)$', '$2$1'],
            [String.raw`(\w+);(\w+)`, '$2.$1'],
            ['[;_]', '@'],
            ['', 'q'],
          ),
        ),
        global: fc.boolean(),
        lowerCase: fc.boolean(),
      }),
    },
  )

/** The rule as one writes it. */
export function ruleTextOf(rule: RuleText | 'DEFAULT'): string {
  if (rule === 'DEFAULT') return rule
  const { components, format, match, substitution, global, lowerCase } = rule
  const condition = match === null ? '' : `(${match})`
  const change = substitution === null ? '' : `s/${substitution.join('/')}/${global ? 'g' : ''}`
  return `RULE:[${components}:${format}]${condition}${change}${lowerCase ? '/L' : ''}`
}

/** A principal, good or bad. */
export const principal = (): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('ada', 'Ada', 'bo', 'banana', 'a', '', 'a/b'),
      fc.constantFrom('', '/admin', '/h1', '/'),
      fc.constantFrom('', '@R', '@X', '@', '@R@R'),
    )
    .map((parts) => parts.join(''))
