import { describe, expect, test } from 'vitest'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { compileUserPattern } from '../../../src/identity/names.ts'
import { createPseudoAuthenticator } from '../../../src/identity/pseudo.ts'
import { configurationOf, viewOf } from './support.ts'

const PATTERN = 'dfs.webhdfs.user.provider.user.pattern'
const authenticatorFor = (properties: Record<string, string> = {}) =>
  createPseudoAuthenticator({ pattern: compileUserPattern(configurationOf(properties)) })

const pseudo = authenticatorFor()

describe('user.name', () => {
  test.each(['alice', '_svc', 'A', 'a.b-c_d9', 'machine$', 'dr.who'])('%s is believed', (userName) => {
    expect(pseudo.authenticate(viewOf({ userName }))).toEqual({ principal: userName, method: 'SIMPLE' })
  })

  test('absent is not mine', () => {
    expect(pseudo.authenticate(viewOf({}))).toBeNull()
  })

  // In an access control list, in a log line or before a reader's eyes these would mean something else.
  test.each([
    ['nothing', ''],
    ['everybody', '*'],
    ['two users', 'alice,hdfs'],
    ['a user and a group', 'alice hdfs'],
    ['a blank at the end', 'hdfs '],
    ['a tab', 'hdfs\t'],
    ['a line end', 'alice\n'],
    ['a line end in the middle', 'alice\nroot'],
    ['NUL', 'alice\0'],
    ['a terminal control', '\u001b[2J'],
    ['a zero-width blank', 'hdfs\u200b'],
    ['a zero-width joiner', 'hd\u200dfs'],
    ['a BOM', '\ufeffhdfs'],
    ['a soft hyphen', 'hd\u00adfs'],
    ['an invisible letter', 'hdfs\u3164'],
    ['a variation selector', 'hdfs\ufe0f'],
    ['text direction', '\u202esfdh'],
    ['a no-break blank', 'hdfs\u00a0'],
    ['half a character', 'hdfs\ud800'],
    ['a real user in a list', '~svc'],
    ['a folder', '../x'],
    ['a path', 'a/b/c'],
    ['a principal', 'alice@EVIL.REALM'],
    ['a service principal', 'alice/host@R'],
    ['a digit first', '1bad'],
    ['a dollar in the middle', 'a$b'],
    ['another alphabet', 'hdf\u0455'],
    ['256 characters and one', 'a'.repeat(257)],
  ])('that means %s is refused with 400', (_, userName) => {
    expect(() => pseudo.authenticate(viewOf({ userName }))).toThrow(
      expect.objectContaining({ code: 'ERR_HTTP_PARAMETER', reason: 'user_name' }),
    )
  })

  test('in a refusal is shown without what hides or breaks a line', () => {
    expect(() => pseudo.authenticate(viewOf({ userName: 'a\n\u202e`b' }))).toThrow(
      '`a\\u{a}\\u{202e}\\u{60}b`',
    )
  })

  test('of 256 characters is believed', () => {
    expect(pseudo.authenticate(viewOf({ userName: 'a'.repeat(256) }))).not.toBeNull()
  })
})

describe('the pattern for user names', () => {
  test('is the one of the configuration', () => {
    const digits = authenticatorFor({ [PATTERN]: '[0-9]+' })
    expect(digits.authenticate(viewOf({ userName: '4711' }))).not.toBeNull()
    expect(() => digits.authenticate(viewOf({ userName: 'alice' }))).toThrow('`[0-9]+`')
  })

  test('must match the whole name', () => {
    expect(() =>
      authenticatorFor({ [PATTERN]: 'alice' }).authenticate(viewOf({ userName: 'alice2' })),
    ).toThrow('does not match `alice`')
  })

  test('cannot allow what no name may contain', () => {
    const lax = authenticatorFor({ [PATTERN]: '(?s).*' })
    for (const userName of ['*', 'alice,hdfs', 'alice hdfs', '', 'a\u200b'])
      expect(() => lax.authenticate(viewOf({ userName }))).toThrow(
        expect.objectContaining({ reason: 'user_name' }),
      )
  })

  test.each(['[a-z', '(?=a)b', '(a)\\1'])(
    '%s is refused at the start, with file, line and key',
    (pattern) => {
      const xml = `<configuration>\n<property><name>${PATTERN}</name>\n<value>${pattern}</value></property></configuration>`
      const configuration = Configuration.of([parseConfigurationXml(xml, 'hdfs-site.xml')])
      expect(() => compileUserPattern(configuration)).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG_SETTINGS',
          problems: [
            expect.objectContaining({ file: 'hdfs-site.xml', line: expect.any(Number), key: PATTERN }),
          ],
        }),
      )
    },
  )

  // A name made to exhaust a backtracking engine; with a linear-time one it is just another name.
  test('that repeats what repeats answers a hostile name at once', () => {
    const nested = authenticatorFor({ [PATTERN]: '(a+)+' })
    expect(() => nested.authenticate(viewOf({ userName: `${'a'.repeat(255)}b` }))).toThrow(
      expect.objectContaining({ reason: 'user_name' }),
    )
  })
})
