import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Configuration, parseConfigurationXml } from '../../src/hadoop/configuration.ts'
import { configError } from '../support/config-error.ts'
import { oracleGet, type OracleProperty } from '../support/oracle-hadoop.ts'

const property = (): fc.Arbitrary<OracleProperty> =>
  fc.record({
    key: fc.constantFrom('a', 'b', '__proto__', 'constructor'),
    value: fc.option(fc.constantFrom('x', ' y', 'z\n', '${b}', '<&>"', 'ä', ']]'), { nil: null }),
    final: fc.boolean(),
  })

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** One file in element form, or in attribute form where there is a value. */
function write(properties: readonly OracleProperty[], attributes: boolean): string {
  const element = ({ key, value, final }: OracleProperty): string => {
    if (attributes && value !== null && !value.includes('\n'))
      return `<property name="${key}" value="${escape(value)}" final="${final}"/>`
    const body = value === null ? '' : `<value>${escape(value)}</value>`
    return `<property><name> ${key} </name>${body}<final>${final}</final></property>`
  }
  return `<configuration>${properties.map(element).join('\n')}</configuration>`
}

test('files in any order, with finals, repetitions and empty values, give what the twin gives', () => {
  const files = fc.array(fc.array(property(), { maxLength: 6 }), { maxLength: 4 })
  fc.assert(
    fc.property(files, fc.boolean(), (contents, attributes) => {
      const resources = contents.map((properties, index) =>
        parseConfigurationXml(write(properties, attributes), `${index}.xml`),
      )
      const configuration = Configuration.of(resources)
      for (const key of ['a', 'b', '__proto__', 'constructor', 'c'])
        expect(configuration.entry(key)?.value).toBe(oracleGet(contents, key))
    }),
    { numRuns: 1000 },
  )
})

test('the place of every value is where it stands in the file', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('\n', ' ', '\t', '<!-- \n -->', '<x/>'), { maxLength: 10 }),
      (pad) => {
        const text = `<configuration>${pad.join('')}<property><name>k</name><value>here</value></property></configuration>`
        const [entry] = parseConfigurationXml(text, 'f.xml').entries
        const line = text.split('\n')[(entry?.line ?? 0) - 1] ?? ''
        expect(line.slice((entry?.column ?? 0) - 1)).toMatch(/^here/)
      },
    ),
  )
})

test('whatever the text, reading ends in properties or in one clear error', () => {
  const soup = fc
    .array(
      fc.constantFrom(
        '<configuration>',
        '</configuration>',
        '<property>',
        '</property>',
        '<name>',
        '</name>',
        '<value>',
        '</value>',
        '<value/>',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
        '&amp;',
        '&x;',
        '&#65;',
        'text',
        '\u0000',
        '<!DOCTYPE a>',
        '<?xml version="1.0"?>',
        '<final>true</final>',
        '\ufeff',
        '<a:b>',
        ' xmlns="u"',
      ),
      { maxLength: 15 },
    )
    .map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (text) => {
      const problem = configError(() => parseConfigurationXml(text, 'f.xml'))?.problems[0]
      expect(problem ?? { file: 'f.xml', severity: 'error' }).toMatchObject({
        file: 'f.xml',
        severity: 'error',
      })
    }),
    { numRuns: 3000 },
  )
})

test('expansion always ends: in a text, or in its own error', () => {
  const value = fc
    .array(
      fc.constantFrom('${a}', '${b}', '${c}', '${env.X}', '${env.X:-d}', '${', '}', '$', '{', ' ', 'w'),
      {
        maxLength: 8,
      },
    )
    .map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(value, value, value, (a, b, c) => {
      const entries = Object.entries({ a, b, c }).map(([key, text]) => ({
        key,
        value: text,
        file: 'f.xml',
        line: 1,
        column: 1,
        final: false,
      }))
      const configuration = Configuration.of([{ file: 'f.xml', entries, unset: [], problems: [] }])
      const code = configError(() => configuration.get('a'))?.code
      expect(code ?? 'ERR_POLICY_EXPANSION').toBe('ERR_POLICY_EXPANSION')
    }),
    { numRuns: 3000 },
  )
})
