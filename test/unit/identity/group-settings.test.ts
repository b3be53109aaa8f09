import { describe, expect, test } from 'vitest'
import { readGroupMapping, type GroupSettings } from '../../../src/identity/groups/settings.ts'
import { configurationOf } from './support.ts'

const MAPPING = 'hadoop.security.group.mapping'
const CACHE = 'hadoop.security.groups.cache.secs'
const PACKAGE = 'org.apache.hadoop.security.'

const read = (properties: Record<string, string> = {}, settings: GroupSettings = {}) =>
  readGroupMapping(configurationOf(properties), settings, { skipFailed: false })

/** A composite of the named classes, under the names p0, p1, … */
const composite = (...classes: string[]): Record<string, string> => ({
  [MAPPING]: `${PACKAGE}CompositeGroupsMapping`,
  [`${MAPPING}.providers`]: classes.map((_, at) => `p${at}`).join(' , '),
  ...Object.fromEntries(classes.map((name, at) => [`${MAPPING}.provider.p${at}`, name])),
})

describe('the provider', () => {
  test.each([
    ['nothing', {}, 'unix'],
    ['the Jni class with fallback', { [MAPPING]: `${PACKAGE}JniBasedUnixGroupsMappingWithFallback` }, 'unix'],
    ['the Jni class', { [MAPPING]: `${PACKAGE}JniBasedUnixGroupsMapping` }, 'unix'],
    ['the shell class', { [MAPPING]: ` ${PACKAGE}ShellBasedUnixGroupsMapping ` }, 'unix'],
    ['the null class', { [MAPPING]: `${PACKAGE}NullGroupsMapping` }, 'none'],
    [
      'a composite',
      composite(`${PACKAGE}NullGroupsMapping`, `${PACKAGE}ShellBasedUnixGroupsMapping`),
      'composite(none,unix)',
    ],
    ['an empty composite', composite(), 'composite()'],
  ])('for %s is %s', (_, properties, name) => {
    expect(read(properties).provider.name).toBe(name)
  })

  test.each([
    'LdapGroupsMapping',
    'RuleBasedLdapGroupsMapping',
    'JniBasedUnixGroupsNetgroupMapping',
    'JniBasedUnixGroupsNetgroupMappingWithFallback',
    'ShellBasedUnixGroupsNetgroupMapping',
    'NoSuchMapping',
  ])('%s is refused at the start, naming key, file and line', (name) => {
    expect(() => read({ 'fs.defaultFS': 'hdfs://nn', [MAPPING]: PACKAGE + name })).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_GROUPS',
        message: expect.stringContaining(PACKAGE + name),
        problems: [expect.objectContaining({ key: MAPPING, file: 'core-site.xml', line: 3 })],
      }),
    )
  })

  test('that is not there does no harm where the settings choose another', async () => {
    const ldap = { [MAPPING]: `${PACKAGE}LdapGroupsMapping` }
    expect(read(ldap, { provider: 'unix' }).provider.name).toBe('unix')
    const { provider } = read(ldap, { provider: 'static' })
    expect(await provider.groupsOf('root')).toEqual([])
  })

  test.each([
    ['a class that is not there', composite(`${PACKAGE}LdapGroupsMapping`), `${MAPPING}.provider.p0`],
    ['a composite', composite(`${PACKAGE}CompositeGroupsMapping`), `${MAPPING}.provider.p0`],
    ['a name without a class', { ...composite(), [`${MAPPING}.providers`]: 'ghost' }, `${MAPPING}.providers`],
  ])('a composite with %s is refused', (_, properties, key) => {
    expect(() => read(properties)).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ key, file: 'core-site.xml' })] }),
    )
  })
})

describe('static overrides', () => {
  test("are Hadoop's default where nothing is set", () => {
    expect(read().overrides).toEqual(new Map([['dr.who', []]]))
  })

  test('are read from the configuration, and from the settings instead', () => {
    const key = 'hadoop.user.group.static.mapping.overrides'
    expect(read({ [key]: 'ada=eng,math;zed' }).overrides).toEqual(
      new Map([
        ['ada', ['eng', 'math']],
        ['zed', []],
      ]),
    )
    expect(read({ [key]: 'ada=eng' }, { overrides: { bo: ['ops'] } }).overrides).toEqual(
      new Map([['bo', ['ops']]]),
    )
    expect(() => read({ [key]: 'ada=eng=math' })).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_GROUPS',
        problems: [expect.objectContaining({ key, line: 2 })],
      }),
    )
  })
})

describe('the cache', () => {
  test("has Hadoop's defaults", () => {
    expect(read().cache).toEqual({
      refreshMs: 300_000,
      negativeMs: 30_000,
      warnMs: 5_000,
      backgroundReload: false,
    })
  })

  test('is set by the configuration, and by the settings over it', () => {
    const properties = {
      [CACHE]: '60',
      'hadoop.security.groups.negative-cache.secs': '-1',
      'hadoop.security.groups.cache.warn.after.ms': '100',
      'hadoop.security.groups.cache.background.reload': 'true',
    }
    expect(read(properties).cache).toEqual({
      refreshMs: 60_000,
      negativeMs: 0,
      warnMs: 100,
      backgroundReload: true,
    })
    expect(read(properties, { cacheSeconds: 5, negativeCacheSeconds: 7 }).cache).toMatchObject({
      refreshMs: 5_000,
      negativeMs: 7_000,
    })
  })

  test.each(['0', '-5', 'soon', '5m', '1e3', ' '])('cannot be refreshed every %j seconds', (value) => {
    expect(() => read({ [CACHE]: value })).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_GROUPS',
        problems: [expect.objectContaining({ key: CACHE, line: 2 })],
      }),
    )
  })
})

test('every problem is reported at once', () => {
  const properties = {
    [MAPPING]: 'x.y.Z',
    [CACHE]: 'soon',
    'hadoop.security.groups.negative-cache.secs': 'later',
  }
  const one = expect.objectContaining({ file: 'core-site.xml' })
  expect(() => read(properties)).toThrow(expect.objectContaining({ problems: [one, one, one] }))
})

test.each(['5s', '500ms', '2m', '0', '7'])('the time limit of look-ups may be %j', (value) => {
  expect(read({ 'hadoop.security.groups.shell.command.timeout': value }).provider.name).toBe('unix')
})

test.each(['soon', '-1', '5 weeks'])('the time limit of look-ups may not be %j', (value) => {
  expect(() => read({ 'hadoop.security.groups.shell.command.timeout': value })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_GROUPS' }),
  )
})
