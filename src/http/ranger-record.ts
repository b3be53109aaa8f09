import type { DecidedResource, Reason } from '../decision/request.ts'
import { decodeEscapes } from '../routes/escapes.ts'
import type { Enforcer, RangerRecord } from '../telemetry/ranger-audit.ts'
import type { Decided } from './audit-entry.ts'
import type { Exchange } from './exchange.ts'

/** What refuses where nothing was said about a resource; the lists of the service do else. */
const ENFORCERS: ReadonlyMap<Reason, Enforcer> = new Map<Reason, Enforcer>([
  ['mode', 'role-model'],
  ['ranger_user', 'ranger-acl'],
])

/** Why a component is taken not to have let somebody in. */
const REFUSED: ReadonlySet<number> = new Set([401, 403])

/**
 * Records an access as Ranger's plugins do: what policies say is to be audited, and what a service refuses.
 *
 * What is left to the component is recorded when it answers. An answer that never came stands for an access where it may
 * have happened, so where the request was sent. The contents of a file are read in two steps: the second one is recorded
 * where it is refused. Source: RangerHdfsAuditHandler#flushAudit (2.9).
 */
export function recordForRanger(exchange: Exchange, decided: Decided): void {
  const { rangerAudit } = exchange.door.dependencies.telemetry
  exchange.onAnswered = null
  const record = rangerAudit.isOn ? recordOf(exchange, decided) : null
  if (record === null) return
  const isOnlyIfDenied = decided.decision.resource?.isTraverse === true || exchange.secondStep !== null
  const write = (isAllowed: boolean, reason = record.reason): void => {
    if (!isAllowed || !isOnlyIfDenied) rangerAudit.record({ ...record, isAllowed, reason })
  }
  if (!record.isAllowed || record.enforcer !== 'native') return write(record.isAllowed)
  exchange.onAnswered = (status) => {
    if (status !== null) write(!REFUSED.has(status))
    else if (exchange.isSent) write(true, 'there was no answer')
    else write(false, 'it was not sent')
  }
}

/** Null: it is not recorded. */
function recordOf(exchange: Exchange, decided: Decided): RangerRecord | null {
  const { service, subject, decision, origin, route, enforced } = decided
  const { component } = service
  const { resource, effect, reason } = decision
  if (subject === null || (resource === null ? effect === 'allow' : !resource.isAudited)) return null
  const { permissions } = exchange.door.dependencies.snapshot()
  const rules = component === null ? null : permissions?.components.get(component)
  const common = {
    time: Date.now(),
    requestId: exchange.id,
    repository: rules?.ranger?.serviceName ?? null,
    component,
    agent: component?.toLowerCase() ?? service.kind,
    user: subject.user,
    isAllowed: effect === 'allow',
    address: origin.address,
    peer: exchange.connection.peer,
    isEnforced: enforced,
  }
  const operation = decided.access?.resources?.action || (route?.op ?? '')
  if (resource === null) {
    const enforcer = ENFORCERS.get(reason) ?? 'service-acl'
    const asked = decided.access?.resources?.asks.at(-1)
    return {
      ...common,
      operation,
      resource: askedFor(exchange, decided, [...(asked?.resource.values() ?? [])].join('/')),
      resourceType: [...(asked?.resource.keys() ?? [])].at(-1) ?? '',
      accessTypes: asked?.accessTypes ?? [],
      policyId: null,
      policyVersion: null,
      reason,
      enforcer,
    }
  }
  const enforcer = resource.enforcer === 'role' ? 'role-model' : resource.enforcer
  return {
    ...common,
    operation: resource.action || operation,
    resource: askedFor(exchange, decided, resource.resource),
    resourceType: resource.resourceType,
    accessTypes: resource.accessTypes,
    policyId: resource.policyId,
    policyVersion: resource.policyVersion,
    reason: reasonOf(resource),
    enforcer,
  }
}

/** HDFS has the path there that was checked, such as the folder of the one that was asked for. */
const reasonOf = ({ component, enforcer, resource, reason }: DecidedResource): string =>
  component === 'HDFS' && enforcer !== 'role' ? resource : reason

const WEBHDFS = '/webhdfs/v1'

/** The path that the client named; what was checked where it named none. */
function askedFor({ path }: Exchange, { service }: Decided, checked: string): string {
  if (service.component !== 'HDFS' || path?.startsWith(`${WEBHDFS}/`) !== true)
    return checked === '' ? (path ?? '') : checked
  const named = path.slice(WEBHDFS.length)
  const text = decodeEscapes(named) ?? named
  return text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text
}
