import type { ServiceKind } from '../../routes/kinds.ts'
import { memberOf, readJson } from '../json.ts'

/**
 * What is known of a server: `unknown` answers, but does not tell; `silent` takes connections and does not answer
 * properly; `down` takes none.
 */
export type ServerRole = 'active' | 'standby' | 'unknown' | 'silent' | 'down'

/** What a server is asked: its servlet for load balancers, the same with a name, or the document that has its state. */
export type ProbeStep = 'isActive' | NextStep
type NextStep = 'named' | 'document'

const NAMENODE_STATUS = '/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus'

/** The daemons that come as an active one and others that only wait, and where they say which they are. */
const DOCUMENTS: Partial<Record<ServiceKind, string>> = {
  namenode: NAMENODE_STATUS,
  // It has the beans of a NameNode; in safe mode they call it active too, and `/isActive` does not.
  router: NAMENODE_STATUS,
  resourcemanager: '/ws/v1/cluster/info',
}

/** Whether one server of a service is active and the others are not. */
export const hasRoles = ({
  kind,
  upstreams,
}: {
  readonly kind: ServiceKind
  readonly upstreams: readonly string[]
}): boolean => DOCUMENTS[kind] !== undefined && upstreams.length > 1

/**
 * The target of a step. `/isActive` is asked first: it needs no right, tells by its status, and is never redirected.
 * Before a filter that takes nobody without a name it is asked with one, which is Keddah's own and nobody's.
 */
export function probeTarget(kind: ServiceKind, step: ProbeStep): string {
  if (step === 'document') return DOCUMENTS[kind] ?? '/'
  return step === 'isActive' ? '/isActive' : '/isActive?user.name=keddah'
}

const ROLES: ReadonlyMap<string, ServerRole> = new Map<string, ServerRole>([
  ['ACTIVE', 'active'],
  ['STANDBY', 'standby'],
  ['OBSERVER', 'standby'],
  ['INITIALIZING', 'standby'],
])

/**
 * Reads the answer to a step.
 *
 * Source: `IsActiveServlet` (200 `I am Active!`, 405 otherwise); daemons older than it have the `State` of the bean
 * NameNodeStatus and the `haState` of the cluster info.
 */
export function readProbe(step: ProbeStep, status: number, body: Buffer): ServerRole | NextStep {
  if (status >= 500) return 'silent'
  if (step === 'document') return status === 200 ? (roleIn(body) ?? 'unknown') : 'unknown'
  // A page of anything else, such as a login, is no word of the daemon's.
  if (status === 200 && body.toString('latin1').trim() === 'I am Active!') return 'active'
  if (status === 405) return 'standby'
  return status === 401 && step === 'isActive' ? 'named' : 'document'
}

function roleIn(body: Buffer): ServerRole | null {
  const document = readJson(body)
  const beans = memberOf(document, 'beans')
  const [bean]: unknown[] = Array.isArray(beans) ? beans : []
  const state = memberOf(memberOf(document, 'clusterInfo'), 'haState') ?? memberOf(bean, 'State')
  return typeof state === 'string' ? (ROLES.get(state.toUpperCase()) ?? null) : null
}
