import { describe, expect, test } from 'vitest'
import { ConfigError, type Problem } from '../../../src/errors.ts'
import { located } from '../../../src/errors/located.ts'

const problem = (place: Partial<Problem>): Problem => ({
  file: '',
  line: null,
  column: null,
  key: null,
  severity: 'error',
  code: 'cidr',
  message: 'is no range',
  hint: null,
  ...place,
})

describe('located', () => {
  test('adds a place to each problem that names no file, and leaves the others', () => {
    const known = problem({ file: 'other.xml', line: 3, key: 'b' })
    const error = new ConfigError('ERR_POLICY_CIDR', 'two', { problems: [problem({ key: 'a' }), known] })
    const placed = located(error, ({ key }) => ({ file: `${key}.xml`, line: 7 }))
    expect(placed.problems).toEqual([problem({ file: 'a.xml', line: 7, key: 'a' }), known])
    expect([placed.code, placed.message, placed.cause]).toEqual(['ERR_POLICY_CIDR', 'two', error])
  })

  test('passes on what is no error of the files', () => {
    const defect = new TypeError('ours')
    expect(() => located(defect, () => ({}))).toThrow(defect)
  })
})
