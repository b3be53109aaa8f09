import { expect, test } from 'vitest'
import { OnceASecond } from '../../../src/telemetry/once-a-second.ts'

// Attack: a caller makes something go wrong again and again, so that the log fills the disk.
test('what happens again and again is said once, with the number of times it was not', async () => {
  const said: number[] = []
  const log = new OnceASecond()
  for (let time = 0; time < 100; time += 1) log.tell((notLogged) => said.push(notLogged))
  expect(said).toEqual([0])
  await expect
    .poll(
      () => {
        log.tell((notLogged) => said.push(notLogged))
        return said.length
      },
      { timeout: 10_000 },
    )
    .toBe(2)
  expect(said[1]).toBeGreaterThanOrEqual(99)
})
