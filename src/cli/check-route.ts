import { isServiceKind } from '../routes/kinds.ts'
import { createRouteTable, type CustomRoute } from '../routes/table.ts'
import { canonicalTarget, takeIdentityParameters } from '../routes/target.ts'

/**
 * How a request is understood before anybody is asked.
 *
 * Shape: `match` is how the daemon's list of routes answers; `service` is the policy key, `op` the WebHDFS operation,
 * null where there is none.
 */
export interface RouteReport {
  readonly kind: string
  readonly method: string
  readonly path: string
  readonly match: 'route' | 'unlisted' | 'method' | 'operation'
  readonly service: string | null
  readonly op: string | null
}

/** Reads a request as the listeners do. Errors: those of a target that was refused before. */
export function routeOf(
  kind: string,
  method: string,
  url: string,
  customRoutes: readonly CustomRoute[],
): RouteReport | null {
  if (!isServiceKind(kind)) return null
  const target = canonicalTarget(url.replace(/^https?:\/\/[^/?#]*(?=[/?])/i, ''))
  takeIdentityParameters(target)
  const match = createRouteTable(kind, kind === 'custom' ? customRoutes : undefined).match(method, target)
  const { service, op } = match.kind === 'route' ? match.route : { service: null, op: null }
  return { kind, method, path: target.path, match: match.kind, service, op }
}
