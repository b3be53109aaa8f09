import type { RangerEngine } from '../ranger/engine.ts'
import type { Component } from './components.ts'

/**
 * Permission verification as it is in force: which component is asked about, and by what. Immutable; a refresh, a toggle
 * or new policies make another one.
 *
 * Shape: `revision` is equal for permissions that decide equally. `components` has every component of the product.
 */
export interface Permissions {
  readonly mode: 'security' | 'normal'
  readonly revision: string
  readonly components: ReadonlyMap<Component, ComponentRules>
  readonly roles: RoleModel
}

/**
 * How one component is verified.
 *
 * Shape: with `ranger` its policies decide, whatever `isRequired` says; without it the role model where verification is
 * required, and nothing is asked where it is not.
 */
export interface ComponentRules {
  readonly component: Component
  readonly isRequired: boolean
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
