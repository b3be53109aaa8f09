import type { Reason } from '../../errors/reasons.ts'
import { addressKey } from './address-key.ts'
import type { Exchange } from '../exchange.ts'
import type { ServiceLimits } from '../limits.ts'
import { refuse } from '../refuse.ts'
import { TokenBuckets } from './token-buckets.ts'

type Rates = Pick<
  ServiceLimits,
  'requestsPerSecondPerAddress' | 'requestsPerSecondPerUser' | 'burstPerAddress' | 'burstPerUser'
>

/**
 * How many requests a second one address and one user may have. A request is counted once, however often it is read
 * anew after a refresh.
 *
 * The answer is 429 and not 503: a load balancer that watches answers takes 503 for a sick server, and this is one
 * client. Hadoop's own clients do not look at the status: to them it is the `RetriableException` in the body that says
 * "again, later" (WebHdfsFileSystem with its retry policy on, and always with a logical URI).
 */
export class Pacing {
  readonly #addresses: TokenBuckets | null
  readonly #users: TokenBuckets | null

  constructor(rates: Rates) {
    this.#addresses = bucketsOf(rates.requestsPerSecondPerAddress, rates.burstPerAddress)
    this.#users = bucketsOf(rates.requestsPerSecondPerUser, rates.burstPerUser)
  }

  /**
   * Whether the address may have one more request; refused if not. Asked before anything is looked up; `onRefusal` is
   * called before the refusal is written.
   */
  admitsAddress(exchange: Exchange, address: string, onRefusal: () => void): boolean {
    if (this.#addresses === null || exchange.isAddressPaced) return true
    exchange.isAddressPaced = true
    const wait = this.#addresses.take(addressKey(address))
    if (wait === 0) return true
    onRefusal()
    tooFast(exchange, 'address_rate', 'too many requests from this address', wait)
    return false
  }

  /**
   * The same for the user that the request is for. Asked once it is allowed: else whoever may not act for somebody could
   * use up that somebody's share.
   */
  admitsUser(exchange: Exchange, user: string): boolean {
    if (this.#users === null || exchange.isUserPaced) return true
    exchange.isUserPaced = true
    const wait = this.#users.take(user)
    if (wait > 0) tooFast(exchange, 'user_rate', 'too many requests of this user', wait)
    return wait === 0
  }
}

const bucketsOf = (rate: number, burst: number | undefined): TokenBuckets | null =>
  rate === 0 ? null : new TokenBuckets(rate, burst ?? rate)

function tooFast(exchange: Exchange, reason: Reason, message: string, waitMs: number): void {
  const { door, id } = exchange
  door.dependencies.telemetry.metrics.rejected(door.service.name, reason)
  door.tell('a request was rejected', { reason, requestId: id })
  refuse(exchange, { reason, message, headers: ['Retry-After', String(Math.ceil(waitMs / 1_000))] })
}
