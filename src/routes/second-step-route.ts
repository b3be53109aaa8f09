import type { Gate } from './early-refusal.ts'
import { createRouteTable, type Route } from './table.ts'
import type { CanonicalTarget } from './target.ts'

/** What a DataNode answers, and by which key it is decided. */
const DATANODE = createRouteTable('datanode')

/** The refusal of a link that is followed where it cannot lead anywhere. */
export const NO_LINK = {
  reason: 'locator_invalid',
  message: 'the link is not one of this service',
} as const

/** Whether a service hands out links to itself in the place of DataNodes. */
export const rewrites = ({ kind, redirects }: Pick<Gate, 'kind' | 'redirects'>): boolean =>
  redirects === 'rewrite' && (kind === 'namenode' || kind === 'router')

/**
 * The route at a DataNode that a link of a service leads to; null where none of its links can lead there. Pages of a
 * DataNode and the question of a browser before an upload have no second step.
 */
export function secondStepRoute(
  service: Pick<Gate, 'kind' | 'redirects'>,
  method: string,
  target: CanonicalTarget,
): (Route & { readonly op: string }) | null {
  if (!rewrites(service)) return null
  const match = DATANODE.match(method, target)
  if (match.kind !== 'route') return null
  const { route } = match
  return route.op === null || route.service === null ? null : { ...route, op: route.op }
}
