import * as z from 'zod'
import { count, duration, size } from './values.ts'

/**
 * What one service takes. 0 is no bound where it is allowed; a burst undefined: what comes in one second.
 * Units: bytes, requests and bytes per second, milliseconds for `queue.wait`.
 */
export interface LimitSettings {
  readonly connections: number
  readonly connectionsPerAddress: number
  readonly requestsPerSecondPerUser: number
  readonly requestsPerSecondPerAddress: number
  readonly burstPerUser?: number | undefined
  readonly burstPerAddress?: number | undefined
  readonly headers: number
  readonly headerBytes: number
  readonly targetBytes: number
  readonly parameters: number
  readonly bodyBytes: number
  readonly resourceBodyBytes: number
  readonly minBodyRate: number
  readonly queue: { readonly length: number; readonly wait: number }
}

const RATE = 1_000_000
/** What is less would refuse everybody: no head of a request is shorter than its first headers. */
const MIN_HEAD_BYTES = 1_024
const MIN_TARGET_BYTES = 256
const MIN_RESOURCE_BODY_BYTES = 1_024

const queue = z.strictObject({
  length: count(0, 100_000)
    .default(128)
    .describe(
      'Requests that may wait for a place at one upstream; 0: none waits. More are answered with 503.',
    ),
  wait: duration.prefault('2s').describe('Longest time in the queue; then the answer is 503.'),
})

const burst = (rate: string): z.ZodType<number | undefined> =>
  count(1, RATE)
    .optional()
    .describe(`Requests that may come at once before \`${rate}\` counts. Left out: what comes in one second.`)

/** The `limits:` block of a service. */
export const limits: z.ZodType<LimitSettings> = z.strictObject({
  connections: count(1, 1_000_000)
    .default(16_384)
    .describe('Connections of clients that are open at one time; more are closed at once.'),
  connectionsPerAddress: count(0, 1_000_000)
    .default(512)
    .describe(
      'The same from one address, or one IPv6 /64; 0: no limit. Peers in `trustedProxies` are exempt.',
    ),
  requestsPerSecondPerUser: count(0, RATE)
    .default(0)
    .describe('Requests that one effective user may have sent on in a second; more get 429. 0: no limit.'),
  requestsPerSecondPerAddress: count(0, RATE)
    .default(0)
    .describe('Requests from one address, or one IPv6 /64, in a second; more get 429. 0: no limit.'),
  burstPerUser: burst('requestsPerSecondPerUser'),
  burstPerAddress: burst('requestsPerSecondPerAddress'),
  headers: count(8, 1_000).default(100).describe('Headers of a request; more are answered with 431.'),
  headerBytes: size('256KiB', MIN_HEAD_BYTES)
    .prefault('16KiB')
    .describe('Head of a request, its target included; a longer one is answered with 431.'),
  targetBytes: size('64KiB', MIN_TARGET_BYTES)
    .prefault('8KiB')
    .describe('Path of a request, and the same for its query; a longer one is answered with 414.'),
  parameters: count(1, 10_000).default(64).describe('Parameters of a query; more are answered with 400.'),
  bodyBytes: size('1048576GiB', 0)
    .prefault(0)
    .describe('Bytes of the body of a request; more are answered with 413. 0: no limit, as HDFS has none.'),
  resourceBodyBytes: size('16MiB', MIN_RESOURCE_BODY_BYTES)
    .prefault('1MiB')
    .describe(
      'Bytes of a body that says which resource a request is about, such as the queue of an application: where permissions are verified it is read whole before anything is sent. More are answered with 413.',
    ),
  minBodyRate: size('1MiB', 0)
    .prefault(256)
    .describe(
      'Bytes a second that a client has to send of a body, on average over `timeouts.body`; else 408. 0: no minimum.',
    ),
  queue: queue.prefault({}).describe('Requests that wait while an upstream has `maxInFlight` of them.'),
})
