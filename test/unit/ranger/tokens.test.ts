import { describe, expect, test } from 'vitest'
import type { MatcherOptions } from '../../../src/ranger/model.ts'
import { compileText, hasTokens, tokenSyntax } from '../../../src/ranger/tokens.ts'
import { resourceDef } from '../../support/ranger-definitions.ts'

const optionsOf = (options: Partial<MatcherOptions>): MatcherOptions =>
  resourceDef('path', null, 'path', options).options

function replaced(
  text: string,
  tokens: Readonly<Record<string, string>>,
  options: Partial<MatcherOptions> = {},
): string {
  return compileText(
    text,
    tokenSyntax(optionsOf(options)),
    (result) => result,
  )(new Map(Object.entries(tokens)))
}

describe('the tokens of a policy value', () => {
  test.each([
    ['/home/{USER}/x', '/home/ada/x'],
    ['{USER}{USER}', 'adaada'],
    ['/home/${USER}', '/home/$ada'],
    ['/home/{OWNER}', '/home/{OWNER}'],
    ['/home/{user}', '/home/{user}'],
    ['/home/{USER', '/home/{USER'],
    ['/home/USER}', '/home/USER}'],
    ['/home/{}', '/home/{}'],
    ['/home/\\{USER}', '/home/{USER}'],
    ['/a\\\\b', '/a\\b'],
    ['/a\\b', '/a\\b'],
    ['/a\\', '/a\\'],
    ['/a\\}', '/a\\}'],
    ['{A\\}B}', 'brace'],
    ['{A\\{B}', 'kept'],
    ['{US{ER}', '{US{ER}'],
    ['/home/{USER\\', '/home/{USER\\'],
    ['{STAR}', 'a*'],
    ['{EMPTY}/x', '/x'],
  ])('%j becomes %j', (text, wanted) => {
    const tokens = { USER: 'ada', 'A}B': 'brace', 'A\\{B': 'kept', STAR: 'a*', EMPTY: '' }
    expect(replaced(text, tokens)).toBe(wanted)
  })

  test('need their prefix, and may be written with other marks', () => {
    const marks = { tokenStart: '<', tokenEnd: '>', tokenEscape: '%', tokenPrefix: 't:' }
    expect(replaced('/<t:USER>/<USER>/%<t:USER>/{USER}', { USER: 'ada' }, marks)).toBe(
      '/ada/<USER>/<t:USER>/{USER}',
    )
    expect(
      replaced('%USER%/@%USER%', { USER: 'ada' }, { tokenStart: '%', tokenEnd: '%', tokenEscape: '@' }),
    ).toBe('ada/%USER%')
  })

  test('stay where a request has none at all', () => {
    expect(replaced('/\\{a}/{USER}', {})).toBe('/\\{a}/{USER}')
  })

  test.each<[string, Partial<MatcherOptions>]>([
    ['they are switched off', { replaceTokens: false }],
    ['the escape is a mark of a token', { tokenEscape: '{' }],
    ['the prefix has a mark in it', { tokenPrefix: 'a}' }],
  ])('stay where %s', (_, options) => {
    expect(tokenSyntax(optionsOf(options))).toBeNull()
    expect(replaced('{USER}', { USER: 'ada' }, options)).toBe('{USER}')
  })

  test('are there or not', () => {
    const syntax = tokenSyntax(optionsOf({}))
    expect(['{a}', '}{', 'a\\'].map((text) => hasTokens(text, syntax))).toEqual([true, true, true])
    expect(['{a', 'a}', ''].map((text) => hasTokens(text, syntax))).toEqual([false, false, false])
    expect(hasTokens('{a}', null)).toBe(false)
  })
})
