import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import type { ConnectionOptions } from 'node:tls'

/**
 * What is asked of a server on the network. `url` has scheme, host and port; `tls` is how an `https:` one is verified.
 */
export interface HttpQuestion {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly tls?: ConnectionOptions
}

/** An answer, read to its end. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const TIMEOUT_MS = 60_000
const MAX_BODY = 64 * 1_048_576

/**
 * Asks one question over a connection of its own, so that nothing stays open behind it.
 *
 * Errors: those of the network; one for an answer that takes a minute or is not HTTP.
 */
export function ask({ method, url, headers = {}, body, tls = {} }: HttpQuestion): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false as const, timeout: TIMEOUT_MS }
    const onResponse = (response: IncomingMessage): void => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > MAX_BODY) response.destroy(new Error('the answer is too large'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode, headers } = response
        resolve({ status: statusCode ?? 0, headers, body: Buffer.concat(chunks).toString('utf8') })
      })
    }
    const sent = url.startsWith('https:')
      ? requestTls(url, { ...options, ...tls }, onResponse)
      : request(url, options, onResponse)
    sent.on('timeout', () => sent.destroy(new Error('no answer within a minute')))
    sent.on('error', reject)
    sent.end(body)
  })
}
