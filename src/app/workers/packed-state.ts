import type { Settings } from '../../config/settings.ts'
import type { ReadyService } from '../../config/upstreams.ts'
import { Configuration, type PackedConfiguration } from '../../hadoop/configuration.ts'
import { type PackedPolicy, packPolicy, unpackPolicy } from '../../policy/packed.ts'
import type { Policy } from '../../policy/policy.ts'
import { prepare } from '../prepare.ts'
import { makeSnapshot, type ServingState, type State } from '../state.ts'
import {
  type PackedPermissions,
  PermissionPacker,
  type UnpackedPermissions,
  unpackPermissions,
} from './packed-permissions.ts'
import { packValue, type PackedValue, unpackValue } from './packed-value.ts'

/** What crosses to a worker. Whatever a worker is told of a state stands here. */
export interface PackedState {
  readonly told: PackedValue<{
    readonly settings: Omit<Settings, 'placeOf'> & { readonly placeOf: null }
    readonly services: readonly ReadyService[]
  }>
  readonly configuration: PackedConfiguration
  readonly policy: PackedPolicy
  /** Equal for one and the same policy, so that its decisions are remembered on. */
  readonly policyNumber: number
  readonly permissions: PackedPermissions | null
  readonly revision: string
}

/** No part of the preparation asks for keys of this family, and their values may be long: they are in the policy. */
const POLICY_FAMILY = 'security.'

/**
 * Takes states apart for workers. The lists of a policy are shared memory: they are neither compiled again nor copied.
 */
export class StatePacker {
  readonly #permissions = new PermissionPacker()
  #last: { readonly policy: Policy; readonly packed: PackedPolicy; readonly number: number } | null = null

  /** `services` are those of the state, as one worker has to have them. */
  pack({ settings, hadoop, revision, permissions }: State, services: readonly ReadyService[]): PackedState {
    const { policy, number } = this.#policy(hadoop.policy)
    const { entries, ...rest } = hadoop.configuration.pack()
    return {
      // Where policies come from, and by which password, is nothing that a worker asks for.
      told: packValue({ settings: { ...settings, placeOf: null, rangerServices: [] }, services }),
      configuration: {
        ...rest,
        problems: [],
        entries: new Map([...entries].filter(([key]) => !key.startsWith(POLICY_FAMILY))),
      },
      policy,
      policyNumber: number,
      permissions: this.#permissions.pack(permissions),
      revision,
    }
  }

  #policy(policy: Policy): { readonly policy: PackedPolicy; readonly number: number } {
    if (this.#last?.policy !== policy) {
      // How Hadoop would decide and what is odd about the files is asked of the main thread alone.
      const packed = packPolicy({ ...policy, findings: [], asHadoop: () => null })
      this.#last = { policy, packed, number: (this.#last?.number ?? 0) + 1 }
    }
    const { packed, number } = this.#last
    return { policy: packed, number }
  }
}

/** A state as a worker has it. */
export interface UnpackedState extends ServingState {
  readonly policyNumber: number
  readonly permissions: UnpackedPermissions | null
}

/**
 * Puts a state together in a worker. With the policy or the permissions of `previous`, what these
 * have decided is taken over.
 *
 * Errors: `ConfigError` where it cannot be prepared; problems name a key and no file, which the main thread knows.
 */
export function unpackState(packed: PackedState, previous: UnpackedState | null): UnpackedState {
  const { told, configuration, policyNumber, revision } = packed
  const { settings: plain, services } = unpackValue(told)
  const settings: Settings = {
    ...plain,
    placeOf: (key) => ({ file: '', line: null, column: null, key }),
  }
  const permissions = unpackPermissions(packed.permissions, settings, previous?.permissions ?? null)
  const before = previous?.snapshot ?? null
  const policy =
    before !== null && previous?.policyNumber === policyNumber
      ? before.policy
      : unpackPolicy(packed.policy, () => undefined)
  return {
    settings,
    services,
    policyNumber,
    permissions,
    revision,
    prepared: prepare(settings, Configuration.unpack(configuration)),
    snapshot: makeSnapshot(settings, policy, permissions?.permissions ?? null, before),
  }
}
