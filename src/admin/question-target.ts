import type { ComponentGate } from '../config/gates.ts'
import { keyOf } from '../decision/request.ts'
import { ProtocolError } from '../errors.ts'
import type { ProtocolReason } from '../errors/reasons.ts'
import { earlyRefusal, NO_DELEGATION } from '../routes/early-refusal.ts'
import { NO_LINK, secondStepRoute } from '../routes/second-step-route.ts'
import type { Route, RouteTable } from '../routes/table.ts'
import {
  canonicalTarget,
  type CanonicalTarget,
  type IdentityParameters,
  takeIdentityParameters,
} from '../routes/target.ts'
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

/** A request whose path is listed, and the service that it would come to first. */
export interface Routed {
  readonly route: Route
  readonly target: CanonicalTarget
  readonly gate: ComponentGate
}

/**
 * What a question comes to: a key to ask the policy about, an answer, or a fault of the question.
 *
 * Shape: `route` is missing where it is not about a request, or about one that cannot be read; `message` takes the
 * place of the decision's own where it can say more.
 */
export type Target =
  | {
      readonly service: string | null
      readonly message?: string
      readonly route?: RouteReport
      readonly routed?: Routed
    }
  | { readonly settled: Settled; readonly route?: RouteReport }
  | { readonly fault: { readonly code: string; readonly message: string } }

/** A pasted address may have its scheme and host; what is decided is the rest. */
const ORIGIN = /^https?:\/\/[^/?#]*/i
const DOAS_MESSAGE =
  'the url carries `doas`; give the effective user as `user` and who calls as `realUser` instead'

const LINK_MESSAGE =
  'the url carries `keddah-locator`, which only its listener can open; leave it out, or ask about the policy key of DataNodes'

/**
 * Reads a request as the listeners of these services do. What these refuse before they ask the policy is a refusal here,
 * with the same reason; of several services the first that refuses is heard, and named where not all of them do.
 *
 * Errors: none.
 */
export function requestTarget(
  table: RouteTable,
  about: Extract<Topic, { by: 'url' }>,
  gates: readonly ComponentGate[],
): Target {
  let asked: Target | null = null
  let refused: Extract<Target, { settled: Settled }> | null = null
  let by = ''
  for (const gate of gates) {
    const target = targetAt(table, about, gate)
    if (!('settled' in target)) asked ??= target
    else if (refused === null) [refused, by] = [target, gate.name]
  }
  if (refused === null) return asked ?? { service: null }
  if (asked === null) return refused
  const message = `${refused.settled.message} (service \`${by}\`)`
  return { ...refused, settled: { ...refused.settled, message } }
}

function targetAt(table: RouteTable, about: Extract<Topic, { by: 'url' }>, gate: ComponentGate): Target {
  try {
    return matched(table, about, gate)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return settled(error)
  }
}

const settled = ({
  reason,
  message,
}: Pick<Settled, 'reason' | 'message'>): { readonly settled: Settled } => ({
  settled: { effect: 'deny', reason, message },
})

function matched(
  table: RouteTable,
  { kind, method, url }: Extract<Topic, { by: 'url' }>,
  gate: ComponentGate,
): Target {
  const { identity: claims, rest: target } = takeIdentityParameters(canonicalTarget(pathOf(url), gate.limits))
  if (claims.doAs !== null) return { fault: { code: 'bad_question', message: DOAS_MESSAGE } }
  if (claims.locator !== null) return linked(gate, method, target, claims)
  const match = table.match(method, target)
  const found = match.kind === 'route' ? match.route : null
  const { service, op } = found ?? { service: null, op: null }
  const second = found?.kind === 'redirect' ? secondStepRoute(gate, method, target) : null
  const secondStep = second?.service ?? null
  const route = { kind, method, path: target.path, match: match.kind, service, op, secondStep }
  const refusal = earlyRefusal(gate, gate.delegationParameter, { method, target, claims, match })
  if (refusal !== null) return { ...settled(refusal), route }
  return {
    service: keyOf(found),
    route,
    ...(found === null ? {} : { routed: { route: found, target, gate } }),
  }
}

/** A request that follows a link. Only the listener that made the link can open it. */
function linked(
  gate: ComponentGate,
  method: string,
  target: CanonicalTarget,
  { delegation }: IdentityParameters,
): Target {
  if (delegation !== null) return settled(NO_DELEGATION)
  if (secondStepRoute(gate, method, target) === null) return settled(NO_LINK)
  return { fault: { code: 'bad_question', message: LINK_MESSAGE } }
}

/** Clients ask for `/` where an address ends with its host. */
function pathOf(url: string): string {
  const path = url.replace(ORIGIN, '')
  return path === url || path.startsWith('/') ? path : `/${path}`
}
