import { describe, expect, test } from 'vitest'
import { repeatedKey } from '../../../src/hadoop/repeated-key.ts'

describe('a key that stands twice', () => {
  test.each([
    ['{"a":1,"b":2}', null],
    ['{"a":1,"b":2,"a":3}', 'a'],
    ['{"a" : 1 , "a" : 1}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"\\"":1,"b":"\\"","\\"":2}', '"'],
    ['{"a\\\\":1,"a\\\\":2}', 'a\\'],
    ['{"":1,"":2}', ''],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"a":{"a":1},"b":[{"a":1},{"a":2}]}', null],
    ['[{"b":{"a":1,"c":{},"a":2}}]', 'a'],
    ['{"a":"b","b":"a:a"}', null],
    ['{"a":"\\",\\"a\\":1","b":"{\\"b\\":1}"}', null],
    ['{"a":["a","a"],"b":"b"}', null],
    ['"a"', null],
    ['1', null],
  ])('%s: %j', (text, key) => {
    expect(() => JSON.parse(text)).not.toThrow()
    expect(repeatedKey(text)).toBe(key)
  })

  // Attack: nesting and length, to exhaust a recursive reader or a slow one.
  test('is looked for in one pass', () => {
    expect(repeatedKey(`${'['.repeat(500_000)}${']'.repeat(500_000)}`)).toBeNull()
    expect(repeatedKey(JSON.stringify('\\"'.repeat(250_000)))).toBeNull()
  })
})
