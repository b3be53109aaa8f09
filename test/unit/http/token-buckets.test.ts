import { describe, expect, test } from 'vitest'
import { addressKey } from '../../../src/http/arrival/address-key.ts'
import { TokenBuckets } from '../../../src/http/arrival/token-buckets.ts'

describe('a token bucket', () => {
  test('gives what it holds at once, then one for each interval, and says how long that takes', () => {
    const buckets = new TokenBuckets(10, 3)
    expect([1, 2, 3].map(() => buckets.take('a', 1_000))).toEqual([0, 0, 0])
    expect(buckets.take('a', 1_000)).toBeCloseTo(100)
    expect(buckets.take('a', 1_060)).toBeCloseTo(40)
    expect(buckets.take('a', 1_100)).toBe(0)
    expect(buckets.take('a', 1_100)).toBeCloseTo(100)
    expect(buckets.take('b', 1_100)).toBe(0)
  })

  test('is never fuller than full, and a refusal takes nothing', () => {
    const buckets = new TokenBuckets(1, 2)
    expect([buckets.take('a', 0), buckets.take('a', 0)]).toEqual([0, 0])
    for (let at = 0; at < 100; at += 1) expect(buckets.take('a', at)).toBeGreaterThan(0)
    expect([1, 2, 3].map(() => buckets.take('a', 60_000))).toEqual([0, 0, 1_000])
  })

  test('is as exact over any time as its rate', () => {
    const buckets = new TokenBuckets(50, 5)
    let taken = 0
    for (let at = 0; at < 10_000; at += 3) if (buckets.take('a', at) === 0) taken += 1
    expect(taken).toBe(5 + 499)
  })

  test('that is full again is forgotten, and one that is not is not', () => {
    const buckets = new TokenBuckets(1, 10)
    for (let count = 0; count < 10; count += 1) buckets.take('busy', 0)
    for (let key = 0; key < 1_000; key += 1) buckets.take(`k${key}`, 5_000)
    expect(buckets.size).toBe(1_001)
    // Its bucket has five of ten by now, wherever it is remembered.
    expect([1, 2, 3, 4, 5, 6].map(() => buckets.take('busy', 5_000) === 0).filter(Boolean)).toHaveLength(5)
    buckets.take('x', 20_000)
    buckets.take('x', 40_000)
    expect(buckets.size).toBeLessThanOrEqual(2)
  })

  test('of each of a million addresses takes no more memory than of two thousand', () => {
    const buckets = new TokenBuckets(1, 1_000, 1_000)
    for (let key = 0; key < 1_000_000; key += 1) buckets.take(`k${key}`, key / 1_000)
    expect(buckets.size).toBeLessThanOrEqual(2_000)
  })
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})
