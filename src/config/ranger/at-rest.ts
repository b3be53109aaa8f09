import { ConfigError } from '../../errors.ts'
import type { Component } from '../../policy/components.ts'
import type { ServiceDef, ServicePolicies, ServiceRoles } from '../../ranger/model.ts'
import { readServiceDefFile, readServicePolicies } from '../../ranger/read-policies.ts'
import { BUILT_IN_SERVICE_DEFS } from '../../ranger/service-defs.ts'
import type { Inputs } from '../inputs.ts'
import { builtInDefinition } from './built-in-definition.ts'
import { CacheFiles } from './cache-files.ts'
import { withSuperUsers } from './held.ts'
import { type JsonText, readJsonText } from './json-text.ts'
import { readRolesDownload } from './read-download.ts'
import type { RangerService } from './service.ts'

/**
 * The policies of a component as files have them, without asking Ranger Admin.
 *
 * Shape: `origin` `cache`: what was downloaded last; `none`: nothing is there, and `policies` and `text` are null. `roles`
 * null: there are none, or nobody knows them. `loadedAt` is when the file was written.
 */
export interface PoliciesAtRest {
  readonly component: Component
  readonly serviceName: string
  readonly origin: 'file' | 'cache' | 'none'
  readonly file: string
  readonly loadedAt: number | null
  readonly policies: ServicePolicies | null
  readonly roles: ServiceRoles | null
  readonly text: JsonText | null
}

/**
 * Reads the policies that a component would start with if Ranger Admin did not answer.
 *
 * Errors: `ConfigError` with the problems of a file of the settings. A cache that cannot be read is passed over for the
 * one before it, as a start does.
 */
export async function policiesAtRest(service: RangerService, inputs: Inputs): Promise<PoliciesAtRest> {
  const { component, serviceName, source, maxFileBytes, place } = service
  if (source.kind === 'file') {
    const { file, bytes, timeMs } = inputs.read(source.policies, maxFileBytes, place.key)
    const roles = source.roles === null ? null : inputs.read(source.roles, maxFileBytes, place.key)
    const read = readBytes(service, bytes, file, inputs)
    const readRoles = roles === null ? null : readRolesDownload(roles.bytes, roles.file, serviceName)
    return { component, serviceName, origin: 'file', file, loadedAt: timeMs, roles: readRoles, ...read }
  }
  const cache = new CacheFiles(source.cacheDir, source.address.appId, serviceName)
  const { maxBytes } = source.address.limits
  const kept = firstOf(await cache.read('policies', maxBytes), ({ bytes, file, timeMs }) => ({
    origin: 'cache' as const,
    file,
    loadedAt: timeMs,
    ...readBytes(service, bytes, file, inputs),
  }))
  const roles = firstOf(await cache.read('roles', maxBytes), ({ bytes, file }) =>
    readRolesDownload(bytes, file, serviceName),
  )
  const none = {
    origin: 'none',
    file: cache.fileOf('policies'),
    loadedAt: null,
    policies: null,
    text: null,
  } as const
  return { component, serviceName, roles, ...(kept ?? none) }
}

/**
 * Reads policies of a file that no settings name.
 *
 * Shape: without a definition of its own it is read with a built-in one: that of the type that its policies name, else the
 * one that has their resource, else that of HDFS.
 * Errors: `ERR_POLICY_RANGER` with every problem.
 */
export function policiesOfFile(
  bytes: Uint8Array,
  file: string,
): { readonly policies: ServicePolicies; readonly text: JsonText } {
  const text = readJsonText(bytes, file)
  const serviceDef = likelyDefinition(text.value)
  return {
    policies: text.placed((value) => readServicePolicies(value, { service: null, serviceDef, file })),
    text,
  }
}

function readBytes(
  {
    component,
    serviceName: service,
    serviceDefFile,
    superUsers,
    superGroups,
    maxFileBytes,
    place,
  }: RangerService,
  bytes: Uint8Array,
  file: string,
  inputs: Inputs,
): { readonly policies: ServicePolicies; readonly text: JsonText } {
  const own = serviceDefFile === null ? null : inputs.read(serviceDefFile, maxFileBytes, place.key)
  const serviceDef =
    own === null
      ? builtInDefinition(component)
      : readJsonText(own.bytes, own.file).placed((value) => readServiceDefFile(value, own.file))
  const text = readJsonText(bytes, file)
  const policies = text.placed((value) => readServicePolicies(value, { service, serviceDef, file }))
  return { policies: withSuperUsers(policies, superUsers, superGroups), text }
}

/** The first that can be read; null where none can. */
function firstOf<T, R>(candidates: readonly T[], read: (candidate: T) => R): R | null {
  for (const candidate of candidates) {
    try {
      return read(candidate)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
    }
  }
  return null
}

function likelyDefinition(value: unknown): ServiceDef | null {
  const [first] = listOf(membersOf(value)?.get('policies'))
  const policy = membersOf(first)
  const named = BUILT_IN_SERVICE_DEFS.get(String(policy?.get('serviceType')))
  const resources = membersOf(policy?.get('resources'))
  const fitting = [...BUILT_IN_SERVICE_DEFS.values()].find((def) =>
    def.resources.some(({ name }) => resources?.has(name) === true),
  )
  return named ?? fitting ?? builtInDefinition('HDFS')
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const membersOf = (value: unknown): ReadonlyMap<string, unknown> | null =>
  typeof value === 'object' && value !== null ? new Map<string, unknown>(Object.entries(value)) : null
