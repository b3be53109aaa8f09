import { envelopeOf, JsonReading, refusal } from './json-reading.ts'
import type { RangerRole, ServiceRoles } from './model.ts'
import { readServiceName } from './read-policies.ts'

/**
 * Reads the roles of a service, as Ranger Admin sends them.
 *
 * Shape: a role that is there twice has the members of both.
 * Errors: ERR_POLICY_RANGER with all problems (the first hundred) and their paths.
 * Source: org.apache.ranger.plugin.util.RangerRoles.
 */
export function readServiceRoles(
  value: unknown,
  expected: { readonly service: string | null; readonly file: string },
): ServiceRoles {
  const reading = new JsonReading(expected.file)
  const envelope = envelopeOf(reading, value)
  const serviceName = readServiceName(reading, envelope, expected)
  const roles: RangerRole[] = []
  for (const [members, key] of reading.objects(envelope['rangerRoles'], 'rangerRoles')) {
    const name = reading.text(members['name'], `${key}.name`, '')
    if (name === '') reading.wrong(`${key}.name`, 'ranger_role', 'a role has no name')
    const namesOf = (kind: string): string[] => readMembers(reading, members[kind], `${key}.${kind}`)
    roles.push({ name, users: namesOf('users'), groups: namesOf('groups'), roles: namesOf('roles') })
  }
  const version = reading.integer(envelope['roleVersion'], 'roleVersion', -1)
  if (reading.count > 0) throw refusal(reading)
  return { serviceName, version, roles }
}

function readMembers(reading: JsonReading, value: unknown, key: string): string[] {
  const names: string[] = []
  for (const [member, path] of reading.objects(value, key)) {
    const name = reading.text(member['name'], `${path}.name`, '')
    if (name !== '') names.push(name)
  }
  return names
}
