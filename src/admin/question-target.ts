import { EXEMPT } from '../decision/request.ts'
import { ProtocolError } from '../errors.ts'
import type { ProtocolReason } from '../errors/reasons.ts'
import { createRouteTable, type RouteTable } from '../routes/table.ts'
import { canonicalTarget, takeIdentityParameters } from '../routes/target.ts'
import type { Topic } from './question.ts'

/**
 * How a request is understood before anybody is asked.
 *
 * Shape: `match` is how the daemon's list of routes answers; `service` is the policy key, `op` the WebHDFS operation,
 * null where there is none; `secondStep` the key that decides once more where contents of a file are at a DataNode, null
 * where they are not.
 */
export interface RouteReport {
  readonly kind: string
  readonly method: string
  readonly path: string
  readonly match: 'route' | 'unlisted' | 'method' | 'operation'
  readonly service: string | null
  readonly op: string | null
  readonly secondStep: string | null
}

/** A request that is refused before the policy is asked. */
export interface Settled {
  readonly effect: 'deny'
  readonly reason: ProtocolReason
  readonly message: string
}

/**
 * What a question comes to: a key to ask the policy about, an answer, or a fault of the question.
 *
 * Shape: `route` is missing where it is not about a request, or about one that cannot be read; `message` takes the
 * place of the decision's own where it can say more.
 */
export type Target =
  | { readonly service: string | null; readonly message?: string; readonly route?: RouteReport }
  | { readonly settled: Settled; readonly route?: RouteReport }
  | { readonly fault: { readonly code: string; readonly message: string } }

const DATANODE = createRouteTable('datanode')

/** A pasted address may have its scheme and host; what is decided is the rest. */
const ORIGIN = /^https?:\/\/[^/?#]*/i
const DOAS_MESSAGE =
  'the url carries `doas`; give the effective user as `user` and who calls as `realUser` instead'

/**
 * Reads a request as the listeners do. What these refuse before they ask the policy is a refusal here, with the same
 * reason.
 *
 * Errors: none.
 */
export function requestTarget(table: RouteTable, about: Extract<Topic, { by: 'url' }>): Target {
  try {
    return matched(table, about)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return { settled: { effect: 'deny', reason: error.reason, message: error.message } }
  }
}

function matched(table: RouteTable, { kind, method, url }: Extract<Topic, { by: 'url' }>): Target {
  const target = canonicalTarget(pathOf(url))
  const { identity } = takeIdentityParameters(target)
  if (identity.doAs !== null) return { fault: { code: 'bad_question', message: DOAS_MESSAGE } }
  const match = table.match(method, target)
  const { service, op } = match.kind === 'route' ? match.route : { service: null, op: null }
  const isFirst = match.kind === 'route' && match.route.kind === 'redirect'
  const second = isFirst ? DATANODE.match(method, target) : null
  const secondStep = second?.kind === 'route' ? second.route.service : null
  const route = { kind, method, path: target.path, match: match.kind, service, op, secondStep }
  switch (match.kind) {
    case 'route':
      return { service: service ?? EXEMPT, route }
    case 'unlisted':
      return { service: null, route }
    case 'method': {
      const message = `${method} is not allowed here, only ${match.allow.join(', ')}`
      return { settled: { effect: 'deny', reason: 'method_not_allowed', message }, route }
    }
    case 'operation':
      return { settled: { effect: 'deny', reason: 'operation', message: match.message }, route }
  }
}

/** Clients ask for `/` where an address ends with its host. */
function pathOf(url: string): string {
  const path = url.replace(ORIGIN, '')
  return path === url || path.startsWith('/') ? path : `/${path}`
}
