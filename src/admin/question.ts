import { canonicalAddress } from '../hadoop/addresses.ts'
import { isServiceKind, SERVICE_KINDS, type ServiceKind } from '../routes/kinds.ts'

/**
 * May this user do that? One line of `check --batch`, one body of `POST /admin/v1/explain`.
 *
 * Shape: `groups` null: to be looked up; `realUser` is who authenticated when `user` is impersonated, else null;
 * `address` canonical, null for unknown; `at` in milliseconds since the epoch, null for now.
 */
export interface Question {
  readonly id: string | number | null
  readonly user: string
  readonly groups: readonly string[] | null
  readonly realUser: string | null
  readonly address: string | null
  readonly at: number | null
  readonly about: Topic
}

/** What is asked about: a policy key, a protocol by its class name, or a request to a daemon. `body` null: none is known. */
export type Topic =
  | { readonly by: 'service'; readonly service: string }
  | { readonly by: 'protocol'; readonly protocol: string }
  | {
      readonly by: 'url'
      readonly kind: ServiceKind
      readonly method: string
      readonly url: string
      readonly body: QuestionBody | null
    }

/** The body of a request, as text; `type` is its `Content-Type`. */
export interface QuestionBody {
  readonly text: string
  readonly type: string
}

/** Why a question cannot be answered. */
export interface QuestionFault {
  readonly id: string | number | null
  readonly code: string
  readonly message: string
}

/** A question, or what is wrong with it. */
export type Reading = { readonly question: Question } | { readonly fault: QuestionFault }

const FIELDS: ReadonlySet<string> = new Set([
  'id',
  'user',
  'groups',
  'realUser',
  'address',
  'service',
  'protocol',
  'kind',
  'method',
  'url',
  'queue',
  'body',
  'at',
])

/** Text is wrong in one way only: the message says which. */
class Fault extends Error {}

/**
 * Reads a question from parsed JSON. Unknown fields are faults: a misspelled `realUser` would change the answer.
 *
 * Errors: none; what is wrong comes back as a fault with code `bad_question`.
 */
export function readQuestion(value: unknown): Reading {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: { id: null, code: 'bad_question', message: 'a question is a JSON object' } }
  }
  const fields = new Map<string, unknown>(Object.entries(value))
  const id = idOf(fields.get('id'))
  try {
    return { question: questionOf(fields, id) }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { fault: { id, code: 'bad_question', message: error.message } }
  }
}

function idOf(value: unknown): string | number | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

function questionOf(fields: ReadonlyMap<string, unknown>, id: string | number | null): Question {
  for (const name of fields.keys()) {
    if (!FIELDS.has(name)) throw new Fault(`unknown field \`${name}\`; known are ${[...FIELDS].join(', ')}`)
  }
  if (fields.has('id') && id === null) throw new Fault('`id` is a text or a number')
  return {
    id,
    user: requiredText(fields, 'user'),
    groups: groupsOf(fields.get('groups')),
    realUser: optionalText(fields, 'realUser'),
    address: addressOf(optionalText(fields, 'address')),
    at: timeOf(optionalText(fields, 'at')),
    about: topicOf(fields),
  }
}

function optionalText(fields: ReadonlyMap<string, unknown>, name: string): string | null {
  const value = fields.get(name)
  if (value === undefined || value === null) return null
  if (typeof value !== 'string' || value === '') throw new Fault(`\`${name}\` is a text that is not empty`)
  return value
}

function requiredText(fields: ReadonlyMap<string, unknown>, name: string): string {
  const text = optionalText(fields, name)
  if (text === null) throw new Fault(`\`${name}\` is missing`)
  return text
}

function groupsOf(value: unknown): readonly string[] | null {
  if (value === undefined || value === null) return null
  if (!Array.isArray(value)) throw new Fault('`groups` is a list of texts')
  return value.map((group: unknown) => {
    if (typeof group !== 'string') throw new Fault('`groups` is a list of texts')
    return group
  })
}

function addressOf(text: string | null): string | null {
  if (text === null) return null
  const address = canonicalAddress(text)
  if (address === null) throw new Fault(`\`address\` is not an IP address: \`${text}\``)
  return address
}

/** With its zone: without one the answer would hang on the machine that gives it. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/

function timeOf(text: string | null): number | null {
  if (text === null) return null
  const time = TIME.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(time)) throw new Fault('`at` is a time such as `2026-01-31T08:00:00Z`')
  return time
}

/** A queue by itself stands for the shortest body that names it. */
function bodyOf(fields: ReadonlyMap<string, unknown>): QuestionBody | null {
  const queue = optionalText(fields, 'queue')
  const text = optionalText(fields, 'body')
  if (queue !== null && text !== null) throw new Fault('give one of `queue` and `body`')
  if (queue !== null) return { text: JSON.stringify({ queue }), type: 'application/json' }
  if (text === null) return null
  return { text, type: text.trimStart().startsWith('<') ? 'application/xml' : 'application/json' }
}

function topicOf(fields: ReadonlyMap<string, unknown>): Topic {
  const service = optionalText(fields, 'service')
  const protocol = optionalText(fields, 'protocol')
  const url = optionalText(fields, 'url')
  const given = [service, protocol, url].filter((text) => text !== null).length
  if (given !== 1) throw new Fault('give one of `service`, `protocol`, or `kind` with `method` and `url`')
  const alone = ['kind', 'method', 'queue', 'body'].find((name) => url === null && fields.has(name))
  if (alone !== undefined) throw new Fault(`\`${alone}\` goes with \`url\``)
  if (service !== null) return { by: 'service', service }
  if (protocol !== null) return { by: 'protocol', protocol }
  const kind = requiredText(fields, 'kind')
  if (!isServiceKind(kind)) throw new Fault(`unknown kind \`${kind}\`; known are ${SERVICE_KINDS.join(', ')}`)
  return {
    by: 'url',
    kind,
    method: requiredText(fields, 'method'),
    url: requiredText(fields, 'url'),
    body: bodyOf(fields),
  }
}
