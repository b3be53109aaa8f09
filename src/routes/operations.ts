import type { Dialect, Method, OperationGroup, RouteMatch } from './route.ts'

/** What a method on `/webhdfs/v1` asks for depends on the operation. */
export interface OperationTable {
  readonly kind: 'operations'
  /** `op` is the decoded value of the parameter, null where there is none. */
  choose(op: string | null): RouteMatch
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/**
 * The operations of a daemon, by method.
 *
 * Shape: operations are found in any case of ASCII; there is no other spelling, though Java has some.
 */
export function operationTables(
  dialect: Dialect,
  groups: readonly OperationGroup[],
): ReadonlyMap<Method, OperationTable> {
  const known: ReadonlySet<string> = new Set(groups.flatMap(({ names }) => words(names)))
  return new Map(
    [...new Set(groups.map(({ method }) => method))].map((method) => {
      const matches = matchesOf(groups.filter((group) => group.method === method))
      const table: OperationTable = {
        kind: 'operations',
        choose: (op) => {
          const exact = op === null ? undefined : matches.get(op)
          if (exact !== undefined) return exact
          const name = op !== null && /^[A-Za-z_]+$/.test(op) ? op.toUpperCase() : null
          const found = name === null ? undefined : matches.get(name)
          return found ?? refusal(dialect, method, op, name !== null && known.has(name))
        },
      }
      return [method, table]
    }),
  )
}

function matchesOf(groups: readonly OperationGroup[]): ReadonlyMap<string, RouteMatch> {
  return new Map(
    groups.flatMap(({ names, service, kind }) =>
      words(names).map((op): [string, RouteMatch] => [
        op,
        {
          kind: 'route',
          route: {
            service,
            surface: 'webhdfs',
            op,
            takesForm: false,
            takesUpgrade: false,
            kind,
            resource: null,
          },
        },
      ]),
    ),
  )
}

/**
 * Hadoop's own words.
 *
 * Source: org.apache.hadoop.hdfs.web.resources.GetOpParam and NamenodeWebHdfsMethods; WebHdfsHandler of the DataNode;
 * org.apache.hadoop.lib.wsrs.ParametersProvider and HttpFSServer.
 */
function refusal(dialect: Dialect, method: Method, op: string | null, isElsewhere: boolean): RouteMatch {
  if (dialect === 'datanode') return illegal(`Invalid operation ${op ?? 'null'}`)
  if (dialect === 'httpfs') {
    if (op === null) return illegal('Missing Operation parameter [op]')
    return illegal(
      isElsewhere ? `Invalid HTTP ${method} operation [${op.toUpperCase()}]` : `Invalid Operation [${op}]`,
    )
  }
  if (op === null || op.toUpperCase() === 'NULL')
    return {
      kind: 'operation',
      exception: 'UnsupportedOperationException',
      message: 'op=NULL is not supported',
    }
  return illegal(`Invalid value for webhdfs parameter "op": ${op} is not a valid ${method} operation.`)
}

const illegal = (message: string): RouteMatch => ({
  kind: 'operation',
  exception: 'IllegalArgumentException',
  message,
})
