import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { request as requestTls, type RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import { pipeline, type Readable } from 'node:stream'
import { checkServerIdentity } from 'node:tls'
import { createGunzip } from 'node:zlib'
import { clientOptions, serverNameFor } from '../../tls/client.ts'
import type { ClientTls } from '../../tls/material.ts'
import { RangerFailure } from './failure.ts'

/** How long an attempt may take, and how much of an answer is taken. Units: milliseconds and bytes. */
export interface DownloadLimits {
  readonly connectMs: number
  readonly readMs: number
  readonly downloadMs: number
  readonly maxBytes: number
}

/** What is asked for. `tls` null: what Node's own authorities vouch for. */
export interface DownloadRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: ClientTls | null
  readonly limits: DownloadLimits
  readonly signal: AbortSignal
}

/** An answer, read to its end. `contentType` is empty where there is none. */
export interface Downloaded {
  readonly status: number
  readonly contentType: string
  readonly cookies: readonly string[]
  readonly body: Buffer
}

/** Of an answer that says no, so much is read; it is text for people. */
const MAX_REFUSAL_BYTES = 65_536

/**
 * Asks once, over a connection of its own. No redirect is followed; a body is read as far as the limit and no further.
 *
 * Errors: `RangerFailure`.
 */
export function download(asked: DownloadRequest): Promise<Downloaded> {
  const { limits, signal } = asked
  return new Promise((resolve, reject) => {
    const sent = send(asked)
    const giveUp = (message: string): void => {
      sent.destroy(new RangerFailure('timeout', message))
    }
    let timer = setTimeout(() => giveUp(`no connection within ${limits.connectMs} ms`), limits.connectMs)
    const whole = setTimeout(() => giveUp(`not complete within ${limits.downloadMs} ms`), limits.downloadMs)
    const onAbort = (): void => {
      sent.destroy(new RangerFailure('timeout', 'given up'))
    }
    const silent = (): void => {
      clearTimeout(timer)
      timer = setTimeout(() => giveUp(`silent for ${limits.readMs} ms`), limits.readMs)
    }
    const end = (): void => {
      clearTimeout(timer)
      clearTimeout(whole)
      signal.removeEventListener('abort', onAbort)
      sent.destroy()
    }
    const fail = (error: unknown): void => {
      end()
      reject(failureOf(error))
    }
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    sent.on('socket', (socket) => socket.once('encrypted' in socket ? 'secureConnect' : 'connect', silent))
    sent.on('error', fail)
    sent.on('response', (response) => {
      silent()
      response.on('data', silent)
      response.pause()
      readAnswer(response, limits.maxBytes).then((answer) => {
        end()
        resolve(answer)
      }, fail)
    })
    sent.end()
  })
}

function send({ url, headers, tls }: DownloadRequest): ClientRequest {
  const options: RequestOptions = {
    method: 'GET',
    agent: false,
    headers: { accept: 'application/json', 'accept-encoding': 'gzip', connection: 'close', ...headers },
  }
  if (!url.startsWith('https:')) return request(url, options)
  const name = serverNameFor(url, tls)
  return requestTls(url, {
    ...options,
    ...clientOptions(tls),
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  })
}

async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<Downloaded> {
  const { statusCode: status = 0, headers } = response
  const isData = status === 200
  const limit = isData ? maxBytes : MAX_REFUSAL_BYTES
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of plain(response)) {
    const bytes = chunk as Buffer
    length += bytes.length
    if (length > limit && isData)
      throw new RangerFailure('too_large', `the answer is larger than the limit of ${maxBytes} bytes`, {
        isElsewhereToo: true,
      })
    chunks.push(bytes)
    if (length > limit) break
  }
  return {
    status,
    contentType: headers['content-type'] ?? '',
    cookies: headers['set-cookie'] ?? [],
    body: Buffer.concat(chunks),
  }
}

/** The body as it was before it was packed. */
function plain(response: IncomingMessage): Readable {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity') return response
  if (encoding === 'gzip' || encoding === 'x-gzip') return pipeline(response, createGunzip(), () => undefined)
  throw new RangerFailure('encoding', `the answer is encoded as \`${encoding.slice(0, 64)}\``)
}

const CONNECT = /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_|EADDRNOTAVAIL|ENETDOWN|EHOSTDOWN)/
const TLS = /^(?:ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/

function failureOf(error: unknown): RangerFailure {
  if (error instanceof RangerFailure) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const say = (reason: RangerFailure['reason'], message: string): RangerFailure =>
    new RangerFailure(reason, `${message} (${code || cause.message})`, { cause })
  if (CONNECT.test(code)) return say('connect', 'no connection')
  if (code === 'ETIMEDOUT') return say('timeout', 'no connection')
  if (TLS.test(code)) return say('tls', 'no TLS connection that can be trusted')
  if (code.startsWith('HPE_') || code === 'ERR_INVALID_CHAR') return say('protocol', 'the answer is not HTTP')
  if (code.startsWith('Z_BUF')) return say('truncated', 'the packed answer ends in the middle')
  if (code.startsWith('Z_')) return say('encoding', 'the answer is not packed as it says')
  return say('truncated', 'the connection ended before the answer was complete')
}
