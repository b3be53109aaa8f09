import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { DecidedResource } from '../decision/request.ts'
import { type LineOptions, LineWriter } from './line-writer.ts'
import { capText, escapeLine, MAX_PATH } from './text.ts'

/** Who decided: Ranger's policies, the component itself, the role model, or the lists of the service. */
export type Enforcer = 'ranger-acl' | 'native' | 'role-model' | 'service-acl'

/**
 * One access, as the audit of Ranger has it.
 *
 * Shape: `repository` is the name of the service in Ranger, null: its policies are not asked. `component` null: none stands
 * behind the service, and `agent` says what does. `resource` is what the client asked for, `checked` what decided.
 * `policyId` null: no policy did. `peer` is who opened the connection. Whatever a caller chose is cut and escaped here.
 */
export interface RangerRecord {
  readonly time: number
  readonly requestId: string
  readonly repository: string | null
  readonly component: DecidedResource['component'] | null
  readonly agent: string
  readonly user: string
  readonly operation: string
  readonly resource: string
  readonly resourceType: string
  readonly accessTypes: readonly string[]
  readonly isAllowed: boolean
  readonly policyId: number | null
  readonly policyVersion: number | null
  readonly reason: string
  readonly enforcer: Enforcer
  readonly address: string | null
  readonly peer: string
  /** False: refused, but let through because the service only observes. */
  readonly isEnforced: boolean
}

/** Shape: nothing is recorded of `excludeUsers` at HDFS, but for what a service refuses. */
export interface RangerAuditOptions extends Omit<LineOptions, 'setting'> {
  readonly excludeUsers: readonly string[]
}

/** The numbers of the definitions; -1: unknown. */
const REPOSITORY_TYPES: ReadonlyMap<string, number> = new Map([
  ['HDFS', 1],
  ['Yarn', 4],
])

/** As Ranger cuts what it is asked. */
const MAX_FIELD = 1_800

/**
 * Records accesses in the field names of Ranger, one a line of JSON.
 *
 * Source: org.apache.ranger.audit.model.AuthzAuditEvent, org.apache.ranger.plugin.audit.RangerDefaultAuditHandler,
 * org.apache.ranger.authorization.hadoop.RangerHdfsAuditHandler (2.9).
 */
export class RangerAudit extends LineWriter {
  readonly #excludeUsers: ReadonlySet<string>
  readonly #prefix = randomUUID()
  readonly #host = hostname()
  #sequence = 0

  constructor({ excludeUsers, ...options }: RangerAuditOptions) {
    super({ ...options, setting: 'audit.rangerFile' })
    this.#excludeUsers = new Set(excludeUsers)
  }

  record(record: RangerRecord): void {
    const { component, enforcer, user, isAllowed } = record
    if (component === 'HDFS' && enforcer !== 'service-acl' && this.#excludeUsers.has(user)) return
    const number = this.#sequence
    this.#sequence += 1
    this.push(isAllowed ? 'allow' : 'deny', () => this.#format(record, number))
  }

  #format(record: RangerRecord, number: number): string {
    const { component, repository } = record
    const line = {
      repoType: (repository === null ? undefined : REPOSITORY_TYPES.get(component ?? '')) ?? -1,
      repo: repository,
      reqUser: capText(record.user, MAX_FIELD),
      evtTime: timeText(record.time),
      access: capText(record.operation, MAX_FIELD),
      resource: capText(record.resource, MAX_PATH),
      resType: record.resourceType,
      action: actionOf(record),
      result: record.isAllowed ? 1 : 0,
      agent: record.agent,
      policy: record.policyId ?? -1,
      reason: capText(record.reason, MAX_PATH),
      enforcer: record.enforcer,
      cliIP: record.address,
      agentHost: this.#host,
      logType: 'RangerAudit',
      id: `${this.#prefix}-${number}`,
      seq_num: number,
      event_count: 1,
      event_dur_ms: 0,
      additional_info: additionalInfo(record),
      policy_version: record.policyVersion,
      proxy_request_id: record.requestId,
    }
    const isThere = ([, value]: [string, unknown]): boolean => value !== null && value !== ''
    return `${escapeLine(JSON.stringify(Object.fromEntries(Object.entries(line).filter(isThere))))}\n`
  }
}

/** Like `2026-01-15 12:00:00.000`, in UTC. */
const timeText = (time: number): string => new Date(time).toISOString().slice(0, -1).replace('T', ' ')

/** HDFS has one word for a combination. */
function actionOf({ component, accessTypes }: RangerRecord): string {
  const [first = ''] = accessTypes
  if (component !== 'HDFS' || accessTypes.length < 2) return first
  return accessTypes.includes('write') ? 'write' : 'read'
}

function additionalInfo({ component, accessTypes, address, peer, isEnforced }: RangerRecord): string {
  const info: Record<string, string> = {}
  if (component === 'HDFS' && accessTypes.length > 0) info['accessTypes'] = `[${accessTypes.join(', ')}]`
  if (address !== null && address !== peer) info['forwarded-ip-addresses'] = `[${address}]`
  info['remote-ip-address'] = peer
  if (!isEnforced) info['enforced'] = 'false'
  return JSON.stringify(info)
}
