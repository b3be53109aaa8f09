import type { NamedResource } from './named-resource.ts'

/** How a refusal has to look. */
export type Surface = 'webhdfs' | 'rest' | 'kms' | 'page'

/** What a route does, as far as anybody needs to know; never derived from the method: some GETs change state. */
type RouteKind =
  | 'read'
  | 'write'
  | 'redirect'
  | 'token'
  | 'admin'
  | 'monitor'
  | 'service'
  | 'ui'
  | 'health'
  | 'preflight'

/** The methods that a daemon or a custom route can have. HEAD goes wherever GET goes. */
export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS'

/**
 * Where a request names what it is about, other than in its path and in the parameters of WebHDFS: `queue` in its body,
 * `named` as the settings say.
 */
export type RouteResource =
  | ({ readonly kind: 'queue' } & QueueBody)
  | ({ readonly kind: 'named' } & NamedResource)

/**
 * A body that names a queue.
 *
 * Shape: `root` is the element around it where the body is XML, null: the daemon takes JSON alone. `isRequired` false:
 * without a name it is the queue `default`.
 */
export interface QueueBody {
  readonly root: string | null
  readonly isRequired: boolean
}

/**
 * What a request asks a daemon for.
 *
 * Shape: `service` is the policy key that decides, null: nothing is asked; `op` is the WebHDFS operation in upper
 * case, one of those that are known, null elsewhere; `takesForm`: a form body may be sent, which never carries
 * identity; `takesUpgrade`: the connection may become a WebSocket; `resource` null: nothing but path and parameters says
 * what it is about.
 */
export interface Route {
  readonly service: string | null
  readonly surface: Surface
  readonly op: string | null
  readonly takesForm: boolean
  readonly takesUpgrade: boolean
  readonly kind: RouteKind
  readonly resource: RouteResource | null
}

/** What a request asks for; or that its path, its method or its operation is not on the list. */
export type RouteMatch =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'unlisted' }
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  | {
      readonly kind: 'operation'
      readonly message: string
      readonly exception: 'IllegalArgumentException' | 'UnsupportedOperationException'
    }

/** The routes of a daemon that have one key, method and kind in common; `paths` are patterns, parted by blanks. */
export interface RouteGroup {
  readonly service: string | null
  readonly surface: Surface
  readonly kind: RouteKind
  readonly method: Method
  readonly under?: string
  readonly paths: string
  readonly takesForm?: boolean
  readonly queue?: QueueBody
}

/** Whose words a refused operation is answered with. */
export type Dialect = 'namenode' | 'datanode' | 'httpfs'

/** The WebHDFS operations of a daemon; `names` are parted by blanks. */
export interface OperationGroup {
  readonly method: Method
  readonly kind: RouteKind
  readonly names: string
  readonly service: string | null
}

/** All that a daemon answers. */
export interface DaemonRoutes {
  readonly groups: readonly RouteGroup[]
  readonly operations?: { readonly dialect: Dialect; readonly groups: readonly OperationGroup[] }
}
