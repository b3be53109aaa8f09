import { NO_SWITCHES } from '../../src/policy/switches.ts'
import type { ResourceAccess } from '../../src/decision/request.ts'
import type { Component } from '../../src/policy/components.ts'
import type {
  ComponentRules,
  Permissions,
  RangerRules,
  RoleModel,
  RoleQuestion,
} from '../../src/policy/permissions.ts'
import type { ResourceAsk } from '../../src/ranger/ask.ts'

/** A moment for requests that no schedule concerns. */
export const NOON: number = Date.UTC(2026, 0, 15, 12)

/** Something that is asked about a path, such as `read`, with what Hadoop calls it. */
export const askPath = (
  path: string,
  accessTypes: readonly string[] = ['read'],
  needs: ResourceAsk['needs'] = 'allow',
  shown: string = accessTypes.join('_').toUpperCase(),
): ResourceAsk => ({ resource: new Map([['path', path]]), accessTypes, needs, shown })

/** A request to HDFS that asks for all of this. */
export const access = (...asks: readonly ResourceAsk[]): ResourceAccess => ({
  component: 'HDFS',
  resources: { asks, isUnknown: false, action: 'open' },
  at: NOON,
})

/** An operation that no table knows. */
export const unknownAccess = (...asks: readonly ResourceAsk[]): ResourceAccess => ({
  component: 'HDFS',
  resources: { asks, isUnknown: true, action: 'NEWOP' },
  at: NOON,
})

const NO_ROLES: RoleModel = { isEmpty: true, granting: () => [] }

/** Rules of HDFS, and of nothing else, in security mode; `ranger` null: the role model decides. */
export function permissionsOf(
  ranger: Partial<RangerRules> | null,
  rules: Partial<ComponentRules> & { readonly roles?: RoleModel } = {},
): Permissions {
  const component: Component = 'HDFS'
  const { roles = NO_ROLES, ...rest } = rules
  const defaults: RangerRules = {
    serviceName: 'hadoop',
    engine: null,
    fallback: 'native',
    onNoPolicies: 'native',
    source: '/etc/keddah/hdfs.json',
  }
  const own: ComponentRules = {
    component,
    isRequired: true,
    isRangerEnabled: ranger !== null,
    ranger: ranger === null ? null : { ...defaults, ...ranger },
    unknownOp: 'deny',
    ...rest,
  }
  return {
    mode: 'security',
    revision: 'permissions-1',
    switches: NO_SWITCHES,
    components: new Map([[component, own]]),
    roles,
    queues: { names: 'full', paths: new Map() },
  }
}

/** Roles by a rule of the test's own. */
export const rolesWhere = (grants: (question: RoleQuestion) => readonly string[]): RoleModel => ({
  isEmpty: false,
  granting: grants,
})
