import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/errors.ts'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import type { XmlOptions } from '../../../src/hadoop/configuration-xml.ts'
import { configError } from '../../support/config-error.ts'

const file = (body: string): string => `<?xml version="1.0"?>\n<configuration>${body}</configuration>`
const property = (name: string, value: string, rest = ''): string =>
  `<property><name>${name}</name>${value}${rest}</property>`
const FINAL = '<final>true</final>'

/** The configuration of files given by their bodies, named a.xml, b.xml … */
const load = (...bodies: readonly string[]): Configuration =>
  Configuration.of(bodies.map((body, index) => parseConfigurationXml(file(body), `${'abc'[index]}.xml`)))

/** What is wrong with a text: `line:column code`. */
function faultOf(text: string, options?: XmlOptions): string {
  const error = configError(() => parseConfigurationXml(text, 'conf/hadoop-policy.xml', options))
  if (error === null) return 'none'
  const [problem] = error.problems
  return `${problem?.file}:${problem?.line}:${problem?.column} ${problem?.code}`
}

describe('what value a key has', () => {
  test.each<[string, string, string | undefined]>([
    ['a value', property('k', '<value>ada</value>'), 'ada'],
    ['its blanks stay', property('k', '<value> eng\n</value>'), ' eng\n'],
    ['one blank is a value', property('k', '<value> </value>'), ' '],
    ['an empty element is none', property('k', '<value></value>'), undefined],
    ['a closed element is none', property('k', '<value/>'), undefined],
    ['only a comment is none', property('k', '<value><!-- ada --></value>'), undefined],
    ['no element is none', property('k', ''), undefined],
    ['an empty attribute is a value', '<property name="k" value=""/>', ''],
    ['an attribute', '<property name="k" value="ada eng" final="true"/>', 'ada eng'],
    ['an element wins over the attribute', '<property name="k" value="a"><value>b</value></property>', 'b'],
    ['an empty element does not', '<property name="k" value="a"><value/></property>', 'a'],
    ['a comment inside is skipped', property('k', '<value>ada<!-- and -->,bo</value>'), 'ada,bo'],
    ['CDATA is text', property('k', '<value>a<![CDATA[<&b]]>c</value>'), 'a<&bc'],
    ['references are text', property('k', '<value>&#32;&lt;&#x41;</value>'), ' <A'],
    ['line ends of Windows', property('k', '<value>a\r\nb\rc</value>'), 'a\nb\nc'],
    ['the name is trimmed', property('\n k\t', '<value>a</value>'), 'a'],
    ['not in an attribute', '<property name=" k" value="a"/>', undefined],
    ['the value may come first', '<property><value>a</value><name>k</name></property>', 'a'],
    ['the last of two values', property('k', '<value>a</value><value>b</value>'), 'b'],
    ['other elements do not leak in', property('k', '<value>a</value><description>b</description>'), 'a'],
    [
      'the last of two properties',
      property('k', '<value>a</value>') + property('k', '<value>b</value>'),
      'b',
    ],
    ['an empty one does not hide', property('k', '<value>a</value>') + property('k', '<value/>'), 'a'],
    ['a final one stays', property('k', '<value>a</value>', FINAL) + property('k', '<value>b</value>'), 'a'],
    [
      'final is exactly `true`',
      property('k', '<value>a</value>', '<final>TRUE</final>') + property('k', '<value>b</value>'),
      'b',
    ],
    [
      'an empty final one locks',
      property('k', '<value/>', FINAL) + property('k', '<value>b</value>'),
      undefined,
    ],
    ['a property without a name', '<property><value>a</value></property>', undefined],
    ['names of JavaScript objects', property('constructor', '<value>a</value>'), undefined],
  ])('%s', (_, body, wanted) => {
    expect(load(body).get('k')).toBe(wanted)
  })

  test('a later file wins, unless an earlier one is final', () => {
    const [a, b] = [property('k', '<value>a</value>'), property('k', '<value>b</value>')]
    expect(load(a, b).get('k')).toBe('b')
    expect(load(property('k', '<value>a</value>', FINAL), b).get('k')).toBe('a')
    expect(load(a, property('k', '<value/>')).get('k')).toBe('a')
  })

  test('keys that JavaScript objects have are keys like any other', () => {
    const configuration = load(property('__proto__', '<value>p</value>'))
    expect(configuration.get('__proto__')).toBe('p')
    expect([...configuration.keys()]).toEqual(['__proto__'])
    expect(configuration.get('constructor')).toBeUndefined()
  })

  test('old names count as the new ones, unless renaming is off', () => {
    const resource = parseConfigurationXml(
      file(property('security.job.submission.protocol.acl', '<value>a</value>')),
      'a.xml',
    )
    expect(Configuration.of([resource]).get('security.job.client.protocol.acl')).toBe('a')
    expect(
      Configuration.of([resource], undefined, { rename: false }).get('security.job.client.protocol.acl'),
    ).toBeUndefined()
  })

  test.each<[string, boolean]>([
    [' TRUE\n', true],
    ['false', false],
    ['yes', true],
    ['1', true],
    ['', true],
  ])('%j as a switch that is on by default is %s', (text, wanted) => {
    expect(load(`<property name="k" value="${text}"/>`).getBoolean('k', true)).toBe(wanted)
  })
})

describe('what is reported, and where', () => {
  test('the place of an entry is the place of its value', () => {
    const body = '\n  <property>\n    <name>k</name>\n    <value>ada</value>\n  </property>'
    expect(load(body).entry('k')).toEqual({
      key: 'k',
      value: 'ada',
      file: 'a.xml',
      line: 5,
      column: 12,
      final: false,
    })
  })

  test('repetitions, empty values, finals in the way and old names are warnings', () => {
    const configuration = load(
      property('k', '<value>a</value>', FINAL) +
        property('e', '<value/>') +
        property('d', '<value>1</value>') +
        property('d', '<value>2</value>'),
      property('k', '<value>b</value>') +
        property('security.task.umbilical.protocol.acl', '<value>x</value>'),
    )
    const seen = configuration.problems.map(({ file, key, severity, code }) => [file, key, severity, code])
    expect(seen).toEqual([
      ['a.xml', 'e', 'warning', 'empty_value'],
      ['a.xml', 'd', 'warning', 'duplicate_key'],
      ['b.xml', 'k', 'warning', 'final_override'],
      ['b.xml', 'security.task.umbilical.protocol.acl', 'warning', 'deprecated_key'],
    ])
    expect(configuration.problems.every(({ hint, line }) => hint !== null && line !== null)).toBe(true)
  })
})

describe('files that are refused', () => {
  test.each<[string, string, string]>([
    ['an empty file', '', '1:1 malformed'],
    ['a file cut off while it was written', '<configuration>\n<property><name>k</na', '2:22 malformed'],
    ['an unknown entity', '<configuration>&xxe;</configuration>', '1:21 malformed'],
    ['an unbound prefix', '<configuration><x:property/></configuration>', '1:29 malformed'],
    ['an instruction inside another', '<configuration><?a?<?b?></configuration>', '1:25 malformed'],
    ['two roots', '<configuration/><configuration/>', '1:31 malformed'],
    ['another root', '<?xml version="1.0"?>\n<config/>', '2:10 wrong_root'],
    ['text alone', 'security.client.protocol.acl=*', '1:1 malformed'],
  ])('%s', (_, text, wanted) => {
    const [place, code] = wanted.split(' ')
    const fault = faultOf(text)
    expect(fault).toMatch(/^conf\/hadoop-policy\.xml:/)
    expect(fault.endsWith(`${code}`), `${fault}, wanted ${place}`).toBe(true)
    expect(fault.split(':')[1]).toBe(wanted.split(':')[0])
  })

  test.each<[string, string, string | null]>([
    ['inside a property', '<property><name>k</name><value>&x;</value></property>', 'k'],
    ['inside a property without a name yet', '<property><name>k</name></property><property>&x;', null],
    ['behind the last property', '<property><name>k</name><value>a</value></property>&x;', null],
    ['a file that ends behind a property', '<property><name>k</name><value>a</value></property>', null],
  ])('name the property that is to blame: %s', (_, body, key) => {
    const error = configError(() => parseConfigurationXml(`<configuration>${body}`, 'a.xml'))
    expect(error?.problems.map((problem) => problem.key)).toEqual([key])
  })

  // The attacks: an external entity that reads a file, parameter entities, and entities that grow without end.
  test.each([
    '<!DOCTYPE configuration [<!ENTITY x SYSTEM "file:///etc/passwd">]><configuration>&x;</configuration>',
    '<!DOCTYPE configuration SYSTEM "http://192.0.2.1/evil.dtd"><configuration/>',
    '<!DOCTYPE a [<!ENTITY % p "<!ENTITY l \'lol\'>">%p;]><configuration/>',
    '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]><configuration>&c;</configuration>',
    '<?xml version="1.0"?><!doctype html><configuration/>',
  ])('a DOCTYPE: %s', (text) => {
    expect(faultOf(text)).toMatch(/ (?:doctype|malformed)$/)
  })

  // The attack: elements inside elements, to exhaust a recursive reader.
  test('elements nested too deeply', () => {
    expect(faultOf(`<configuration>${'<a>'.repeat(100_000)}`)).toMatch(/ too_deep$/)
    expect(faultOf(`<configuration>${'<a>'.repeat(31)}${'</a>'.repeat(31)}</configuration>`)).toBe('none')
    expect(faultOf('<configuration><a><b/></a></configuration>', { maxDepth: 2 })).toMatch(/ too_deep$/)
  })

  test('any root will do where Hadoop is asked for', () => {
    const text = '<settings><property><name>k</name><value>a</value></property></settings>'
    expect(parseConfigurationXml(text, 'a.xml', { anyRoot: true }).entries).toHaveLength(1)
  })
})

describe('xi:include', () => {
  const including = (href: string, fallback = ''): string =>
    `<configuration xmlns:xi="http://www.w3.org/2001/XInclude">\n<xi:include href="${href}">${fallback}</xi:include></configuration>`

  const files = new Map([
    ['more.xml', file(property('k', '<value>more</value>'))],
    ['loop.xml', including('loop.xml')],
    ['broken.xml', '<configuration>'],
  ])
  const include = (href: string): string | null => files.get(href) ?? null

  test('is an error unless somebody follows it', () => {
    expect(faultOf(including('more.xml'))).toMatch(/:2:\d+ include$/)
  })

  test('stands for the properties of the file', () => {
    const resource = parseConfigurationXml(including('more.xml'), 'conf/a.xml', { include })
    expect(resource.entries).toMatchObject([{ key: 'k', value: 'more', file: 'conf/more.xml', line: 2 }])
  })

  // The attack: an include as a way to read any file or address.
  test.each([
    'file:///etc/passwd',
    '/etc/passwd',
    '../core-site.xml',
    'a/../../b.xml',
    'http://192.0.2.1/x.xml',
    'c:\\x',
    '..\\x',
    '%2e%2e/x',
    '',
  ])('%j leaves the folder', (href) => {
    expect(faultOf(including(href), { include: () => file('') })).toMatch(/ include$/)
  })

  test('a file that includes itself ends at the fourth level', () => {
    expect(faultOf(including('loop.xml'), { include })).toMatch(/^conf\/loop\.xml:.* include$/)
  })

  test('a missing file is an error unless there is a fallback', () => {
    expect(faultOf(including('none.xml'), { include })).toMatch(/ include$/)
    const fallback = `<xi:fallback>${property('k', '<value>spare</value>')}</xi:fallback>`
    const read = (href: string): unknown[] =>
      parseConfigurationXml(including(href, fallback), 'a.xml', { include }).entries.map(({ value }) => value)
    expect(read('none.xml')).toEqual(['spare'])
    expect(read('more.xml')).toEqual(['more'])
  })

  test('what is wrong in an included file is reported there', () => {
    expect(faultOf(including('broken.xml'), { include })).toMatch(/^conf\/broken\.xml:/)
  })
})

describe('${…}', () => {
  const environment = new Map([
    ['SET', 'value'],
    ['EMPTY', ''],
  ])
  const expanded = (text: string, others: Record<string, string> = {}): string | undefined => {
    const entry = (key: string, value: string): string => `<property name="${key}" value="${value}"/>`
    const body = Object.entries({ k: text, ...others }).map(([key, value]) => entry(key, value))
    return Configuration.of([parseConfigurationXml(file(body.join('')), 'a.xml')], environment).get('k')
  }

  test.each<[string, string, Record<string, string>, string]>([
    ['another key', '${a} eng', { a: 'root' }, 'root eng'],
    ['a key of a key', '${a}', { a: '${b}', b: 'c' }, 'c'],
    ['a name put together', '${x${b}y}', { b: '1', x1y: 'z' }, 'z'],
    ['an unknown key ends it', '${a} ${no} ${a}', { a: '1' }, '1 ${no} ${a}'],
    ['itself', '1 ${k}', {}, '1 ${k}'],
    ['a value that names itself gives the whole text back', '${b} ${a}', { a: 'x${a}', b: '1' }, '${b} ${a}'],
    ['a blank inside', '${a b}', { 'a b': 'x' }, '${a b}'],
    ['an empty name', '${}', {}, '${}'],
    ['the environment', '${env.SET}', {}, 'value'],
    ['a default for what is not set', '${env.NONE-d}', {}, 'd'],
    ['a default is not for what is empty', '${env.EMPTY-d}', {}, ''],
    ['unless asked for', '${env.EMPTY:-d}', {}, 'd'],
    ['a default that is empty', '${env.NONE:-}', {}, ''],
    ['the first sign decides', '${env.NONE-a:-b}', {}, 'a:-b'],
    ['a key with the name', '${env.NONE}', { 'env.NONE': 'key' }, 'key'],
    ['names of JavaScript objects', '${constructor}', {}, '${constructor}'],
  ])('%s', (_, text, others, wanted) => {
    expect(expanded(text, others)).toBe(wanted)
  })

  test('nineteen rounds end, twenty do not', () => {
    expect(expanded('${a}'.repeat(19), { a: 'x' })).toBe('x'.repeat(19))
    expect(() => expanded('${a}'.repeat(20), { a: 'x' })).toThrow(ConfigError)
  })

  test('a circle is reported with its place', () => {
    expect(configError(() => expanded('${a}', { a: '${b}', b: '${a} ' }))).toMatchObject({
      code: 'ERR_POLICY_EXPANSION',
      problems: [{ file: 'a.xml', line: 2, key: 'k', code: 'expansion' }],
    })
  })

  // The attack: values that double each other.
  test('values that double each other stop at twenty rounds', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`v${i}`, `\${v${i + 1}}\${v${i + 1}}`]),
    )
    expect(() => expanded('${v0}', doubling)).toThrow('takes more than 20 rounds')
  })
})
