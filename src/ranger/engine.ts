import type { ServicePolicies, ServiceRoles } from './model.ts'
import type { ResourceRequest, ResourceResult } from './request.ts'

/** How many of them there are, what they were read from, and which of the inputs of a request they read. */
export interface RangerEngine {
  readonly serviceName: string
  /** Of the policies; -1: unknown. */
  readonly version: number
  readonly policyCount: number
  /** What it was compiled from, so that another thread can compile the same. */
  readonly source: EngineSource
  /** Without this the answer does not depend on the address, and need not be remembered by it. */
  readonly readsAddress: boolean
  /** Whether any policy names a group or a role: without that nobody's groups need be looked up. */
  readonly readsGroups: boolean
  /** Decides. Pure, and nothing is thrown. */
  decide(request: ResourceRequest): ResourceResult
  /** Every policy whose resource matches, what of it matched, and what won. */
  explain(request: ResourceRequest): ResourceExplanation
}

/** The policies of a service and its roles; null: it has none. */
export interface EngineSource {
  readonly policies: ServicePolicies
  readonly roles: ServiceRoles | null
}

/** A decision with the way to it. `candidates` are in the order in which they are asked. */
export interface ResourceExplanation {
  readonly result: ResourceResult
  readonly candidates: readonly Candidate[]
}

/**
 * A policy whose resource matches.
 *
 * Shape: `says` is its answer to `accessType`; `nothing` with `why` where it is left out (not valid now, a condition does
 * not hold) or no item of it concerns the request. `item` names what matched, such as `policyItems[0]`, null: none.
 */
export interface Candidate {
  readonly policyId: number
  readonly policyName: string
  readonly priority: number
  readonly accessType: string
  readonly says: 'allow' | 'deny' | 'nothing'
  readonly item: string | null
  readonly why: string
  /** The values of the policy that the resource fits, such as `path = /data/*`. */
  readonly resource: string
}
