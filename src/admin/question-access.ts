import { authorizeService } from '../decision/authorize.ts'
import type { AuthorizationRequest, ResourceAccess } from '../decision/request.ts'
import type { Snapshot } from '../decision/snapshot.ts'
import { asksResources } from '../decision/verification.ts'
import { ProtocolError } from '../errors.ts'
import { needsBody, resourceAsks } from '../routes/resource-asks.ts'
import type { QuestionBody } from './question.ts'
import type { Routed, Settled } from './question-target.ts'

/** A request that is asked about. `body` null: none is known; `at` in milliseconds since the epoch. */
export interface AskedRequest {
  readonly routed: Routed
  readonly body: QuestionBody | null
  readonly at: number
}

/** What a question lacks, since it takes the body to know what the request is about. */
export const BODY_MESSAGE =
  'the body says what it is about, and none is given: add `queue`, or the `body` itself'

/**
 * What a request does to the resources of the component behind its service, as a listener reads it; null: no component
 * stands behind it. What cannot be understood is refused as a listener refuses it, once the lists of the service say yes.
 */
export function accessOf(
  snapshot: Snapshot,
  request: Omit<AuthorizationRequest, 'access'>,
  { routed, body, at }: AskedRequest,
): ResourceAccess | Settled | null {
  const { gate, route, target } = routed
  const { component, kind, enforcement } = gate
  const queues = snapshot.permissions?.queues
  if (component === null) return null
  const nothing: ResourceAccess = { component, resources: null, at }
  if (queues === undefined || !asksResources(snapshot.permissions, { ...request, access: nothing }))
    return nothing
  const sent =
    body === null ? null : { bytes: Buffer.from(body.text), contentType: body.type, contentEncoding: null }
  try {
    return { ...nothing, resources: resourceAsks({ kind, route, target, body: sent }, queues) }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const { reason, message } = error
    if (enforcement === 'observe')
      return { ...nothing, resources: { asks: [], isUnknown: true, action: route.op ?? route.kind } }
    if (authorizeService(snapshot, request).effect === 'deny') return nothing
    return { effect: 'deny', reason, message }
  }
}

/** Whether a body is missing to tell what a request is about. */
export const lacksBody = ({ routed, body }: AskedRequest): boolean =>
  body === null && needsBody(routed.route) && routed.gate.component !== null
