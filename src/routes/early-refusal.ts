import type { ProtocolReason } from '../errors/reasons.ts'
import { isNameNode } from '../hadoop/hdfs-addresses.ts'
import type { ServiceKind } from './kinds.ts'
import type { RouteMatch } from './route.ts'
import { type CanonicalTarget, type IdentityParameters, type TargetLimits, USUAL_LIMITS } from './target.ts'

/**
 * What of a service decides whether the policy is asked at all.
 *
 * Shape: `redirects` says what becomes of links to DataNodes; `nameNodes` are what a DataNode may be told to connect to,
 * empty where nobody knows any.
 */
export interface Gate {
  readonly kind: ServiceKind
  readonly enforcement: 'enforce' | 'observe'
  readonly redirects: 'rewrite' | 'pass' | 'refuse'
  readonly nameNodes: ReadonlySet<string>
}

/** The same of a service that is not running here, with all that a listener would know besides. */
export interface ServiceGate extends Gate {
  readonly name: string
  readonly delegationParameter: 'refuse' | 'strip'
  readonly limits: TargetLimits
}

/** That of a service of which the settings say no more than its kind. */
export const usualGate = (kind: ServiceKind, nameNodes: ReadonlySet<string>): ServiceGate => ({
  name: kind,
  kind,
  enforcement: 'enforce',
  redirects: 'rewrite',
  nameNodes,
  delegationParameter: 'refuse',
  limits: USUAL_LIMITS,
})

/** Why a request is refused before the policy is asked. `allow` and `exception` are there where its answer has them. */
export interface EarlyRefusal {
  readonly reason: ProtocolReason
  readonly message: string
  readonly allow?: readonly string[]
  readonly exception?: Extract<RouteMatch, { kind: 'operation' }>['exception']
}

/** A request as it was read, and how the routes of the daemon answer to it. */
interface Asked {
  readonly method: string
  readonly target: CanonicalTarget
  readonly claims: IdentityParameters
  readonly match: RouteMatch
}

/** The refusal of a delegation token. */
export const NO_DELEGATION: EarlyRefusal = {
  reason: 'delegation',
  message: 'delegation tokens are not taken here',
}

/**
 * Why a listener refuses a request that is no second step before it asks the policy; null where it asks. Whoever answers
 * questions about requests asks here too, so that the two cannot disagree.
 *
 * Shape: `delegationParameter` says what becomes of a delegation token that nobody can check.
 * Where a service only observes, nothing is refused that could be sent on as it is: the upstream itself answers.
 */
export function earlyRefusal(
  gate: Gate,
  delegationParameter: 'refuse' | 'strip',
  { method, target, claims, match }: Asked,
): EarlyRefusal | null {
  if (gate.enforcement === 'observe') return null
  if (match.kind === 'method') {
    const { allow } = match
    const message = `${method} is not allowed here, only ${allow.join(', ')}`
    return { reason: 'method_not_allowed', message, allow }
  }
  if (match.kind === 'operation') {
    const { message, exception } = match
    return { reason: 'operation', message, exception }
  }
  if (claims.delegation !== null && delegationParameter === 'refuse') return NO_DELEGATION
  if (gate.kind === 'datanode' && !namesNameNode(gate.nameNodes, target))
    return { reason: 'name_node', message: '`namenoderpcaddress` names no NameNode that is known here' }
  if (gate.redirects === 'refuse' && match.kind === 'route' && match.route.kind === 'redirect') {
    const message = 'contents of files are neither read nor written through this service'
    return { reason: 'redirects_refused', message }
  }
  return null
}

/** A DataNode connects to whatever address it is given, so that has to be a NameNode of the cluster, or none. */
function namesNameNode(nameNodes: ReadonlySet<string>, { parameters }: CanonicalTarget): boolean {
  const named = parameters.find(({ reserved }) => reserved === 'namenoderpcaddress')
  return named === undefined || isNameNode(nameNodes, named.value)
}
