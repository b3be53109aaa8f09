import type { Component } from '../../policy/components.ts'
import type { RangerEngine } from '../../ranger/engine.ts'
import type { ServicePolicies, ServiceRoles } from '../../ranger/model.ts'
import type { RangerFailureReason } from './failure.ts'

/** Where what is held was read last. */
export type RangerOrigin = 'admin' | 'cache' | 'file' | 'none'

/** A download that failed. `time` in milliseconds since the epoch; `what` is what was to be downloaded. */
export interface HeldFailure {
  readonly what: 'policies' | 'roles' | 'cache'
  readonly reason: RangerFailureReason
  readonly message: string
  readonly time: number
}

/**
 * The policies of one component as they were had last.
 *
 * Shape: the same object while nothing new has come. `policies` and `engine` are null together: none have come, or the
 * service is gone. `from` is a file or an address, for people; `loadedAt` null: never.
 */
export interface RangerHeld {
  readonly component: Component
  readonly engine: RangerEngine | null
  readonly policies: ServicePolicies | null
  readonly roles: ServiceRoles | null
  readonly origin: RangerOrigin
  readonly from: string
  readonly loadedAt: number | null
}

/** The policies with the super users that our own settings name beside those of the service. */
export function withSuperUsers(
  policies: ServicePolicies,
  users: readonly string[],
  groups: readonly string[],
): ServicePolicies {
  if (users.length === 0 && groups.length === 0) return policies
  const config = new Map(policies.serviceConfig)
  const add = (key: string, names: readonly string[]): void => {
    if (names.length > 0)
      config.set(key, [config.get(key) ?? '', ...names].filter((name) => name !== '').join(','))
  }
  add('ranger.plugin.super.users', users)
  add('ranger.plugin.super.groups', groups)
  return { ...policies, serviceConfig: config }
}
