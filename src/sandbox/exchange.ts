import type { IncomingHttpHeaders } from 'node:http'
import type { Parameters } from './parameters.ts'

/**
 * One request as a daemon of the sandbox sees it.
 *
 * Shape: `rawPath` is what was sent, `path` is decoded and without `..`, `;…` and the query, which is how servlets are
 * matched. `form` is the form body of a PUT or POST, null where there is none.
 */
export interface Call {
  readonly method: string
  readonly rawPath: string
  readonly path: string
  readonly rawQuery: string
  readonly query: Parameters
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string
  /** Sends `100 Continue`, whether it was asked for or not; only the first time. */
  sendContinue(): void
  /** The body in pieces. `onBytes` may throw to stop reading. */
  read(onBytes: (length: number) => void): Promise<Buffer>
}

/** Header names as they are sent, in the order in which they are sent. An array is sent as several lines. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>

/** Shape: `chunked` sends no `Content-Length`, as Jetty does for what a servlet writes. */
export interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly body: string | Buffer
  readonly chunked: boolean
}

/** A body that a servlet wrote: no length. */
export function written(status: number, type: string, body: string, headers: AnswerHeaders = {}): Answer {
  return { status, headers: { ...headers, 'Content-Type': type }, body, chunked: true }
}

/** No body, said so. */
export function empty(status: number, headers: AnswerHeaders = {}): Answer {
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/octet-stream' },
    body: '',
    chunked: false,
  }
}

/** Text for HTML and XML, quotes included. */
export function escapeMarkup(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (found) => names[found] ?? found)
}

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  500: 'Server Error',
}

/**
 * The error page of the servlet container.
 *
 * Source: org.eclipse.jetty.server.handler.ErrorHandler (9.4).
 */
export function errorPage(
  status: number,
  uri: string,
  message: string = PHRASES[status] ?? '',
  headers: AnswerHeaders = {},
): Answer {
  const row = (name: string, value: string): string =>
    `<tr><th>${name}:</th><td>${escapeMarkup(value)}</td></tr>\n`
  const title = `${status} ${escapeMarkup(message)}`
  return {
    status,
    headers: {
      ...headers,
      'Cache-Control': 'must-revalidate,no-cache,no-store',
      'Content-Type': 'text/html;charset=iso-8859-1',
      ...(status === 500 ? { Connection: 'close' } : {}),
    },
    body:
      '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>\n' +
      `<title>Error ${title}</title>\n</head>\n<body><h2>HTTP ERROR ${title}</h2>\n<table>\n` +
      `${row('URI', uri)}${row('STATUS', String(status))}${row('MESSAGE', message)}` +
      '</table>\n\n</body>\n</html>\n',
    chunked: false,
  }
}
