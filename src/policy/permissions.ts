import type { QueueNames } from '../ranger/ask.ts'
import type { RangerEngine } from '../ranger/engine.ts'
import type { Component, Mode } from './components.ts'
import type { Switches } from './switches.ts'

/**
 * Permission verification as it is in force: which component is asked about, and by what. Immutable; a refresh, a toggle
 * or new policies make another one.
 *
 * Shape: `revision` is equal for permissions that decide equally. `components` has every component of the product.
 */
export interface Permissions {
  readonly mode: Mode
  readonly revision: string
  readonly switches: Switches
  readonly components: ReadonlyMap<Component, ComponentRules>
  readonly roles: RoleModel
  readonly queues: QueueNames
}

/**
 * How one component is verified.
 *
 * Shape: with `ranger` its policies decide, whatever `isRequired` says; without it the role model where verification is
 * required, and nothing is asked where it is not. `isRangerEnabled` without `ranger`: nobody has said where its policies
 * come from, as before Ranger is installed.
 */
export interface ComponentRules {
  readonly component: Component
  readonly isRequired: boolean
  readonly isRangerEnabled: boolean
  readonly ranger: RangerRules | null
  /** What counts for an operation that no table knows. */
  readonly unknownOp: 'native' | 'deny'
}

/**
 * Ranger's policies for a component.
 *
 * Shape: `engine` null: no policies have come yet, and `onNoPolicies` decides. `fallback` is what counts where they say
 * nothing: the component itself, or a refusal. `source` names where they come from, for people: a file or a URL.
 */
export interface RangerRules {
  readonly serviceName: string
  readonly engine: RangerEngine | null
  readonly fallback: 'native' | 'deny'
  readonly onNoPolicies: 'native' | 'deny'
  readonly source: string
}

/** The role model: a union of grants, without denies. */
export interface RoleModel {
  /** Whether there is any role at all. */
  readonly isEmpty: boolean
  /**
   * The roles that grant all of these accesses together; empty: they do not.
   *
   * Shape: `resource` is the value of the first resource of the component, such as a path.
   */
  granting(question: RoleQuestion): readonly string[]
}

/**
 * What the role model is asked.
 *
 * Shape: `isTraverse`: only the way through a folder is asked for, and any grant at, above or below it suffices. The role
 * model has no denies, so that without this everybody could look at everything that only has to be not denied.
 */
export interface RoleQuestion {
  readonly component: Component
  readonly resource: ReadonlyMap<string, string>
  readonly accessTypes: readonly string[]
  readonly isTraverse: boolean
  readonly user: string
  readonly groups: readonly string[]
}

/**
 * What decides about the resources of a component: Ranger, the role model, nothing (`mode`: everything is refused, since
 * there is no role), or nobody is asked (`none`).
 */
export type Decider = 'ranger' | 'role' | 'mode' | 'none'

/** What decides about the resources of a component. */
export function deciderOf({ roles }: Permissions, { ranger, isRequired }: ComponentRules): Decider {
  if (ranger !== null) return 'ranger'
  if (!isRequired) return 'none'
  return roles.isEmpty ? 'mode' : 'role'
}
