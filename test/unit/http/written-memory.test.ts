import { expect, test } from 'vitest'
import { giveBack } from '../../../src/http/upstream/written-memory.ts'

test('a piece that was written leaves its memory', () => {
  const piece = Buffer.from(new ArrayBuffer(65_536))
  const done = giveBack(piece)
  expect(piece).toHaveLength(65_536)
  done?.()
  done?.()
  expect(piece).toHaveLength(0)
})

// Were a part given back that shares its memory, the others would be lost on their way.
test.each([
  ['that is small', Buffer.from(new ArrayBuffer(16_383))],
  ['of a larger read', Buffer.from(new ArrayBuffer(65_536)).subarray(1)],
  ['at the beginning of a larger read', Buffer.from(new ArrayBuffer(65_536)).subarray(0, 65_535)],
  ['of memory that threads share', Buffer.from(new SharedArrayBuffer(65_536))],
])('a piece %s does not', (_, piece) => {
  expect(giveBack(piece)).toBeUndefined()
})
