import { describe, expect, test } from 'vitest'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { AuthToLocal, parsePrincipal } from '../../../src/hadoop/kerberos-name.ts'
import { configError } from '../../support/config-error.ts'

const SIMPLE = 'RULE:[1:$1] RULE:[2:$1]'

describe('the parts of a principal', () => {
  test.each([
    ['ada', 'ada', null, null],
    ['ada@R', 'ada', null, 'R'],
    ['hdfs/h', 'hdfs', 'h', null],
    ['hdfs/h@R', 'hdfs', 'h', 'R'],
    ['a/b/c', 'a/b/c', null, null],
    ['', '', null, null],
    ['/', '/', null, null],
    ['a/', 'a/', null, null],
  ])('%j', (text, service, host, realm) => {
    expect(parsePrincipal(text)).toEqual({ service, host, realm })
  })

  test.each(['a/b/c@R', 'ada@', '@R', 'a@b@c', 'a@b/c', 'a/@R', '@'])('%j is malformed', (text) => {
    expect(() => parsePrincipal(text)).toThrow(`Malformed Kerberos name: ${text}`)
  })
})

describe('principal to user', () => {
  test.each([
    ['DEFAULT takes its own realm off', 'DEFAULT', 'ada@R', 'ada'],
    ['and the host', 'DEFAULT', 'hdfs/anything@R', 'hdfs'],
    ['without Kerberos every realm', SIMPLE, 'hdfs/h@ELSEWHERE', 'hdfs'],
    ['a plain name asks no rule', 'RULE:[1:nobody]', 'ada', 'ada'],
    ['rules in order', 'RULE:[1:$1](bo)s/.*/first/ RULE:[1:$1]s/.*/second/', 'bo@X', 'first'],
    ['the match is whole', 'RULE:[1:$1](b)s/.*/first/ RULE:[1:$1]', 'bo@X', 'bo'],
    ['the substitution is anywhere', 'RULE:[1:$1@$0]s/@.*//', 'ada@X', 'ada'],
    ['once, or everywhere', 'RULE:[1:$1]s/a/o/g', 'banana@X', 'bonono'],
    ['groups in the replacement', 'RULE:[1:$1]s/^(.)(.*)$/$2$1/', 'ada@X', 'daa'],
    ['groups by name', 'RULE:[1:$1]s/^(?<head>.)(.*)$/$2${head}/', 'ada@X', 'daa'],
    ['as many digits as there are groups', 'RULE:[1:$1]s/(a)/$10/', 'ada@X', 'a0da'],
    ['a backslash in the replacement', 'RULE:[1:$1]s/a/\\$1/', 'ada@X', '$1da'],
    ['a group that took no part is empty', 'RULE:[1:$1]s/(x)?d/$1/', 'ada@X', 'aa'],
    ['lower case at the end', 'RULE:[1:$1]s/A/B/L', 'ADA@X', 'bda'],
    ['no separator between rules', 'RULE:[1:$1](ada)DEFAULT', 'bo@R', 'bo'],
    ['a missing realm is the text null', 'RULE:[2:$1.$0]', 'hdfs/h', 'hdfs.null'],
    ['letters of all kinds', 'RULE:[1:$1]s/ä.*$/ok/', 'ää@X', 'ok'],
  ])('%s', (_, rules, principal, wanted) => {
    expect(AuthToLocal.parse(rules, 'hadoop', 'R').shortName(principal)).toBe(wanted)
  })

  test.each([
    ['no rule', 'DEFAULT', 'ada@OTHER', 'No rules applied to ada@OTHER'],
    ['the realm is case-sensitive', 'DEFAULT', 'ada@r', 'No rules applied to ada@r'],
    ['no realm is not the default realm', 'DEFAULT', 'hdfs/h', 'No rules applied to hdfs/h'],
    [
      'not a simple name',
      'RULE:[1:$1@$0]/L DEFAULT',
      'ada@R',
      'Non-simple name ada@R after auth_to_local rule RULE:[1:$1@$0]/L',
    ],
    ['a component too far', 'RULE:[1:$2]', 'ada@R', 'index 2 from $2 is outside of the valid range 0 to 1'],
    ['a dollar alone', 'RULE:[1:a$b]', 'ada@R', 'bad format in username mapping in '],
    ['too many digits', 'RULE:[1:$99999999999]', 'ada@R', 'bad format in username mapping in 99999999999'],
    ['a group that is not there', 'RULE:[1:$1]s/a/$3/', 'ada@R', 'No group 3'],
    ['a backslash at the end', 'RULE:[1:$1]s/a/x\\/', 'ada@R', 'character to be escaped is missing'],
  ])('refused: %s', (_, rules, principal, message) => {
    expect(() => AuthToLocal.parse(rules, 'hadoop', 'R').shortName(principal)).toThrow(message)
  })

  test('a faulty replacement does no harm where nothing matches', () => {
    expect(AuthToLocal.parse('RULE:[1:$1]s/zzz/$9/', 'hadoop', 'R').shortName('ada@X')).toBe('ada')
  })

  test('MIT keeps what no rule takes, and results with @', () => {
    expect(AuthToLocal.parse('DEFAULT', 'MIT', 'R').shortName('ada@X')).toBe('ada@X')
    expect(AuthToLocal.parse('RULE:[1:$1@$0]', 'mit', 'R').shortName('ada@X')).toBe('ada@X')
  })

  // The attack: a name that ends in a line end, which Java's `$` lets pass and a strict reading does not.
  test('a name in which `$` or `\\b` would have to be guessed at is refused', () => {
    const rules = AuthToLocal.parse('RULE:[1:$1]s/x$/y/ DEFAULT', 'hadoop', 'R')
    expect(rules.shortName('ax@R')).toBe('ay')
    expect(() => rules.shortName('ax\n@R')).toThrow('is unclear to rule')
    const words = AuthToLocal.parse(String.raw`RULE:[1:$1]s/\bd/y/`, 'hadoop', 'R')
    expect(() => words.shortName('äd@R')).toThrow('is unclear to rule')
  })

  // The attack: a principal that keeps a backtracking engine busy for longer than anybody waits.
  test('an expression that is exponential elsewhere takes linear time', () => {
    const rules = AuthToLocal.parse('RULE:[1:$1]s/^((a+)+)+$/x/', 'hadoop', 'R')
    expect(rules.shortName(`${'a'.repeat(5000)}!@R`)).toHaveLength(5001)
  })
})

describe('rules that do not load', () => {
  test.each([
    'ALLOW:*',
    'default',
    'RULE:[1:$1',
    'RULE:[:$1]',
    'RULE:[99999999999:$1]',
    'RULE:[1:$1]([a-)',
    'RULE:[1:$1]((a|b)@X)s/a/b/',
    'DEFAULT DEFAULTX',
    'RULE:[1:$1]s/a/b',
  ])('%j, in Hadoop neither', (rules) => {
    expect(configError(() => AuthToLocal.parse(rules, 'hadoop', 'R'))?.code).toBe('ERR_POLICY_AUTH_TO_LOCAL')
  })

  test.each([
    ['look-ahead', '(?=a)b'],
    ['look-behind', '(?<!a)b'],
    ['an atomic group', '(?>a)b'],
    ['a back-reference', String.raw`(a)\1`],
    ['a possessive quantifier', 'a++'],
    ['an inline flag', '(?i)a'],
    ['a Unicode class', String.raw`\p{Lu}`],
    ['classes inside classes', '[a[b]]'],
    ['an intersection', '[a-z&&b]'],
    ['a quantifier on a quantifier', 'a{2}{3}'],
    ['a repetition of what may be empty', '(a*)*'],
    ['the same behind an alternative', '(?:a|b?)+'],
    ['too many repetitions', '(a{999}){999}'],
  ])('%s, which only Java can run (D-16)', (_, expression) => {
    const error = configError(() => AuthToLocal.parse(`RULE:[1:$1]s/${expression}/x/`, 'hadoop', 'R'))
    expect(error?.code).toBe('ERR_POLICY_AUTH_TO_LOCAL')
  })

  test('an unknown mechanism', () => {
    expect(configError(() => AuthToLocal.parse('DEFAULT', 'posix', 'R'))?.message).toMatch(/posix/)
  })
})

describe('the rules of a configuration', () => {
  const load = (properties: Record<string, string>): Configuration => {
    const body = Object.entries(properties).map(
      ([key, value]) => `\n<property name="${key}" value="${value}"/>`,
    )
    return Configuration.of([
      parseConfigurationXml(`<configuration>${body.join('')}</configuration>`, 'core-site.xml'),
    ])
  }

  test('without Kerberos every realm is cut off, with it only the default one', () => {
    expect(AuthToLocal.of(load({}), 'R').shortName('ada@X')).toBe('ada')
    const kerberos = load({ 'hadoop.security.authentication': 'Kerberos' })
    expect(() => AuthToLocal.of(kerberos, 'R').shortName('ada@X')).toThrow('No rules applied')
    expect(AuthToLocal.of(kerberos, 'R').shortName('ada@R')).toBe('ada')
  })

  test.each(['SIMPLE', 'token', 'certificate', 'proxy'])('%s is without Kerberos', (method) => {
    const rules = AuthToLocal.of(load({ 'hadoop.security.authentication': method }), 'R')
    expect(rules.shortName('ada@X')).toBe('ada')
  })

  test('kerberos_ssl is with Kerberos', () => {
    const rules = AuthToLocal.of(load({ 'hadoop.security.authentication': 'kerberos_ssl' }), 'R')
    expect(() => rules.shortName('ada@X')).toThrow('No rules applied')
  })

  test.each(['kerberso', ' kerberos', 'simple ', 'none'])('%j is no method: nothing is guessed', (method) => {
    const error = configError(() => AuthToLocal.of(load({ 'hadoop.security.authentication': method }), 'R'))
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_SETTINGS',
      problems: [{ file: 'core-site.xml', line: 2, key: 'hadoop.security.authentication' }],
    })
  })

  test('what is wrong is reported with its place', () => {
    const rules = configError(() => AuthToLocal.of(load({ 'hadoop.security.auth_to_local': 'RULE:x' }), 'R'))
    expect(rules?.problems).toMatchObject([
      { file: 'core-site.xml', line: 2, key: 'hadoop.security.auth_to_local' },
    ])
    const mechanism = configError(() =>
      AuthToLocal.of(load({ 'hadoop.security.auth_to_local.mechanism': 'x' }), 'R'),
    )
    expect(mechanism?.problems).toMatchObject([{ line: 2, key: 'hadoop.security.auth_to_local.mechanism' }])
  })
})
