import type { Readable } from 'node:stream'
import { ProtocolError } from '../../errors.ts'
import { BAD_VALUE, TOKEN } from '../header-list.ts'

/**
 * A request as it goes to an upstream. `headers` is a flat list; it says nothing about the connection, nor about the
 * framing of a body but the length of one that streams. `body` is asked for when it can be sent.
 */
export interface UpstreamRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: Buffer | null | (() => Readable)
  /** Whether a WebSocket is asked for. */
  readonly upgrades?: boolean
}

/** The head of a request in Latin-1. `length` is that of a body that streams; null: in chunks, or there is none. */
export interface RequestText {
  readonly text: string
  readonly length: number | null
}

const METHOD = /^[A-Z]+$/
const PATH = /^\/[\x21-\x7e]*$/
/** Servers wait for a body of these, or refuse them, where nothing says that there is none. */
const HAVE_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Writes the head of a request. Everything was checked where it came from; that a line end gets in here would make two
 * requests of one, so it is checked once more.
 *
 * Shape: `host` is what is said where the request has no host of its own.
 * Errors: `ERR_HTTP_FRAMING` (`malformed`) for what cannot be sent.
 */
export function requestText(
  { method, path, headers, body, upgrades = false }: UpstreamRequest,
  host: string,
): RequestText {
  if (!METHOD.test(method) || !PATH.test(path)) throw unsendable()
  let text = ''
  let named = host
  let length: number | null = null
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    const value = headers[at + 1] ?? ''
    if (!TOKEN.test(name) || BAD_VALUE.test(value)) throw unsendable()
    if (name === 'host') {
      named = value
      continue
    }
    if (name === 'content-length') length = Number(value)
    text += `${name}: ${value}\r\n`
  }
  const connection = upgrades ? 'Upgrade\r\nupgrade: websocket' : 'keep-alive'
  const start = `${method} ${path} HTTP/1.1\r\nhost: ${named}\r\nconnection: ${connection}\r\n`
  return { text: `${start}${text}${framing(method, body, length)}\r\n`, length }
}

function framing(method: string, body: UpstreamRequest['body'], length: number | null): string {
  if (body === null) return HAVE_BODY.has(method) ? 'content-length: 0\r\n' : ''
  if (typeof body !== 'function') return `content-length: ${body.length}\r\n`
  return length === null ? 'transfer-encoding: chunked\r\n' : ''
}

const unsendable = (): ProtocolError =>
  new ProtocolError('ERR_HTTP_FRAMING', 'malformed', 'the request cannot be sent on')
