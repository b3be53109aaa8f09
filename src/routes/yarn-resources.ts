import { ProtocolError } from '../errors.ts'
import { queueInJson, queueInXml } from '../hadoop/queue-document.ts'
import type { QueueNames, ResourceAsk, ResourceAsks } from '../ranger/ask.ts'
import type { QueueBody } from './route.ts'

/** The body of a request, with what its head says about it. */
export interface SentBody {
  readonly bytes: Uint8Array
  readonly contentType: string | null
  readonly contentEncoding: string | null
}

const DEFAULT_QUEUE = 'default'
/** In the words of YARN. */
export const SUBMIT_APP = 'SUBMIT_APP'

/**
 * Whether an application may be submitted, or moved, to the queue that a body names. To administer the queue implies it,
 * by the service definition.
 *
 * Shape: nothing of it goes by the query. Where policies know full names and this is none that can be completed, it is
 * asked about as it is, and unknown besides.
 * Errors: `ERR_HTTP_BODY`: the body can be read in two ways, or not at all.
 * Source: org.apache.hadoop.yarn.server.resourcemanager.RMAppManager, ranger-policies 10.
 */
export function queueAsks(body: QueueBody, sent: SentBody, { names, paths }: QueueNames): ResourceAsks {
  const given = queueIn(body, sent)
  if (given === null && body.isRequired)
    throw new ProtocolError('ERR_HTTP_BODY', 'resource_body', 'the body names no `queue`')
  const queue = given ?? DEFAULT_QUEUE
  const path = paths.get(queue) ?? (queue === 'root' || queue.startsWith('root.') ? queue : null)
  if (names === 'full')
    return { asks: [submit(path ?? queue, 'allow')], isUnknown: path === null, action: SUBMIT_APP }
  const asks = [submit(queue, 'allow')]
  // Nobody gets past a deny of the full name by a shorter one: the fair scheduler puts `root.` in front.
  const longer = path ?? `root.${queue}`
  if (longer !== queue) asks.push(submit(longer, 'no_deny'))
  return { asks, isUnknown: false, action: SUBMIT_APP }
}

const submit = (queue: string, needs: ResourceAsk['needs']): ResourceAsk => ({
  resource: new Map([['queue', queue]]),
  accessTypes: ['submit-app'],
  needs,
  shown: SUBMIT_APP,
})

const TYPE = /^application\/(json|xml)[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*(?:utf-8|"utf-8")[ \t]*)?$/i

function queueIn({ root }: QueueBody, { bytes, contentType, contentEncoding }: SentBody): string | null {
  const format = TYPE.exec(contentType?.trim() ?? '')?.[1]?.toLowerCase()
  if (format === undefined || (format === 'xml' && root === null))
    throw badType(
      root === null ? 'the body has to be JSON in UTF-8' : 'the body has to be JSON or XML in UTF-8',
    )
  if (contentEncoding !== null && contentEncoding.trim().toLowerCase() !== 'identity')
    throw badType('the body is not taken compressed')
  const text = textOf(bytes)
  return format === 'xml' && root !== null ? queueInXml(text, root) : queueInJson(text, root)
}

/** A byte order mark is no JSON, and a parser might go by it. */
function textOf(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (!text.startsWith('\uFEFF') && !text.includes('\0')) return text
  } catch {
    // A TypeError says no more than what is said below.
  }
  throw new ProtocolError('ERR_HTTP_BODY', 'resource_body', 'the body is no plain UTF-8')
}

const badType = (message: string): ProtocolError =>
  new ProtocolError('ERR_HTTP_BODY', 'resource_body_type', message)
