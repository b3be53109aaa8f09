import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RetryBudget } from '../../../src/http/availability/retry-budget.ts'

test('a whole failover is covered, and not two', () => {
  const budget = new RetryBudget(0.2, 10)
  expect(Array.from({ length: 12 }, () => budget.take())).toEqual([
    ...Array<boolean>(10).fill(true),
    false,
    false,
  ])
  for (let count = 0; count < 5; count += 1) budget.requested()
  expect([budget.take(), budget.take()]).toEqual([true, false])
})

test('a share of 0 allows none, and 1 one each', () => {
  expect(new RetryBudget(0, 10).take()).toBe(false)
  const budget = new RetryBudget(1, 1)
  for (let count = 0; count < 100; count += 1) {
    expect([budget.take(), budget.take()]).toEqual([true, false])
    budget.requested()
  }
})

test('retries never exceed the reserve and the share of what came', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 500 }),
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 0, max: 50 }),
      (events, tenths, reserve) => {
        const budget = new RetryBudget(tenths / 10, reserve)
        let [requests, retries] = [0, 0]
        for (const isRequest of events) {
          if (isRequest) budget.requested()
          if (isRequest) requests += 1
          else if (budget.take()) retries += 1
        }
        expect(retries).toBeLessThanOrEqual(reserve + (requests * tenths) / 10 + 1e-6)
      },
    ),
  )
})
