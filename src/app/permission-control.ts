import { join } from 'node:path'
import type { SwitchRequest, SwitchResult } from '../admin/dependencies.ts'
import type { RefreshResult } from '../config/state.ts'
import type { Settings } from '../config/settings.ts'
import { readSwitches, SWITCHES_FILE, switchesText } from '../config/switches-file.ts'
import { ConfigError, type Place } from '../errors.ts'
import { located } from '../errors/located.ts'
import { compilePermissions, type PresentPolicies } from '../policy/compile-permissions.ts'
import type { Component } from '../policy/components.ts'
import type { Permissions } from '../policy/permissions.ts'
import { switched, switchFlaw, type Switches } from '../policy/switches.ts'
import { unwritable } from './writable.ts'
import { writeWhole } from './write-whole.ts'

/** The settings that permissions are made of. */
type PermissionSettings = Pick<Settings, 'mode' | 'cluster' | 'components' | 'roles' | 'roleBindings'>

/**
 * Makes permissions of the settings; null where there is no `mode`.
 *
 * Errors: as those of `compilePermissions`.
 */
export function permissionsOf(
  { mode, cluster, components, roles, roleBindings }: PermissionSettings,
  switches: Switches,
  policies: ReadonlyMap<Component, PresentPolicies>,
): Permissions | null {
  if (mode === undefined) return null
  return compilePermissions({ mode, cluster, components, roles, roleBindings }, switches, policies)
}

/**
 * Keeps what operators have switched of permission verification, and switches. The file in the state folder is read once:
 * from then on it is written only.
 */
export class PermissionControl {
  #switches: Switches | null = null
  #last: Promise<unknown> = Promise.resolve()

  /**
   * Permission verification by these settings and what was switched; `previous` itself where nothing differs. `collect`
   * gives the policies of the components that Ranger decides about, and is asked for no others.
   *
   * Errors: `ConfigError` where the file of the state folder cannot be used, or does not go together with the settings;
   * and those of `collect`.
   */
  async load(
    settings: PermissionSettings & Pick<Settings, 'stateDir' | 'placeOf'>,
    collect: (permissions: Permissions) => Promise<ReadonlyMap<Component, PresentPolicies>>,
    previous: Permissions | null,
  ): Promise<Permissions | null> {
    this.#switches ??= readSwitches(join(settings.stateDir, SWITCHES_FILE))
    // What is switched while the policies are collected is for the load after this one.
    const switches = this.#switches
    const compile = (policies: ReadonlyMap<Component, PresentPolicies>): Permissions | null =>
      placed(settings, () => permissionsOf(settings, switches, policies))
    const without = compile(new Map())
    if (without === null) return null
    const permissions = compile(await collect(without))
    return permissions?.revision === previous?.revision ? previous : permissions
  }

  /**
   * Switches, one change after the other: what was switched is on the disk before it counts, and what cannot be put in
   * force is taken back.
   */
  change(
    request: SwitchRequest,
    current: () => { readonly settings: Settings; readonly permissions: Permissions | null },
    refresh: () => Promise<RefreshResult>,
  ): Promise<SwitchResult> {
    const result = this.#last.then(() => this.#change(request, current(), refresh))
    this.#last = result.catch(() => undefined)
    return result
  }

  async #change(
    { component, change, ifGeneration }: SwitchRequest,
    { settings, permissions }: { readonly settings: Settings; readonly permissions: Permissions | null },
    refresh: () => Promise<RefreshResult>,
  ): Promise<SwitchResult> {
    const { stateDir, mode = null } = settings
    const before = this.#switches ?? permissions?.switches
    if (before === undefined || mode === null || permissions === null)
      return { done: 'refused', ...notOff(switchFlaw(null, component, change)) }
    if (ifGeneration !== null && ifGeneration !== before.generation) return { done: 'stale' }
    const flaw = switchFlaw(mode, component, change)
    if (flaw !== null) return { done: 'refused', ...flaw }
    if (isSo(permissions, { component, change })) return { done: 'unchanged' }
    const after = switched(before, mode, component, change)
    const missing = lackOf(settings, after)
    if (missing !== null) return { done: 'refused', code: 'no_ranger', message: missing }
    const file = join(stateDir, SWITCHES_FILE)
    const place = settings.placeOf('stateDir')
    const unwritten = write(file, after, place)
    if (unwritten !== null) return { done: 'failed', error: unwritten }
    this.#switches = after
    const result = await refresh()
    if (result.ok) return { done: 'changed' }
    this.#switches = before
    return { done: 'failed', error: write(file, before, place) ?? result.error }
  }
}

function isSo(
  { components }: Permissions,
  { component, change }: Pick<SwitchRequest, 'component' | 'change'>,
): boolean {
  const rules = components.get(component)
  const { verification, ranger } = change
  return (
    rules !== undefined &&
    (verification === undefined || (verification === 'required') === rules.isRequired) &&
    (ranger === undefined || ranger === rules.isRangerEnabled) &&
    (ranger !== true || rules.ranger !== null)
  )
}

/** What the settings lack for these switches; null: nothing. */
function lackOf(settings: PermissionSettings, switches: Switches): string | null {
  try {
    permissionsOf(settings, switches, new Map())
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

function notOff<T>(flaw: T | null): T {
  if (flaw === null) throw new Error('without a mode nothing can be switched')
  return flaw
}

/** What went wrong; null: it is on the disk. */
function write(file: string, switches: Switches, place: Place): ConfigError | null {
  try {
    writeWhole(file, switchesText(switches))
    return null
  } catch (cause) {
    return unwritable('stateDir', file, place, cause)
  }
}

function placed<T>({ placeOf }: Pick<Settings, 'placeOf'>, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw located(error, ({ key, file }) => (key !== null && file === '' ? placeOf(key) : {}))
  }
}
