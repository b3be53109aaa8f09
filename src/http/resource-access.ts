import { authorizeService } from '../decision/authorize.ts'
import type { AuthorizationRequest, ResourceAccess } from '../decision/request.ts'
import type { Snapshot } from '../decision/snapshot.ts'
import { asksResources } from '../decision/verification.ts'
import { ProtocolError } from '../errors.ts'
import type { ResourceAsks } from '../ranger/ask.ts'
import { needsBody, resourceAsks } from '../routes/resource-asks.ts'
import type { Route } from '../routes/table.ts'
import type { SentBody } from '../routes/yarn-resources.ts'
import type { Exchange } from './exchange.ts'
import type { RequestHead } from './precheck.ts'
import type { Received } from './received.ts'

/** What is asked about a service, before anything is known of its resources. */
type ServiceRequest = Omit<AuthorizationRequest, 'access'>

/** In the place of what a request does: its body says that, and has to be read first. */
export const UNREAD = 'unread'

/**
 * What a request does to the resources of the component behind its service, and when.
 *
 * Nothing of it is looked at where nobody asks about resources, and its body is not wanted before the lists of the
 * service have said yes. A body that is on its way to the upstream cannot be read any more: what it says is unknown.
 *
 * Shape: null: no component stands behind the service. Where a service only observes, what cannot be understood is
 * unknown, for nothing but the question would hang on it.
 * Errors: `ERR_HTTP_PARAMETER`, `ERR_HTTP_TARGET`, `ERR_HTTP_BODY`: it can be understood in two ways, or not at all; not
 * where the service refuses it anyway.
 */
export function accessOf(
  snapshot: Snapshot,
  { exchange, moment, head, target }: Received,
  route: Route | null,
  request: ServiceRequest,
): ResourceAccess | typeof UNREAD | null {
  const { component, kind, enforcement } = moment.service
  if (component === null) return null
  const nothing: ResourceAccess = { component, resources: null, at: Date.now() }
  if (route === null || !asksResources(snapshot.permissions, { ...request, access: nothing })) return nothing
  const queues = snapshot.permissions?.queues
  if (queues === undefined) return nothing
  const isAllowed = (): boolean => authorizeService(snapshot, request).effect === 'allow'
  if (needsBody(route) && isToBeRead(exchange, head)) return isAllowed() ? UNREAD : nothing
  const body = needsBody(route) ? bodyOf(exchange, head) : null
  try {
    return { ...nothing, resources: resourceAsks({ kind, route, target, body }, queues) }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    if (enforcement === 'observe') return { ...nothing, resources: unclear(route) }
    if (isAllowed()) throw error
    return nothing
  }
}

/** What is longer than could be taken is not even begun with where a service only observes. */
function isToBeRead({ collected, isSent, door }: Exchange, { length }: RequestHead): boolean {
  if (collected !== null || isSent || length === 0) return false
  const { enforcement, limits } = door.service
  return enforcement === 'enforce' || length === null || length <= limits.resourceBodyBytes
}

/** What was read of the body; null where nothing was, though something came. */
function bodyOf(
  { collected }: Exchange,
  { length, contentType, contentEncoding }: RequestHead,
): SentBody | null {
  const bytes = length === 0 ? new Uint8Array() : collected
  return bytes === null ? null : { bytes, contentType, contentEncoding }
}

const unclear = ({ op, kind }: Route): ResourceAsks => ({ asks: [], isUnknown: true, action: op ?? kind })
