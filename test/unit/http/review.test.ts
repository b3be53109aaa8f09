import { describe, expect, test } from 'vitest'
import { UnavailableError } from '../../../src/errors.ts'
import type { Exchange } from '../../../src/http/exchange.ts'
import {
  type AnswerHead,
  type BodyFilter,
  type Change,
  review,
  type Reviewer,
} from '../../../src/http/review.ts'

/** No reviewer of these tests looks at it. */
const exchange = {} as Exchange
const HEAD: AnswerHead = {
  status: 200,
  headers: ['Content-Length', '2', 'X-A', 'b'],
  upstream: 'http://a:1',
  target: '/',
}

const reviewer = (
  head: ReturnType<Reviewer['head']>,
  whole: Reviewer['whole'] = () => {
    throw new Error('is not to be asked')
  },
): Reviewer => ({ head: () => head, whole })

const refusal = new UnavailableError('ERR_UPSTREAM_PROTOCOL', 'no', { retryable: false })

describe('the review of an answer', () => {
  test('lets an answer go out as it is where nobody minds', () => {
    const outcome = { kind: 'reviewed', status: 200, headers: HEAD.headers, body: null, filter: null }
    expect(review([], HEAD, null, exchange)).toEqual(outcome)
    expect(review([reviewer('pass'), reviewer('pass')], HEAD, null, exchange)).toEqual(outcome)
  })

  test('shows each reviewer what those before it have made of the answer', () => {
    const seen: AnswerHead[] = []
    const second: Reviewer = {
      head(answer) {
        seen.push(answer)
        return { kind: 'change', headers: [...answer.headers, 'X-C', 'd'] }
      },
      whole: () => 'pass',
    }
    const outcome = review([reviewer({ kind: 'change', status: 201 }), second], HEAD, null, exchange)
    expect(seen).toMatchObject([{ ...HEAD, status: 201 }])
    expect(outcome).toMatchObject({ status: 201, headers: [...HEAD.headers, 'X-C', 'd'] })
  })

  test('asks everybody again once the body is there', () => {
    const answers: string[] = []
    const holds: Reviewer = {
      head: () => ({ kind: 'hold', tooLong: 'pass' }),
      whole({ body, status }) {
        answers.push(`${status} ${body.toString()}`)
        return { kind: 'change', body: Buffer.from('other') }
      },
    }
    const reviewers = [reviewer({ kind: 'change', status: 202 }), holds, holds]
    expect(review(reviewers, HEAD, null, exchange)).toEqual({ kind: 'hold', tooLong: 'pass' })
    const outcome = review(reviewers, HEAD, Buffer.from('ok'), exchange)
    expect(answers).toEqual(['202 ok', '202 other'])
    expect(outcome).toEqual({
      kind: 'reviewed',
      status: 202,
      headers: ['X-A', 'b', 'Content-Length', '5'],
      body: Buffer.from('other'),
      filter: null,
    })
  })

  test('has a body that was held led through a filter as well', () => {
    const filter: BodyFilter = { next: (piece) => piece, end: () => Buffer.from('filtered') }
    const holds = reviewer({ kind: 'hold', tooLong: 'pass' }, () => 'pass')
    const filters = reviewer({ kind: 'change', headers: [], filter })
    expect(review([holds, filters], HEAD, null, exchange)).toEqual({ kind: 'hold', tooLong: 'pass' })
    const outcomes = [
      review([holds, filters], HEAD, Buffer.from('ok'), exchange),
      review([holds, filters], HEAD, 'too long', exchange),
    ]
    for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'reviewed', headers: [], filter })
  })

  test('lets each reviewer say what an answer that is too long to be held means', () => {
    const lenient = reviewer({ kind: 'hold', tooLong: 'pass' })
    const changing = reviewer({ kind: 'change', headers: [] })
    const strict = reviewer({ kind: 'hold', tooLong: 'refuse' })
    expect(review([lenient, changing], HEAD, 'too long', exchange)).toEqual({
      kind: 'reviewed',
      status: 200,
      headers: [],
      body: null,
      filter: null,
    })
    expect(review([lenient, strict], HEAD, 'too long', exchange)).toMatchObject({
      kind: 'refuse',
      error: { code: 'ERR_UPSTREAM_PROTOCOL' },
    })
  })

  test('ends with the first who refuses or sends the request elsewhere', () => {
    const refuse = { kind: 'refuse', error: refusal } as const
    const never: Reviewer = { head: () => expect.unreachable(), whole: () => expect.unreachable() }
    expect(review([reviewer(refuse), never], HEAD, null, exchange)).toBe(refuse)
    const away = (otherwise: Change | null): Reviewer =>
      reviewer({ kind: 'hold', tooLong: 'refuse' }, () => ({
        kind: 'elsewhere',
        cause: 'standby',
        otherwise,
      }))
    expect(review([away(null), never], HEAD, Buffer.alloc(0), exchange)).toEqual({
      kind: 'elsewhere',
      cause: 'standby',
      otherwise: null,
    })
    const changes = [away({ kind: 'change', status: 503 }), never]
    expect(review(changes, HEAD, Buffer.from('ok'), exchange)).toMatchObject({
      otherwise: { kind: 'reviewed', status: 503, headers: HEAD.headers, body: Buffer.from('ok') },
    })
  })
})
