import { ID_PATTERN, type Submission } from './applications.ts'
import { RemoteException } from './remote-exception.ts'

const MAX_TEXT = 1_000

/** 400 in the words of the ResourceManager. */
export const badRequest = (message: string): RemoteException =>
  new RemoteException(
    400,
    'org.apache.hadoop.yarn.webapp.BadRequestException',
    `java.lang.Exception: ${message}`,
  )

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The body of a request to the ResourceManager.
 *
 * Errors: `RemoteException`, 400, for what is not a JSON object.
 */
export function parseFields(text: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw badRequest(cause instanceof Error ? cause.message : 'unreadable')
  }
  if (!isFields(value)) throw badRequest('the body is not an object')
  return value
}

/**
 * What a submission asks for; texts are cut at 1000 characters.
 *
 * Errors: `RemoteException`, 400, for a missing or malformed id.
 * Source: org.apache.hadoop.yarn.server.resourcemanager.webapp.dao.ApplicationSubmissionContextInfo,
 * org.apache.hadoop.yarn.server.resourcemanager.webapp.RMWebServices#submitApplication.
 */
export function parseSubmission(text: string, user: string): Submission {
  const fields = parseFields(text)
  const id = fields['application-id']
  if (typeof id !== 'string' || !ID_PATTERN.test(id))
    throw badRequest(
      `Could not parse application id ${typeof id === 'string' ? id.slice(0, MAX_TEXT) : 'null'}`,
    )
  const resource = isFields(fields['resource']) ? fields['resource'] : {}
  const tags = isFields(fields['application-tags']) ? fields['application-tags']['tag'] : null
  return {
    id,
    user,
    name: textOf(fields['application-name'], 'N/A'),
    queue: textOf(fields['queue'], 'default'),
    type: textOf(fields['application-type'], 'YARN'),
    tags: textOf(Array.isArray(tags) ? tags.join(',') : tags, ''),
    priority: numberOf(fields['priority'], 0),
    memory: numberOf(resource['memory'], 1_024),
    vCores: numberOf(resource['vCores'], 1),
  }
}

const textOf = (value: unknown, absent: string): string =>
  typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT) : absent

function numberOf(value: unknown, absent: number): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : absent
}
