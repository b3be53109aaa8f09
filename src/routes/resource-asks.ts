import type { QueueNames, ResourceAsks } from '../ranger/ask.ts'
import { hdfsAsks, type HdfsDaemon } from './hdfs-resources.ts'
import type { ServiceKind } from './kinds.ts'
import { namedAsks } from './named-resource.ts'
import type { Route } from './route.ts'
import type { CanonicalTarget } from './target.ts'
import { queueAsks, SUBMIT_APP, type SentBody } from './yarn-resources.ts'

/** A request whose route is found. `body` null: it was not read, or nobody has sent one. */
export interface RoutedRequest {
  readonly kind: ServiceKind
  readonly route: Route
  readonly target: CanonicalTarget
  readonly body: SentBody | null
}

/** Whether it takes the body to know what a request of this route is about. */
export const needsBody = ({ resource }: Route): boolean => resource?.kind === 'queue'

/**
 * What a request does to which resources.
 *
 * Shape: without asks, and not unknown, where it concerns none: pages, probes, and all that the lists of the service
 * alone decide on. The second step of WebHDFS is asked about anew, by its own operation and path. A route of a custom
 * service that names no resource is unknown, unless nothing at all is asked about it.
 * So is one that takes a body as long as there is none.
 * Errors: `ERR_HTTP_PARAMETER`, `ERR_HTTP_TARGET`, `ERR_HTTP_BODY`: it can be understood in two ways, or not at all.
 */
export function resourceAsks({ kind, route, target, body }: RoutedRequest, queues: QueueNames): ResourceAsks {
  const { op, resource, service } = route
  if (resource?.kind === 'named') return namedAsks(resource, target)
  if (resource?.kind === 'queue')
    return body === null
      ? { asks: [], isUnknown: true, action: SUBMIT_APP }
      : queueAsks(resource, body, queues)
  if (isHdfs(kind) && op !== null && route.kind !== 'preflight') return hdfsAsks(kind, op, target)
  return { asks: [], isUnknown: kind === 'custom' && service !== null, action: op ?? route.kind }
}

const isHdfs = (kind: ServiceKind): kind is HdfsDaemon =>
  kind === 'namenode' || kind === 'router' || kind === 'datanode' || kind === 'httpfs'
