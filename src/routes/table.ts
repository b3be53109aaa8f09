import { ConfigError } from '../errors.ts'
import { DATANODE, HTTPFS, JOURNALNODE, KMS, NAMENODE, ROUTER } from './hdfs-routes.ts'
import type { ServiceKind } from './kinds.ts'
import { type OperationTable, operationTables } from './operations.ts'
import { PathTree, type Rule } from './path-tree.ts'
import { comparePatterns, type Pattern, readPattern } from './pattern.ts'
import { badParameter } from './query.ts'
import { readNamedResource } from './named-resource.ts'
import type { DaemonRoutes, Route, RouteMatch, Surface } from './route.ts'
import type { CanonicalTarget } from './target.ts'
import { JOBHISTORY, NODEMANAGER, RESOURCEMANAGER, TIMELINESERVER } from './yarn-routes.ts'

export type { Route, RouteMatch, Surface } from './route.ts'

/**
 * A route of the kind `custom`. `service` is the policy key that decides; null: nothing is asked. `upgrade`: GET may make
 * a WebSocket of the connection. `resource` are the values by the names of the service definition, with `{name}` for what
 * the path has there and `{query.name}` for a parameter; `access` is what is done to it. Both are there, or neither.
 */
export interface CustomRoute {
  readonly path: string
  readonly methods: readonly string[]
  readonly service: string | null
  readonly surface: Surface
  readonly takesForm: boolean
  readonly upgrade?: boolean
  readonly resource?: Readonly<Record<string, string>> | undefined
  readonly access?: string | undefined
}

/** The routes of one daemon. */
export interface RouteTable {
  /**
   * Finds the route of a request: decoded segments letter by letter, a trailing slash aside; then the method, HEAD
   * wherever GET is; then the operation, in any case.
   *
   * Errors: `ERR_HTTP_PARAMETER` (`forbidden_parameter`) for `namenoderpcaddress` on any daemon but a DataNode: a
   * DataNode connects to whatever address it names.
   */
  match(method: string, target: CanonicalTarget): RouteMatch
}

type Entry = Extract<RouteMatch, { kind: 'route' }> | OperationTable

/** What answers a path, by method, and how any other method is refused. */
interface Endpoint {
  readonly methods: ReadonlyMap<string, Entry>
  readonly refused: RouteMatch
}

interface Row {
  readonly method: string
  readonly entry: Entry
}

/** The built-in tables. */
export const DAEMONS: Readonly<Record<Exclude<ServiceKind, 'custom'>, DaemonRoutes>> = {
  namenode: NAMENODE,
  datanode: DATANODE,
  journalnode: JOURNALNODE,
  router: ROUTER,
  httpfs: HTTPFS,
  kms: KMS,
  resourcemanager: RESOURCEMANAGER,
  nodemanager: NODEMANAGER,
  timelineserver: TIMELINESERVER,
  jobhistory: JOBHISTORY,
}

const WEBHDFS = '/webhdfs/v1/{path}'
const UNLISTED: RouteMatch = { kind: 'unlisted' }
const ALLOW_ORDER = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']
const NEVER: ReadonlySet<string> = new Set(['TRACE', 'CONNECT'])

/**
 * Makes the table of a daemon: the built-in one, or for `custom` that of the given routes, which are tried in their
 * order. Built-in routes are tried from the more to the less specific.
 *
 * Errors: `ERR_CONFIG_SETTINGS` for a path of a custom route that cannot be read.
 */
export function createRouteTable(kind: ServiceKind, custom: readonly CustomRoute[] = []): RouteTable {
  const rules = kind === 'custom' ? custom.flatMap(customRules) : daemonRules(DAEMONS[kind])
  const tree = new PathTree(rules, endpointOf)
  const takesNameNode = kind === 'datanode'
  return {
    match(method, target) {
      let op: string | null = null
      for (const { reserved, value } of target.parameters) {
        if (reserved === 'op') op = value
        else if (reserved === 'namenoderpcaddress' && !takesNameNode)
          throw badParameter('forbidden_parameter', '`namenoderpcaddress` is not taken from clients')
      }
      const endpoint = tree.find(target.segments)
      if (endpoint === null) return UNLISTED
      const entry = endpoint.methods.get(method)
      if (entry === undefined) return endpoint.refused
      return entry.kind === 'route' ? entry : entry.choose(op)
    },
  }
}

/** HEAD goes wherever GET goes; TRACE and CONNECT go nowhere. */
function endpointOf(rows: readonly Row[]): Endpoint {
  const methods = new Map<string, Entry>()
  for (const { method, entry } of rows) {
    if (NEVER.has(method)) continue
    if (!methods.has(method)) methods.set(method, entry)
    if (method === 'GET' && !methods.has('HEAD')) methods.set('HEAD', entry)
  }
  return { methods, refused: { kind: 'method', allow: ALLOW_ORDER.filter((name) => methods.has(name)) } }
}

function daemonRules({ groups, operations }: DaemonRoutes): readonly Rule<Row>[] {
  const rules = groups.flatMap(
    ({ method, paths, under = '', service, surface, kind, takesForm = false, queue }) => {
      const entry: Entry = {
        kind: 'route',
        route: {
          service,
          surface,
          op: null,
          takesForm,
          takesUpgrade: false,
          kind,
          resource: queue === undefined ? null : { kind: 'queue', ...queue },
        },
      }
      return paths
        .trim()
        .split(/\s+/)
        .map((path): Rule<Row> => ({ pattern: patternOf(under + path), value: { method, entry } }))
    },
  )
  if (operations !== undefined) {
    for (const [method, entry] of operationTables(operations.dialect, operations.groups))
      rules.push({ pattern: patternOf(WEBHDFS), value: { method, entry } })
  }
  return rules.toSorted((a, b) => comparePatterns(a.pattern, b.pattern))
}

function customRules({
  path,
  methods,
  service,
  surface,
  takesForm,
  upgrade = false,
  resource,
  access,
}: CustomRoute): readonly Rule<Row>[] {
  const pattern = patternOf(path)
  const named = resource === undefined || access === undefined ? null : namedOf(path, resource, access)
  return methods.map((method) => {
    const kind = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'read' : 'write'
    return {
      pattern,
      value: {
        method,
        entry: {
          kind: 'route',
          route: {
            service,
            surface,
            op: null,
            takesForm,
            takesUpgrade: upgrade && method === 'GET',
            kind,
            resource: named,
          },
        },
      },
    }
  })
}

function namedOf(
  path: string,
  resource: Readonly<Record<string, string>>,
  access: string,
): NonNullable<Route['resource']> {
  const read = readNamedResource(path, resource, access)
  if ('named' in read) return { kind: 'named', ...read.named }
  throw new ConfigError('ERR_CONFIG_SETTINGS', `the resource of the route \`${path}\` ${read.flaw}`)
}

function patternOf(path: string): Pattern {
  const read = readPattern(path)
  if ('pattern' in read) return read.pattern
  throw new ConfigError('ERR_CONFIG_SETTINGS', `the path \`${path}\` of a route ${read.flaw}`)
}
