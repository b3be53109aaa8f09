import type { DecidedResource } from '../decision/request.ts'
import type { Effect } from './line-buffer.ts'
import { type LineOptions, LineWriter } from './line-writer.ts'
import { capText, escapeLine, MAX_PATH } from './text.ts'

/**
 * One decision, for the record.
 *
 * Shape: `time` in milliseconds since the epoch; `service` is the name of the listener; `path` without the query;
 * `key` and `rule` are null where no rule was reached; `enforced` is false for a refusal that an observing service
 * let through; `resource` is null where no resource was asked about. Whatever a caller chose is cut and escaped here, not
 * by who records.
 */
export interface AuditEntry {
  readonly time: number
  readonly requestId: string
  readonly service: string
  readonly kind: string
  readonly user: string | null
  readonly realUser: string | null
  readonly address: string | null
  readonly method: string
  readonly path: string
  readonly op: string | null
  readonly key: string | null
  readonly effect: Effect
  readonly reason: string
  readonly rule: string | null
  readonly file: string | null
  readonly line: number | null
  readonly resource: DecidedResource | null
  readonly revision: string
  readonly enforced: boolean
  readonly clientRequestId: string | null
}

/**
 * Shape: `allows` says which allows are recorded, all, none or a share between 0 and 1; `random` gives numbers in [0, 1).
 */
export interface AuditOptions extends Omit<LineOptions, 'setting'> {
  readonly allows: 'all' | 'none' | number
  readonly random?: () => number
}

const MAX_TEXT = 256

const text = (value: string | null): string | null => (value === null ? null : capText(value, MAX_TEXT))

/** The words are those of `explain` and of the metric. */
const resourceOf = (decided: DecidedResource | null): object | null =>
  decided === null
    ? null
    : {
        component: decided.component,
        enforcer: decided.enforcer,
        action: text(decided.action),
        resource: capText(decided.resource, MAX_PATH),
        accessTypes: decided.accessTypes,
        policyId: decided.policyId,
        policyName: text(decided.policyName),
        policyVersion: decided.policyVersion,
        reason: text(decided.reason),
      }

function formatEntry(entry: AuditEntry): string {
  const line = {
    time: new Date(entry.time).toISOString(),
    requestId: entry.requestId,
    service: entry.service,
    kind: entry.kind,
    user: text(entry.user),
    realUser: text(entry.realUser),
    address: text(entry.address),
    method: capText(entry.method, MAX_TEXT),
    path: capText(entry.path, MAX_PATH),
    op: text(entry.op),
    key: entry.key,
    effect: entry.effect,
    reason: entry.reason,
    rule: text(entry.rule),
    file: entry.file,
    line: entry.line,
    resource: resourceOf(entry.resource),
    revision: entry.revision,
    enforced: entry.enforced,
    clientRequestId: text(entry.clientRequestId),
  }
  return `${escapeLine(JSON.stringify(line))}\n`
}

/** Records decisions as JSON, one a line: every deny, and the allows that the options ask for. */
export class Audit extends LineWriter {
  readonly #share: number
  readonly #random: () => number

  constructor({ allows, random = Math.random, ...options }: AuditOptions) {
    super({ ...options, setting: 'audit.file' })
    this.#share = allows === 'all' ? 1 : allows === 'none' ? 0 : allows
    this.#random = random
  }

  record(entry: AuditEntry): void {
    if (entry.effect === 'allow' && this.#share < 1 && this.#random() >= this.#share) return
    this.recordAlways(entry)
  }

  /** Records an allow that no share may leave out, such as a change made over the admin listener. */
  recordAlways(entry: AuditEntry): void {
    this.push(entry.effect, () => formatEntry(entry))
  }
}
