import { describe, expect, test } from 'vitest'
import { indexKey } from '../../../src/ranger/index-key.ts'
import { compilePolicyResources } from '../../../src/ranger/policy-resources.ts'
import { definitionOf, policyResources, resourceDef } from '../../support/ranger-definitions.ts'

const TABLES = definitionOf(
  resourceDef('database', null, 'default'),
  resourceDef('table', 'database', 'default'),
  resourceDef('column', 'table', 'default'),
  resourceDef('udf', 'database', 'default'),
  resourceDef('url', null, 'default'),
)
const PATHS = definitionOf(resourceDef('path', null, 'path', { ignoreCase: false }))
const NONE = new Map<string, string>()

type Policy = Parameters<typeof policyResources>[0]

const matchOf = (policy: Policy, requested: Record<string, string | string[]>): string =>
  compilePolicyResources(TABLES, [policyResources(policy)]).matchType(
    new Map(Object.entries(requested)),
    NONE,
  )

const pathMatcher = (values: readonly string[], isRecursive = true, isExcludes = false) =>
  compilePolicyResources(PATHS, [policyResources({ path: { values, isRecursive, isExcludes } })])

describe('how the resources of a policy and of a request stand to each other', () => {
  const TABLE: Policy = { database: { values: ['db'] }, table: { values: ['t*'] } }

  test.each<[string, Policy, Record<string, string | string[]>, string]>([
    ['all levels match', TABLE, { database: 'DB', table: 't1' }, 'self'],
    ['one level does not', TABLE, { database: 'db', table: 'x' }, 'none'],
    ['the request says less', TABLE, { database: 'db' }, 'descendant'],
    ['the request says less, and does not match', TABLE, { database: 'x' }, 'none'],
    ['the request says more', TABLE, { database: 'db', table: 't', column: 'c' }, 'ancestor'],
    ['the request says nothing', TABLE, {}, 'descendant'],
    [
      'what the request leaves out is all there is',
      { database: { values: ['db'] }, table: { values: ['*'] }, column: { values: ['**'] } },
      { database: 'db' },
      'self_and_all_descendants',
    ],
    [
      'the same from the root on',
      { database: { values: ['*'] }, table: { values: ['*'] } },
      {},
      'self_and_all_descendants',
    ],
    [
      'a level in between is not all there is',
      { database: { values: ['*'] }, table: { values: ['t'] }, column: { values: ['*'] } },
      { database: 'db' },
      'descendant',
    ],
    ['a gap in the request', TABLE, { database: 'db', column: 'c' }, 'none'],
    ['a request without its root', TABLE, { table: 't' }, 'none'],
    ['a request about another branch', TABLE, { database: 'db', udf: 't' }, 'none'],
    ['a request about another root', TABLE, { url: 'db' }, 'none'],
    ['a name that nobody knows', TABLE, { database: 'db', table: 't', planet: 'mars' }, 'none'],
    [
      'a gap in the policy',
      { database: { values: ['db'] }, column: { values: ['c'] } },
      { database: 'db' },
      'none',
    ],
    ['a policy of two branches', { ...TABLE, udf: { values: ['*'] } }, { database: 'db' }, 'none'],
    ['a policy about a name that nobody knows', { planet: { values: ['*'] } }, { planet: 'mars' }, 'none'],
    ['a policy about nothing', {}, { database: 'db' }, 'none'],
    ['a policy about nothing, and a request about nothing', {}, {}, 'self'],
    [
      'an exclusion',
      { database: { values: ['db'] }, table: { values: ['t'], isExcludes: true } },
      { database: 'db', table: 'x' },
      'self',
    ],
    [
      'an exclusion of all there is, asked for less',
      { database: { values: ['db'] }, table: { values: ['*'], isExcludes: true } },
      { database: 'db' },
      'none',
    ],
    ['any of several values', TABLE, { database: ['x', 'db'], table: 't' }, 'self'],
    ['none of several values', TABLE, { database: ['x', 'y'], table: 't' }, 'none'],
    ['no value among several', TABLE, { database: [], table: 't' }, 'none'],
    ['all values of a level', TABLE, { database: '*', table: 't' }, 'none'],
  ])('%s', (_, policy, requested, type) => {
    expect(matchOf(policy, requested)).toBe(type)
  })

  test('a definition that goes round in a circle matches nothing', () => {
    const circle = definitionOf(resourceDef('a', 'b', 'default'), resourceDef('b', 'a', 'default'))
    const policy = policyResources({ a: { values: ['*'] }, b: { values: ['*'] } })
    const requested = new Map([
      ['a', '1'],
      ['b', '1'],
    ])
    expect(compilePolicyResources(circle, [policy]).matchType(requested, NONE)).toBe('none')
  })

  test('any set suffices, and the one that decides comes first', () => {
    const sets = [policyResources(TABLE), policyResources({ database: { values: ['db'] } })]
    const matcher = compilePolicyResources(TABLES, sets)
    expect(matcher.matchType(new Map([['database', 'db']]), NONE)).toBe('self')
    expect(matcher.matchType(new Map([['database', 'x']]), NONE)).toBe('none')
    const below = compilePolicyResources(TABLES, [policyResources(TABLE)])
    expect(below.matchType(new Map([['database', 'db']]), NONE)).toBe('descendant')
  })
})

describe('what an index may rely on', () => {
  test.each<[string, string[], string[]]>([
    ['literals', ['/a/b', '/A/c'], ['a/b', 'a/c']],
    ['wildcards', ['/a/b*c', '/a/?'], ['a/b', 'a']],
    ['tokens and escapes', ['/home/{USER}/x', '/tmp/\\{x', '/b$c'], ['home', 'tmp', 'b']],
    ['separators', ['/a/', '//a//b'], ['a', 'a/b']],
  ])('%s', (_, values, prefixes) => {
    expect(pathMatcher(values).prefixes).toEqual(prefixes)
  })

  test.each<[string, string[], boolean]>([
    ['a value that fits anything', ['/a', '*'], false],
    ['a wildcard at the start', ['/a', '*b'], false],
    ['a token at the start', ['{USER}'], false],
    ['the root', ['/'], false],
    ['an exclusion', ['/a'], true],
    ['no value', ['', ''], false],
  ])('nothing: %s', (_, values, isExcludes) => {
    expect(pathMatcher(values, true, isExcludes).prefixes).toBeNull()
  })

  test('a policy that never matches has no place in it', () => {
    expect(compilePolicyResources(PATHS, [policyResources({ queue: { values: ['*'] } })]).prefixes).toEqual(
      [],
    )
    expect(compilePolicyResources(PATHS, []).prefixes).toEqual([])
  })

  test('of several sets all count', () => {
    const sets = ['/a', '/b'].map((value) => policyResources({ path: { values: [value] } }))
    expect(compilePolicyResources(PATHS, sets).prefixes).toEqual(['a', 'b'])
  })

  test('a key is written in one way', () => {
    const [path] = PATHS.resources
    const [database] = TABLES.resources
    if (path === undefined || database === undefined) throw new TypeError('a definition without resources')
    expect(indexKey(path, '//A//b/')).toBe('a/b/')
    expect(indexKey(path, 'a/b')).toBe('a/b')
    expect(indexKey(database, '//A//b')).toBe('//a//b')
  })
})

describe('what is shown of a match', () => {
  const shown = (values: string[], path: string, isExcludes = false): string =>
    pathMatcher(values, true, isExcludes).shown(new Map([['path', path]]), NONE)

  test.each<[string, string, string]>([
    ['the values that fit', shown(['/a', '/b', '/a/*'], '/a/x'), 'path = /a, /a/*'],
    ['a value that fits anything', shown(['*', '/a'], '/b'), 'path = *'],
    ['an exclusion', shown(['/a', '/b'], '/c', true), 'path = all but /a, /b'],
    ['nothing', shown(['/a'], '/b'), ''],
  ])('%s', (_, text, wanted) => {
    expect(text).toBe(wanted)
  })

  test('each level', () => {
    const policy = policyResources({ database: { values: ['db'] }, table: { values: ['*'] } })
    const matcher = compilePolicyResources(TABLES, [policy])
    expect(matcher.shown(new Map([['database', 'db']]), NONE)).toBe('database = db; table = *')
  })
})

test('a policy says whether it needs the tokens of a request', () => {
  expect(pathMatcher(['/a']).usesTokens).toBe(false)
  expect(pathMatcher(['/a', '/home/{USER}']).usesTokens).toBe(true)
  expect(pathMatcher(['*', '/home/{USER}']).usesTokens).toBe(false)
  const home = pathMatcher(['/home/{USER}'])
  expect(home.matchType(new Map([['path', '/home/ada/x']]), new Map([['USER', 'ada']]))).toBe('self')
  expect(home.matchType(new Map([['path', '/home/bob/x']]), new Map([['USER', 'ada']]))).toBe('none')
})
