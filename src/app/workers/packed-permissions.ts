import { deserialize, serialize } from 'node:v8'
import type { Settings } from '../../config/settings.ts'
import type { PresentPolicies } from '../../policy/compile-permissions.ts'
import type { Component } from '../../policy/components.ts'
import type { Permissions } from '../../policy/permissions.ts'
import type { Switches } from '../../policy/switches.ts'
import { compileEngine } from '../../ranger/compile-engine.ts'
import type { EngineSource, RangerEngine } from '../../ranger/engine.ts'
import { permissionsOf } from '../permission-control.ts'

/**
 * Permission verification on its way to a worker, which compiles it again of its settings and of this.
 *
 * Shape: `number` is equal for one and the same permissions, so that their verdicts are remembered on. `policies` has the
 * components that Ranger decides about.
 */
export interface PackedPermissions {
  readonly number: number
  readonly revision: string
  readonly switches: Switches
  readonly policies: ReadonlyMap<Component, PackedPolicies>
}

/** Policies of one component; `engine` null: none have come. */
interface PackedPolicies {
  readonly from: string
  readonly engine: PackedEngine | null
}

/** `number` is equal for one and the same engine; `source` is shared memory, and crosses without being copied. */
interface PackedEngine {
  readonly number: number
  readonly fallback: 'native' | 'deny'
  readonly source: Uint8Array
}

/** Takes permissions apart for workers. What stays the same is taken apart once. */
export class PermissionPacker {
  #last: { readonly permissions: Permissions; readonly packed: PackedPermissions } | null = null
  #engines: ReadonlyMap<RangerEngine, PackedEngine> = new Map()
  #number = 0

  pack(permissions: Permissions | null): PackedPermissions | null {
    if (permissions === null) return null
    if (this.#last?.permissions === permissions) return this.#last.packed
    const engines = new Map<RangerEngine, PackedEngine>()
    const policies = new Map<Component, PackedPolicies>()
    for (const { component, ranger } of permissions.components.values()) {
      if (ranger === null) continue
      const { engine, source, fallback } = ranger
      if (engine !== null)
        engines.set(engine, this.#engines.get(engine) ?? this.#packEngine(engine, fallback))
      policies.set(component, {
        from: source,
        engine: engine === null ? null : (engines.get(engine) ?? null),
      })
    }
    this.#engines = engines
    const { revision, switches } = permissions
    const packed = { number: this.#nextNumber(), revision, switches, policies }
    this.#last = { permissions, packed }
    return packed
  }

  #packEngine({ source }: RangerEngine, fallback: 'native' | 'deny'): PackedEngine {
    const bytes = serialize(source)
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    shared.set(bytes)
    return { number: this.#nextNumber(), fallback, source: shared }
  }

  #nextNumber(): number {
    this.#number += 1
    return this.#number
  }
}

/** Permissions as a worker has them, with the engines by their numbers. */
export interface UnpackedPermissions {
  readonly number: number
  readonly permissions: Permissions
  readonly engines: ReadonlyMap<number, RangerEngine>
}

/**
 * Puts permissions together in a worker; engines and permissions of `previous` that have stayed are those of before.
 *
 * Errors: as those of `compilePermissions`, which the main thread would have met first.
 */
export function unpackPermissions(
  packed: PackedPermissions | null,
  settings: Settings,
  previous: UnpackedPermissions | null,
): UnpackedPermissions | null {
  if (packed === null || packed.number === previous?.number) return packed === null ? null : previous
  const { number, revision, switches } = packed
  const engines = new Map<number, RangerEngine>()
  const policies = new Map<Component, PresentPolicies>()
  for (const [component, { from, engine: there }] of packed.policies) {
    const engine = there === null ? null : (previous?.engines.get(there.number) ?? compile(there))
    if (there !== null && engine !== null) engines.set(there.number, engine)
    policies.set(component, { engine, from, print: '' })
  }
  const permissions = permissionsOf(settings, switches, policies)
  if (permissions === null) throw new Error('permissions have crossed to a worker without a mode')
  return { number, engines, permissions: { ...permissions, revision } }
}

function compile({ source, fallback }: PackedEngine): RangerEngine {
  const { policies, roles }: EngineSource = deserialize(source)
  return compileEngine(policies, roles, { fallback })
}
