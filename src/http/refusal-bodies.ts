import type { Surface } from '../routes/table.ts'

/** What a refusal says, whatever it looks like. `exception` is the simple name of a Java class. */
export interface RefusalText {
  readonly status: number
  readonly reason: string
  readonly message: string
  readonly exception: ExceptionName
  readonly requestId: string
}

/** A body and its content type. */
export interface Body {
  readonly type: string
  readonly text: string
}

const PACKAGES = {
  AccessControlException: 'org.apache.hadoop.security',
  AuthorizationException: 'org.apache.hadoop.security.authorize',
  AuthenticationException: 'org.apache.hadoop.security.authentication.client',
  IllegalArgumentException: 'java.lang',
  UnsupportedOperationException: 'java.lang',
  IOException: 'java.io',
  RetriableException: 'org.apache.hadoop.ipc',
} as const

/** The exceptions that Hadoop's clients get to see. */
export type ExceptionName = keyof typeof PACKAGES

/**
 * Words a refusal as the daemon's own clients read it.
 *
 * Shape: the order of the keys is the one of each surface; `accept` is the client's header, null where it sent none.
 * A page says nothing that a caller has chosen.
 * Source: org.apache.hadoop.hdfs.web.JsonUtil#toJsonString, org.apache.hadoop.yarn.webapp.GenericExceptionHandler,
 * org.apache.hadoop.util.HttpExceptionUtils.
 */
export function refusalBody(surface: Surface, refusal: RefusalText, accept: string | null): Body {
  const { exception, message } = refusal
  const javaClassName = `${PACKAGES[exception]}.${exception}`
  switch (surface) {
    case 'webhdfs':
      return json({ exception, javaClassName, message })
    case 'rest':
      return prefersXml(accept)
        ? xml(exception, message, javaClassName)
        : json({ exception, message, javaClassName })
    case 'kms':
      return json({ message, exception, javaClassName })
    case 'page':
      break
  }
  return page(refusal, accept)
}

const json = (exception: Readonly<Record<string, string>>): Body => ({
  type: 'application/json',
  text: JSON.stringify({ RemoteException: exception }),
})

const xml = (exception: string, message: string, javaClassName: string): Body => ({
  type: 'application/xml',
  text:
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><RemoteException>' +
    `<exception>${exception}</exception><message>${escapeXml(message)}</message>` +
    `<javaClassName>${javaClassName}</javaClassName></RemoteException>`,
})

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Controls and lone surrogates are not allowed in XML at all. */
const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (found) => ENTITIES[found] ?? '')

/** What a person is told; by status, because that is all a page gives away besides the reason. */
const TITLES: Readonly<Record<number, string>> = {
  400: 'The request cannot be understood',
  401: 'Nobody is logged in',
  403: 'Access is refused',
  405: 'The method is not allowed here',
  408: 'The request came too slowly',
  413: 'The request is too large',
  414: 'The address is too long',
  417: 'The expectation cannot be met',
  431: 'The request has too many headers',
  500: 'Something went wrong here',
  501: 'The request asks for something that is not supported',
  502: 'The server behind does not answer properly',
  503: 'The server is busy',
  504: 'The server behind does not answer in time',
  505: 'The protocol version is not supported',
}

function page({ status, reason, requestId }: RefusalText, accept: string | null): Body {
  const title = TITLES[status] ?? 'The request is refused'
  if (!(accept ?? '').toLowerCase().includes('text/html'))
    return { type: 'text/plain; charset=utf-8', text: `${title} (${reason}). Request ${requestId}\n` }
  return {
    type: 'text/html; charset=utf-8',
    text:
      `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>${status} ${title}</title></head>\n` +
      `<body><h1>${title}</h1><p>Reason: <code>${reason}</code></p>` +
      `<p>Whoever runs this service finds more under the request number <code>${requestId}</code>.</p></body></html>\n`,
  }
}

/** Whether XML is preferred to JSON; JSON is what is sent without a preference. */
function prefersXml(accept: string | null): boolean {
  if (accept === null || !accept.includes('xml')) return false
  let xmlWeight = 0
  let jsonWeight = 0
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = q === undefined ? 1 : Number(q.slice(2)) || 0
    if (type === 'application/xml' || type === 'text/xml') xmlWeight = Math.max(xmlWeight, weight)
    if (type === 'application/json' || type === 'application/*' || type === '*/*')
      jsonWeight = Math.max(jsonWeight, weight)
  }
  return xmlWeight > jsonWeight
}
