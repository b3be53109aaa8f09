/**
 * What one service takes. 0 is no bound, where the settings allow it.
 *
 * Shape: A burst undefined is what comes in one second. `targetBytes` bounds path and query each. Units: bytes, requests
 * and bytes per second, milliseconds for `queue.wait`.
 */
export interface ServiceLimits {
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
