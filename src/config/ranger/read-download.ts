import { ConfigError, type Problem } from '../../errors.ts'
import { applyDeltas, classifyDownload } from '../../ranger/deltas.ts'
import type { ServicePolicies, ServiceRoles } from '../../ranger/model.ts'
import { readServiceRoles } from '../../ranger/read-roles.ts'
import { readJsonText } from './json-text.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * What a download says: other policies, with the text that is worth keeping, or a version that is worth remembering alone.
 * `whole` is the JSON that changes can be applied to later.
 */
export type ReadDownload =
  | { readonly policies: ServicePolicies; readonly kept: Uint8Array; readonly whole: Members }
  | { readonly policies: null; readonly version: number }

/**
 * Reads the policies of a download: a full set, or changes to `base`.
 *
 * Shape: `base` null: there is nothing that changes could be applied to. `read` reads a full set.
 * Errors: `ERR_POLICY_RANGER` with every problem; nothing may be taken then.
 */
export function readDownload(
  bytes: Uint8Array,
  file: string,
  base: Members | null,
  serviceType: string,
  read: (value: unknown) => ServicePolicies,
): ReadDownload {
  const json = readJsonText(bytes, file)
  return json.placed((value) => {
    const whole = membersOf(value)
    if (whole === null || !isListOrAbsent(whole['policyDeltas']))
      throw refused(
        file,
        'policyDeltas',
        'this is no download of Ranger Admin: it should be an object, with lists in it',
      )
    if (typeof whole['serviceName'] !== 'string' || whole['serviceName'] === '')
      throw refused(
        file,
        'serviceName',
        'this is no download of Ranger Admin: it names no service',
        'ranger_service_name',
      )
    const meaning = classifyDownload(whole)
    if (meaning === 'full') return { policies: read(value), kept: bytes, whole }
    const deltas = listOf(whole['policyDeltas'])
    if (meaning === 'ignore') {
      if (deltas.length > 0) throw refused(file, 'policyDeltas', 'policies and changes to them came together')
      // Read as a set, so that what is wrong with the rest of it is found all the same.
      return { policies: null, version: read({ ...whole, policies: [] }).version }
    }
    if (base === null)
      throw refused(file, 'policyDeltas', 'changes came, and there is nothing that they could be applied to')
    const { policyDeltas: _, ...envelope } = whole
    const merged = {
      ...base,
      ...withoutNulls(envelope),
      policies: applyDeltas(listOf(base['policies']), deltas, serviceType),
    }
    return { policies: read(merged), kept: Buffer.from(JSON.stringify(merged)), whole: merged }
  })
}

/**
 * Reads roles. What has no version is none: taken as a set without roles, a login page or the policies would take every
 * role from everybody.
 *
 * Errors: `ERR_POLICY_RANGER` with every problem.
 */
export function readRolesDownload(bytes: Uint8Array, file: string, service: string): ServiceRoles {
  return readJsonText(bytes, file).placed((value) => {
    if (typeof membersOf(value)?.['roleVersion'] !== 'number')
      throw refused(file, 'roleVersion', 'these are no roles of Ranger Admin: they have no version')
    return readServiceRoles(value, { service, file })
  })
}

/**
 * Refuses a file of policies that has changes in it: there is nothing that they could be changes to.
 *
 * Errors: `ERR_POLICY_RANGER`.
 */
export function refuseChanges(value: unknown, file: string): void {
  const changes = membersOf(value)?.['policyDeltas']
  if (changes !== undefined && changes !== null)
    throw refused(file, 'policyDeltas', 'a file of policies has all of them, and no changes')
}

/** What a download of changes leaves out is as it was. */
const withoutNulls = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined))

const isListOrAbsent = (value: unknown): boolean =>
  value === undefined || value === null || Array.isArray(value)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const membersOf = (value: unknown): Members | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null

function refused(file: string, key: string, message: string, code = 'ranger_download'): ConfigError {
  const hint = 'look at what Ranger Admin sends'
  const problem: Problem = { file, line: null, column: null, key, severity: 'error', code, message, hint }
  return new ConfigError('ERR_POLICY_RANGER', message, { problems: [problem] })
}
