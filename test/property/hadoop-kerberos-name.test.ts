import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AuthenticationError, ConfigError } from '../../src/errors.ts'
import { AuthToLocal } from '../../src/hadoop/kerberos-name.ts'
import { authToLocalRule, principal, ruleTextOf } from '../support/arbitraries-hadoop.ts'
import { oracleShortName } from '../support/oracle-hadoop.ts'

const mechanism = fc.constantFrom<'hadoop' | 'mit'>('hadoop', 'mit')

/** The short name, null for a refusal. */
function shortName(rules: AuthToLocal, text: string): string | null {
  try {
    return rules.shortName(text)
  } catch (error) {
    if (error instanceof AuthenticationError) return null
    throw error
  }
}

test('a principal gets the short name that the twin gives it', () => {
  fc.assert(
    fc.property(
      fc.array(authToLocalRule(), { maxLength: 4 }),
      fc.constantFrom('', ' ', '\n'),
      mechanism,
      principal(),
      (rules, glue, how, name) => {
        const read = AuthToLocal.parse(rules.map(ruleTextOf).join(glue), how, 'R')
        expect(shortName(read, name)).toBe(oracleShortName(rules, how, 'R', name))
      },
    ),
    { numRuns: 5000 },
  )
})

/** What comes of any text of rules: a load error, a refusal, or a short name. */
function outcome(rules: string, name: string): string | null {
  try {
    return shortName(AuthToLocal.parse(rules, 'hadoop', 'R'), name)
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'ERR_POLICY_AUTH_TO_LOCAL') return null
    throw error
  }
}

test('whatever the rules, they load or are one clear error, and no result has a host or a realm', () => {
  const piece = fc.oneof(
    authToLocalRule().map(ruleTextOf),
    fc.constantFrom(
      'RULE:[1:',
      '$1',
      ']',
      '(',
      ')',
      's/',
      '/',
      'g',
      '/L',
      '*',
      '\\',
      '[',
      'a',
      ' ',
      '\n',
      '\0',
    ),
  )
  const realmed = principal().filter((name) => name.includes('@'))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), realmed, (pieces, name) => {
      expect(outcome(pieces.join(''), name) ?? '').not.toMatch(/[/@]/)
    }),
    { numRuns: 3000 },
  )
})
