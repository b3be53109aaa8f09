import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BodyClock } from '../../../src/http/body-clock.ts'

const SILENCE_MS = 10_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A clock that asks for so many bytes a second, and what it said last. */
function clockOf(minRate: number): { clock: BodyClock; said: () => string | null } {
  let said: string | null = null
  const clock = new BodyClock({ silenceMs: SILENCE_MS, minRate }, ({ reason }) => (said = reason))
  clock.start()
  return { clock, said: () => said }
}

/** Lets time pass, with so many bytes at the end of each second. */
function pass(clock: BodyClock, seconds: number, bytes: number): void {
  for (let at = 0; at < seconds; at += 1) {
    vi.advanceTimersByTime(999)
    if (bytes > 0) clock.got(bytes)
    vi.advanceTimersByTime(1)
  }
}

test('a body that comes at the minimum may take for ever', () => {
  const { clock, said } = clockOf(100)
  pass(clock, 600, 100)
  expect(said()).toBeNull()
  clock.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('one that comes a little more slowly is given up, however fast it was before', () => {
  const { clock, said } = clockOf(100)
  pass(clock, 100, 1_000_000)
  pass(clock, 9, 99)
  expect(said()).toBeNull()
  pass(clock, 11, 99)
  expect(said()).toBe('body_too_slow')
})

test('one that stops is given up for its silence', () => {
  const { clock, said } = clockOf(100)
  pass(clock, 10, 0)
  expect(said()).toBe('request_timeout')
})

test('time in which nothing is wanted does not count', () => {
  const { clock, said } = clockOf(100)
  for (let round = 0; round < 10; round += 1) {
    pass(clock, 8, 1)
    clock.stop()
    vi.advanceTimersByTime(3_600_000)
    clock.start()
  }
  expect(said()).toBeNull()
})

test('without a minimum only silence counts', () => {
  const { clock, said } = clockOf(0)
  pass(clock, 600, 1)
  expect(said()).toBeNull()
  pass(clock, 11, 0)
  expect(said()).toBe('request_timeout')
})
