import * as z from 'zod'
import { count, duration, positiveDuration } from './values.ts'

/** How the active one of several servers is found. Units: milliseconds; `retryBudget` is retries per request. */
export interface AvailabilitySettings {
  readonly probe: number
  readonly failoverWait: number
  readonly failoverQueue: number
  readonly retryBudget: number
}

const SHARE = 'has to be a number from 0 to 1'

/** For services of NameNodes, routers and ResourceManagers with two upstreams or more; others have no use for it. */
export const highAvailability: z.ZodType<AvailabilitySettings> = z.strictObject({
  probe: positiveDuration
    .prefault('2s')
    .describe(
      'How often each of several NameNodes, routers or ResourceManagers is asked whether it is active.',
    ),
  failoverWait: duration
    .prefault('0s')
    .describe('How long a request waits for a server to become active, before it is answered with 503.'),
  failoverQueue: count(1, 1_000_000)
    .default(4_096)
    .describe('Requests that may wait for that at one time; one more is answered with 503 at once.'),
  retryBudget: z
    .number({ error: SHARE })
    .min(0, { error: SHARE })
    .max(1, { error: SHARE })
    .default(0.2)
    .describe('Requests that may be sent once more, as a share of all; `0` allows none.'),
})
