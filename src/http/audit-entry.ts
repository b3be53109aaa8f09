import { type Decision, keyOf, type ResourceAccess } from '../decision/request.ts'
import type { Reason } from '../errors/reasons.ts'
import type { Origin, Subject } from '../hadoop/subject.ts'
import { subjectOf } from '../identity/identifier.ts'
import type { Route } from '../routes/table.ts'
import type { Exchange } from './exchange.ts'
import { recordForRanger } from './ranger-record.ts'
import type { ProtectedService } from './service.ts'

/** What was decided about a request, and for whom. */
export interface Decided {
  readonly service: ProtectedService
  readonly route: Route | null
  readonly key: string | null
  readonly subject: Subject | null
  readonly origin: Origin
  readonly access: ResourceAccess | null
  readonly decision: Decision
  readonly enforced: boolean
}

/** Records a refusal that no policy was asked about, with as much as was known of the request by then. */
export function auditRefusal(exchange: Exchange, reason: Reason): void {
  const { door, request, path, head, connection, origin, route, caller } = exchange
  if (path === null) return
  const subject = caller === null ? null : subjectOf(caller, null)
  door.dependencies.telemetry.audit.record({
    time: Date.now(),
    requestId: exchange.id,
    service: door.service.name,
    kind: door.service.kind,
    user: subject?.user ?? null,
    realUser: subject?.realUser?.user ?? null,
    address: origin === null ? connection.peer : origin.address,
    method: request.method ?? '',
    path,
    op: route?.op ?? null,
    key: keyOf(route),
    effect: 'deny',
    reason,
    rule: null,
    file: null,
    line: null,
    resource: null,
    revision: '',
    enforced: true,
    clientRequestId: head?.requestId ?? null,
  })
}

/** Records a decision, also in the words of Ranger. */
export function auditDecision(exchange: Exchange, decided: Decided): void {
  const { service, route, key, subject, origin, decision, enforced } = decided
  exchange.door.dependencies.telemetry.audit.record({
    time: Date.now(),
    requestId: exchange.id,
    service: service.name,
    kind: service.kind,
    user: subject?.user ?? null,
    realUser: subject?.realUser?.user ?? null,
    address: origin.address,
    method: exchange.request.method ?? '',
    path: exchange.path ?? '',
    op: route?.op ?? null,
    key,
    effect: decision.effect,
    reason: decision.reason,
    rule: decision.rule,
    file: decision.file,
    line: decision.line,
    resource: decision.resource,
    revision: decision.revision,
    enforced,
    clientRequestId: exchange.head?.requestId ?? null,
  })
  recordForRanger(exchange, decided)
}
