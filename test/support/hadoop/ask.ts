import { once } from 'node:events'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'

/** One answer. `informational`: the 1xx answers that came before it, in order. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  readonly text: string
  readonly informational: readonly number[]
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** Takes an answer that breaks the rules of HTTP, as some of Hadoop's do. */
  readonly lenient?: boolean
  /** Authority that vouches for an `https:` server, in PEM. */
  readonly ca?: string
}

/**
 * Sends one request on a connection of its own, the target byte for byte as given, and follows nothing.
 * Errors: the connection broke before the answer was complete.
 */
export async function ask(
  base: string,
  method: string,
  target: string,
  options: AskOptions = {},
): Promise<Answer> {
  const { protocol, hostname, port } = new URL(base)
  const { body, headers = {}, lenient = false, ca } = options
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  const outgoing = (protocol === 'https:' ? requestTls : request)({
    ...(ca === undefined ? {} : { ca }),
    hostname,
    port,
    method,
    path: target,
    agent: false,
    insecureHTTPParser: lenient,
    headers: { ...length, ...headers },
  })
  const informational: number[] = []
  outgoing.on('information', ({ statusCode }) => informational.push(statusCode))
  outgoing.end(body)
  const [incoming] = await once(outgoing, 'response')
  // What breaks from here on is told by the answer as well.
  outgoing.on('error', () => {})
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    body: bytes,
    text: bytes.toString('utf8'),
    informational,
  }
}

/** Path of WebHDFS with its query, ready to be sent. */
export const webHdfs = (path: string, query: string): string => `/webhdfs/v1${path}?${query}`

/** The `Location` of an answer. Errors: there is none. */
export function locationOf(answer: Answer): URL {
  const { location } = answer.headers
  if (typeof location !== 'string') throw new Error(`no Location in ${answer.status} ${answer.text}`)
  return new URL(location)
}
