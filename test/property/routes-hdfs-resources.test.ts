import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hdfsAsks } from '../../src/routes/hdfs-resources.ts'
import { canonicalTarget } from '../../src/routes/target.ts'

const name = fc
  .string({ unit: fc.constantFrom(...Array.from('abZ09-_~.*?{}$ é日')), minLength: 1, maxLength: 6 })
  .filter((text) => !/^\.+$/.test(text))

/** A character as it may stand in a path: raw where that is allowed, or escaped in either case. */
const spelled = (text: string, choices: readonly number[]): string =>
  Array.from(text)
    .map((character, at) => {
      const choice = choices[at % choices.length] ?? 0
      if (choice === 0 && /[A-Za-z0-9._~$*-]/.test(character)) return character
      const escaped = [...new TextEncoder().encode(character)]
        .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
        .join('')
      return choice === 1 ? escaped.toUpperCase() : escaped
    })
    .join('')

const detours = fc.constantFrom('', './', 'x/../')

describe('the paths that are asked about', () => {
  test('are the same for every spelling of a path', () => {
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(2), { minLength: 1, maxLength: 9 }),
        fc.array(detours, { minLength: 5, maxLength: 5 }),
        (names, choices, ways) => {
          const raw = names.map((one, at) => `/${ways[at] ?? ''}${spelled(one, choices)}`).join('')
          const { asks } = hdfsAsks('namenode', 'DELETE', canonicalTarget(`/webhdfs/v1${raw}`))
          const paths = asks.map(({ resource }) => resource.get('path'))
          expect(paths).toEqual([`/${names.slice(0, -1).join('/')}`, `/${names.join('/')}`])
          for (const path of paths) {
            expect(path).not.toMatch(/\/\/|\/\.{1,2}(?:\/|$)|%[0-9A-Fa-f]{2}/)
          }
        },
      ),
    )
  })
})
