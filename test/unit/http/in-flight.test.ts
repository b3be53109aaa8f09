import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { InFlight } from '../../../src/http/upstream/in-flight.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Somebody who waits under a name, and tells what comes of it; `then` is done once there is a place. */
const waiterOf = (name: string, told: string[], then: () => void = () => {}) => ({
  admitted: () => {
    told.push(name)
    then()
  },
  expired: () => void told.push(`${name} expired`),
})

test('places are given in the order in which they were asked for', () => {
  const places = new InFlight(2, { length: 3, wait: 1_000 })
  const told: string[] = []
  expect([places.enter(), places.enter(), places.enter()]).toEqual([true, true, false])
  expect(['a', 'b', 'c', 'd'].map((name) => places.wait(waiterOf(name, told)))).toEqual([
    true,
    true,
    true,
    false,
  ])
  places.leave()
  places.leave()
  expect(told).toEqual(['a', 'b'])
  expect(places.enter()).toBe(false)
  places.leave()
  expect([told, places.waiting]).toEqual([['a', 'b', 'c'], 0])
  places.leave()
  expect(places.enter()).toBe(true)
})

test('nobody waits for longer than is allowed, and who has left is not called', () => {
  const places = new InFlight(1, { length: 2, wait: 1_000 })
  const told: string[] = []
  places.enter()
  const gone = waiterOf('gone', told)
  places.wait(gone)
  places.wait(waiterOf('late', told))
  places.cancel(gone)
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual(['late expired'])
  places.leave()
  expect([told, places.enter(), vi.getTimerCount()]).toEqual([['late expired'], true, 0])
})

test.each([
  { length: 0, wait: 1_000 },
  { length: 1, wait: 0 },
])('no queue where there is no room or no time in it: %o', (queue) => {
  const places = new InFlight(1, queue)
  places.enter()
  expect(places.wait(waiterOf('a', []))).toBe(false)
})

test('a hundred thousand that fail as soon as they have a place take no stack', () => {
  const places = new InFlight(1, { length: 100_000, wait: 1_000 })
  const told: string[] = []
  places.enter()
  for (let count = 0; count < 100_000; count += 1) places.wait(waiterOf('x', told, () => places.leave()))
  places.leave()
  expect([told.length, places.waiting, places.enter(), vi.getTimerCount()]).toEqual([100_000, 0, true, 0])
})
