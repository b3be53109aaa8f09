import { UnavailableError } from '../errors.ts'
import type { Exchange } from './exchange.ts'

/** The most of an answer that is read before the client gets any of it, in bytes. */
const MAX_REVIEWED_BYTES = 65_536

/**
 * The head of a final answer as the client would get it.
 *
 * Shape: `headers` is a flat list; `upstream` is the origin it is from, `target` what was asked there.
 */
export interface AnswerHead {
  readonly status: number
  readonly headers: readonly string[]
  readonly upstream: string
  readonly target: string
}

/** An answer that is there as a whole; empty where there is no body, as for HEAD, 204 and 304. */
export interface WholeAnswer extends AnswerHead {
  readonly body: Buffer
}

/** Changes a body on its way, piece by piece. What it gives back may be the piece itself, a part of it, or empty. */
export interface BodyFilter {
  next(piece: Buffer): Buffer
  /** All that is left; `last` is the last piece, null where none is at hand. Called once, and nothing after it. */
  end(last: Buffer | null): Buffer
}

/**
 * Another status, other headers or another body instead. What is left out stays; the length is seen to, but with a
 * `filter`, through which the body is led: then nobody knows it, and `headers` must not name it.
 */
export interface Change {
  readonly kind: 'change'
  readonly status?: number
  readonly headers?: readonly string[]
  readonly body?: Buffer
  readonly filter?: BodyFilter
}

/** Read the body first; `tooLong` says what becomes of an answer that is over `MAX_REVIEWED_BYTES`. */
export interface Hold {
  readonly kind: 'hold'
  readonly tooLong: 'pass' | 'refuse'
}

/**
 * Drop the answer and ask another server: it proves that nothing was done.
 *
 * Shape: `otherwise` is what the client gets where no other can be asked; null: that no server is active.
 */
export interface Elsewhere {
  readonly kind: 'elsewhere'
  readonly cause: 'standby' | 'retriable'
  readonly otherwise: Change | null
}

/** Drop the answer and refuse. */
export interface Refuse {
  readonly kind: 'refuse'
  readonly error: UnavailableError
}

/**
 * Looks at answers of upstreams before the client sees any of them.
 *
 * Both are called synchronously, and `head` may be asked more than once about one answer, so it only looks. Where it
 * says `hold`, `whole` is asked about the answer with its body, if that is not too long.
 */
export interface Reviewer {
  head(answer: AnswerHead, exchange: Exchange): 'pass' | (Change & { readonly body?: never }) | Hold | Refuse
  whole(answer: WholeAnswer, exchange: Exchange): 'pass' | Change | Elsewhere | Refuse
}

/**
 * An answer that may go out. `headers` may be added to; `body` null: as it comes from the upstream. `filter` other than
 * null has yet to see the body, whichever it is.
 */
export interface Reviewed {
  readonly kind: 'reviewed'
  readonly status: number
  readonly headers: string[]
  readonly body: Buffer | null
  readonly filter: BodyFilter | null
}

/** To be asked elsewhere; `otherwise` null: the client hears that no server is active. */
export interface Away {
  readonly kind: 'elsewhere'
  readonly cause: Elsewhere['cause']
  readonly otherwise: Reviewed | null
}

/**
 * Asks reviewers in their order; each sees what those before it have made of the answer.
 *
 * Shape: `body` is null while it is not there; then the outcome may be `hold`, which is to be asked again with the
 * body, or with `too long` once there is more of it than is held.
 */
export function review(
  reviewers: readonly Reviewer[],
  answer: AnswerHead,
  body: null,
  exchange: Exchange,
): Reviewed | Hold | Refuse
export function review(
  reviewers: readonly Reviewer[],
  answer: AnswerHead,
  body: 'too long',
  exchange: Exchange,
): Reviewed | Refuse
export function review(
  reviewers: readonly Reviewer[],
  answer: AnswerHead,
  body: Buffer,
  exchange: Exchange,
): Reviewed | Away | Refuse
export function review(
  reviewers: readonly Reviewer[],
  answer: AnswerHead,
  body: Buffer | null | 'too long',
  exchange: Exchange,
): Reviewed | Hold | Away | Refuse {
  let now: Answer = { ...answer, body: body === 'too long' ? null : body, filter: null }
  for (const reviewer of reviewers) {
    let verdict: ReturnType<Reviewer['head']> | ReturnType<Reviewer['whole']> = reviewer.head(now, exchange)
    if (verdict !== 'pass' && verdict.kind === 'hold') {
      if (body === null) return verdict
      if (now.body !== null) verdict = reviewer.whole({ ...now, body: now.body }, exchange)
      else if (verdict.tooLong === 'refuse') return { kind: 'refuse', error: tooLong() }
      else verdict = 'pass'
    }
    if (verdict === 'pass') continue
    if (verdict.kind === 'refuse') return verdict
    if (verdict.kind === 'change') {
      now = changed(now, verdict)
      continue
    }
    const { cause, otherwise } = verdict
    return { kind: 'elsewhere', cause, otherwise: otherwise && reviewed(changed(now, otherwise)) }
  }
  return reviewed(now)
}

type Answer = AnswerHead & Pick<Reviewed, 'body' | 'filter'>

function changed(answer: Answer, change: Change): Answer {
  const { status = answer.status, headers = answer.headers, filter = answer.filter, body } = change
  if (body === undefined) return { ...answer, status, headers, filter }
  return { ...answer, status, headers: withLength(headers, body.length), body, filter }
}

const reviewed = ({ status, headers, body, filter }: Answer): Reviewed => ({
  kind: 'reviewed',
  status,
  headers: [...headers],
  body,
  filter,
})

/** What a held answer has in memory so far, counted against the memory of its listener. */
export class HeldAnswer {
  readonly head: AnswerHead
  readonly #exchange: Exchange
  readonly #chunks: Buffer[] = []
  #bytes = 0

  constructor(head: AnswerHead, exchange: Exchange) {
    this.head = head
    this.#exchange = exchange
  }

  /** Takes one more piece; false where it is too much to be held. It is kept all the same, for it may have to go on. */
  add(chunk: Buffer): boolean {
    this.#chunks.push(chunk)
    if (this.#bytes + chunk.length > MAX_REVIEWED_BYTES || !this.#exchange.hold(chunk.length)) return false
    this.#bytes += chunk.length
    return true
  }

  /** All there is; it is not held any more. */
  take(): Buffer {
    this.#exchange.hold(-this.#bytes)
    this.#bytes = 0
    return Buffer.concat(this.#chunks.splice(0))
  }
}

function withLength(headers: readonly string[], length: number): string[] {
  const others = headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== 'content-length')
  return [...others, 'Content-Length', String(length)]
}

const tooLong = (): UnavailableError =>
  new UnavailableError(
    'ERR_UPSTREAM_PROTOCOL',
    `the answer of the upstream has to be checked as a whole and is over ${MAX_REVIEWED_BYTES} bytes`,
    { retryable: false },
  )
