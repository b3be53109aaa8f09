import { SaxesParser } from 'saxes'
import { ProtocolError } from '../errors.ts'
import { repeatedKey } from './repeated-key.ts'

/**
 * The queue that a JSON document names: `queue` of the outermost object; null where it names none, or an empty one.
 *
 * Shape: whatever two readers might take for another name is refused: keys that stand twice, that only look like
 * `queue`, and the wrapping in `root` that one version reads and another one skips.
 * Errors: `ERR_HTTP_BODY` (`resource_body`).
 * Source: org.apache.hadoop.yarn.server.resourcemanager.webapp.JAXBContextResolver.
 */
export function queueInJson(text: string, root: string | null): string | null {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw unclear('the body is no JSON')
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw unclear('the body is no JSON object')
  const repeated = repeatedKey(text)
  if (repeated !== null) throw unclear('a key of the body stands twice in one object')
  let queue: unknown = null
  for (const [key, value] of Object.entries(document)) {
    if (key === 'queue') queue = value
    else if (key === root) throw unclear(`the body wraps everything in \`${key}\``)
    else checkName(key)
  }
  if (queue === null) return null
  if (typeof queue !== 'string') throw unclear('`queue` is no text')
  return checkedQueue(queue)
}

/**
 * The queue that an XML document names: the element `queue` right below `root`; null where it names none, or an empty
 * one.
 *
 * Shape: as above. Of the element, nothing but plain text is taken: no attributes, comments, sections or elements.
 * Errors: `ERR_HTTP_BODY` (`resource_body`), for a DOCTYPE too.
 * Source: ApplicationSubmissionContextInfo, ReservationSubmissionRequestInfo, AppQueue of the ResourceManager.
 */
export function queueInXml(text: string, root: string): string | null {
  const parser = new SaxesParser({ xmlns: true })
  let depth = 0
  let queue: string | null = null
  let isInside = false
  const refuse = (what: string) => (): never => {
    throw unclear(`the body has ${what}`)
  }
  const refuseInside = (): void => {
    if (isInside) throw unclear('`queue` has something other than text in it')
  }
  parser.on('error', refuse('a mistake: it is no well-formed XML'))
  parser.on('doctype', refuse('a DOCTYPE'))
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0' || (encoding !== undefined && encoding.toUpperCase() !== 'UTF-8'))
      throw unclear('the body is no XML 1.0 in UTF-8')
  })
  parser.on('comment', refuseInside)
  parser.on('cdata', refuseInside)
  parser.on('processinginstruction', ({ body }) => {
    refuseInside()
    if (body.startsWith('?')) throw unclear('a processing instruction of the body is unclear')
  })
  parser.on('text', (piece) => {
    if (isInside) queue = (queue ?? '') + piece
  })
  parser.on('opentag', ({ name, uri, attributes }) => {
    refuseInside()
    depth += 1
    if (depth > MAX_DEPTH) throw unclear('the body is nested too deeply')
    if (depth === 1 && (name !== root || uri !== '')) throw unclear(`the body is no \`${root}\``)
    if (depth !== 2) return
    if (name !== 'queue') return checkName(name)
    if (uri !== '' || Object.keys(attributes).length > 0)
      throw unclear('`queue` has an attribute or a namespace')
    if (queue !== null) throw unclear('`queue` stands twice in the body')
    queue = ''
    isInside = true
  })
  parser.on('closetag', () => {
    depth -= 1
    isInside = false
  })
  parser.write(text).close()
  return queue === null ? null : checkedQueue(queue)
}

const MAX_DEPTH = 32

const checkName = (name: string): void => {
  if (name.normalize('NFKC').toLowerCase().includes('queue'))
    throw unclear('something beside `queue` in the body looks like it')
}

/** Blanks are trimmed by some schedulers, and empty parts are left out. */
function checkedQueue(queue: string): string | null {
  if (queue === '') return null
  if (
    /[\p{Cc}\p{Cf}\uFFFD]/u.test(queue) ||
    queue.trim() !== queue ||
    queue.split('.').some((part) => part.trim() === '')
  )
    throw unclear('`queue` is no name of a queue')
  return queue
}

const unclear = (message: string): ProtocolError =>
  new ProtocolError('ERR_HTTP_BODY', 'resource_body', message)
