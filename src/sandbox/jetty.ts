import type { Answer, AnswerHeaders } from './exchange.ts'

/**
 * The headers that Hadoop's web server puts on every answer; `Date` is there twice.
 *
 * Source: org.apache.hadoop.http.HttpServer2, NoCacheFilter.
 */
export function withJettyHeaders(answer: Answer, more: AnswerHeaders): Answer {
  const now = new Date().toUTCString()
  const common = {
    Date: [now, now],
    'Cache-Control': 'no-cache',
    Expires: now,
    Pragma: 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    'X-FRAME-OPTIONS': 'SAMEORIGIN',
    'X-XSS-Protection': '1; mode=block',
  }
  return { ...answer, headers: { ...common, ...more, ...answer.headers } }
}
