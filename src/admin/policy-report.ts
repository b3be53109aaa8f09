import type { Problem } from '../errors.ts'
import type { ValueOrigin } from '../hadoop/service-acls.ts'
import type { ListRule, Policy, ServicePolicy } from '../policy/policy.ts'

/** One list of a service: its text, and where it comes from. */
export interface ListReport {
  readonly text: string
  readonly origin: ValueOrigin
  readonly key: string
  readonly file: string | null
  readonly line: number | null
}

/** The four lists of one service. */
export interface ServiceReport {
  readonly service: string
  readonly protocol: string
  readonly acl: ListReport
  readonly blockedAcl: ListReport
  readonly hosts: ListReport
  readonly blockedHosts: ListReport
}

/** A policy as `policy show` and the admin listener show it. */
export interface PolicyReport {
  readonly revision: string
  readonly authorizationOn: boolean
  readonly services: readonly ServiceReport[]
  readonly findings: readonly Problem[]
}

const listOf = ({ text, origin, key, file, line }: ListRule<unknown>): ListReport => ({
  text,
  origin,
  key,
  file,
  line,
})

const serviceOf = (service: ServicePolicy): ServiceReport => ({
  service: service.key,
  protocol: service.protocol,
  acl: listOf(service.acl),
  blockedAcl: listOf(service.blockedAcl),
  hosts: listOf(service.hosts),
  blockedHosts: listOf(service.blockedHosts),
})

/** Shows every service of a policy with its effective lists and the origin of each, in the policy's order. */
export function reportPolicy(policy: Policy): PolicyReport {
  return {
    revision: policy.revision,
    authorizationOn: policy.authorizationOn,
    services: [...policy.services.values()].map(serviceOf),
    findings: policy.findings,
  }
}
