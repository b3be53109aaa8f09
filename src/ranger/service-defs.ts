import type { AccessTypeDef, ConditionDef, MatcherOptions, ServiceDef } from './model.ts'
import { matcherOptions } from './read-service-def.ts'

const CONDITIONS: readonly ConditionDef[] = [
  { name: 'ip-range', evaluator: 'RangerIpMatcher', options: new Map() },
]

const OPTIONS: MatcherOptions = { ...matcherOptions(new Map()), ignoreCase: false }

/**
 * The definitions that are built in, by name: those of Ranger, and `ip-range`, which the product offers on both.
 *
 * Source: service-defs/ranger-servicedef-hdfs.json and ranger-servicedef-yarn.json (2.9).
 */
export const BUILT_IN_SERVICE_DEFS: ReadonlyMap<string, ServiceDef> = new Map([
  ['hdfs', define(1, 'hdfs', 'path', OPTIONS, [type('read'), type('write'), type('execute')])],
  [
    'yarn',
    define(4, 'yarn', 'queue', { ...OPTIONS, separator: '.' }, [
      type('submit-app'),
      type('admin-queue', 'submit-app'),
    ]),
  ],
])

function define(
  id: number,
  name: string,
  resource: string,
  options: MatcherOptions,
  accessTypes: readonly AccessTypeDef[],
): ServiceDef {
  const root = { name: resource, level: 10, parent: null, matcher: 'path', isValidLeaf: true } as const
  return {
    id,
    name,
    resources: [{ ...root, options }],
    accessTypes,
    markerAccessTypes: [],
    conditions: CONDITIONS,
    hasDenyAndExceptions: true,
  }
}

function type(name: string, ...impliedGrants: string[]): AccessTypeDef {
  return { name, impliedGrants }
}
