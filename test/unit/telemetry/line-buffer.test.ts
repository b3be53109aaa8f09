import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Effect, LineBuffer } from '../../../src/telemetry/line-buffer.ts'

const filled = (
  capacity: number,
  lines: readonly (readonly [Effect, string])[],
): { kept: string[]; dropped: Effect[] } => {
  const dropped: Effect[] = []
  const buffer = new LineBuffer(capacity, (effect) => dropped.push(effect))
  for (const [effect, line] of lines) buffer.push(effect, () => `${line}\n`)
  const kept = buffer.take(Infinity).split('\n').slice(0, -1)
  return { kept, dropped }
}

describe('lines that wait', () => {
  test('are taken in the order in which they came, whatever their effect', () => {
    const { kept, dropped } = filled(4, [
      ['allow', 'a1'],
      ['deny', 'd1'],
      ['allow', 'a2'],
      ['deny', 'd2'],
    ])
    expect(kept).toEqual(['a1', 'd1', 'a2', 'd2'])
    expect(dropped).toEqual([])
  })

  test('give way when there is no room: the oldest allow first, for a deny and for an allow alike', () => {
    const { kept, dropped } = filled(3, [
      ['allow', 'a1'],
      ['allow', 'a2'],
      ['deny', 'd1'],
      ['deny', 'd2'],
      ['allow', 'a3'],
    ])
    expect(kept).toEqual(['d1', 'd2', 'a3'])
    expect(dropped).toEqual(['allow', 'allow'])
  })

  test('of denies alone keep the first ones, and the new one is not even formatted', () => {
    const dropped: Effect[] = []
    const buffer = new LineBuffer(1, (effect) => dropped.push(effect))
    buffer.push('deny', () => 'd1\n')
    buffer.push('deny', () => expect.unreachable())
    buffer.push('allow', () => expect.unreachable())
    expect(buffer.take(100)).toBe('d1\n')
    expect(dropped).toEqual(['deny', 'allow'])
  })

  test('are taken in pieces', () => {
    const buffer = new LineBuffer(10, () => {})
    for (const line of ['one\n', 'two\n', 'three\n']) buffer.push('allow', () => line)
    expect(buffer.take(5)).toBe('one\ntwo\n')
    expect(buffer.take(5)).toBe('three\n')
    expect(buffer.take(5)).toBe('')
  })

  test('are none the fewer for a long queue that is taken in between', () => {
    const buffer = new LineBuffer(50_000, () => expect.unreachable())
    let next = 0
    let taken = ''
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 1_500; index += 1) {
        const line = `${next++}\n`
        buffer.push(index % 3 === 0 ? 'deny' : 'allow', () => line)
      }
      taken += buffer.take(4_000)
    }
    taken += buffer.take(Infinity)
    expect(taken).toBe(Array.from({ length: next }, (_, index) => `${index}\n`).join(''))
  })

  test('are counted when they are given up', () => {
    const dropped: Effect[] = []
    const buffer = new LineBuffer(10, (effect) => dropped.push(effect))
    buffer.push('allow', () => 'a\n')
    buffer.push('deny', () => 'd\n')
    buffer.clear()
    expect(dropped.toSorted()).toEqual(['allow', 'deny'])
    expect(buffer.size).toBe(0)
  })

  test('no deny is lost while an allow is kept, and every line is either kept or counted', () => {
    const effects = fc.array(fc.constantFrom<Effect>('allow', 'deny'), { maxLength: 60 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), effects, (capacity, given) => {
        const { kept, dropped } = filled(
          capacity,
          given.map((effect, index) => [effect, `${effect}${index}`] as const),
        )
        expect(kept.length).toBeLessThanOrEqual(capacity)
        expect(kept.length + dropped.length).toBe(given.length)
        const numbers = kept.map((line) => Number(line.replace(/\D/g, '')))
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
        const denies = given.filter((effect) => effect === 'deny').length
        const keptDenies = kept.filter((line) => line.startsWith('deny')).length
        expect(keptDenies).toBe(Math.min(denies, capacity))
      }),
    )
  })
})
