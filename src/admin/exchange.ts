import type { IncomingMessage } from 'node:http'
import type { ConfigError } from '../errors.ts'
import type { AuditEntry } from '../telemetry/audit.ts'
import type { Admin } from './tokens.ts'

/** A request to the admin listener, once it is known who asks. */
export interface AdminRequest {
  readonly id: string
  readonly method: string
  readonly path: string
  /** Canonical address of the socket, as it was when it connected. */
  readonly peer: string
  readonly admin: Admin | null
  readonly body: string
  /** Null: it was not sent. */
  readonly ifMatch: string | null
}

/** What is answered. `body` is sent as it is when it is text, else as JSON. */
export interface Reply {
  readonly status: number
  readonly body: string | object
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer that says what went wrong: `{"error":{"code","message"}}`, and more where there is more to say. */
export function refusal(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, body: { error: { code, message } }, headers }
}

/** The problems of a configuration error, as the API gives them. */
export function problemsOf(error: ConfigError): object[] {
  return error.problems.map(({ file, line, column, key, message, hint }) => ({
    file,
    line,
    column,
    key,
    message,
    hint,
  }))
}

/** What every audit line of the admin listener has in common. */
export function adminEntry(
  request: AdminRequest,
): Pick<
  AuditEntry,
  | 'time'
  | 'requestId'
  | 'service'
  | 'kind'
  | 'user'
  | 'realUser'
  | 'address'
  | 'method'
  | 'path'
  | 'resource'
  | 'enforced'
  | 'clientRequestId'
> {
  return {
    time: Date.now(),
    requestId: request.id,
    service: 'admin',
    kind: 'admin',
    user: request.admin?.user ?? null,
    realUser: null,
    address: request.peer,
    method: request.method,
    path: request.path,
    resource: null,
    enforced: true,
    clientRequestId: null,
  }
}

const MAX_BODY = 64 * 1_024

/**
 * Reads a body, which must be JSON or empty: a page of another site can make a browser send forms and plain text,
 * never JSON. With `anyType` it may be called what it likes, for callers whom no page can imitate.
 */
export async function readBody(
  request: IncomingMessage,
  anyType: boolean,
): Promise<{ body: string } | { refused: Reply }> {
  const close = { Connection: 'close' }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue
    length += chunk.length
    if (length > MAX_BODY) {
      return { refused: refusal(413, 'body_too_large', `a body has at most ${MAX_BODY} bytes`, close) }
    }
    chunks.push(chunk)
  }
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (length > 0 && !anyType && !JSON_TYPES.has(type)) {
    const message =
      "a body is JSON: send `Content-Type: application/json`, with curl: -H 'Content-Type: application/json'"
    return { refused: refusal(415, 'unsupported_media_type', message, close) }
  }
  return { body: Buffer.concat(chunks).toString('utf8') }
}

const JSON_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/x-ndjson',
  'application/jsonl',
])
