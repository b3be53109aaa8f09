import { CONDITIONS, type ConditionCompiler } from './conditions.ts'
import { envelopeOf, JsonReading, type Members, refusal } from './json-reading.ts'
import type { AuditMode, RangerPolicy, ServiceDef, ServicePolicies } from './model.ts'
import { type PolicyRules, readPolicy } from './read-policy.ts'
import { readServiceDef } from './read-service-def.ts'
import { BUILT_IN_SERVICE_DEFS } from './service-defs.ts'

const AUDIT_MODES: readonly string[] = ['audit-default', 'audit-all', 'audit-none'] satisfies AuditMode[]

/**
 * What is expected of a set of policies.
 *
 * Shape: `service` is the name that it has to carry, null: any. `serviceDef` counts where the set brings none of its own,
 * null: it has to. `file` is named in problems. `conditions`: the evaluators, by default all there are.
 */
export interface ExpectedPolicies {
  readonly service: string | null
  readonly serviceDef: ServiceDef | null
  readonly file: string
  readonly conditions?: ReadonlyMap<string, ConditionCompiler>
}

/**
 * Reads a full set of policies, as Ranger Admin sends it.
 *
 * Shape: every field that is absent has the default of Ranger; fields that no decision reads are ignored.
 * Errors: ERR_POLICY_RANGER with all problems (the first hundred) and their paths: where a policy cannot be taken as it
 * stands, none of the set is taken.
 * Source: org.apache.ranger.plugin.util.ServicePolicies.
 */
export function readServicePolicies(value: unknown, expected: ExpectedPolicies): ServicePolicies {
  const reading = new JsonReading(expected.file)
  const envelope = envelopeOf(reading, value)
  if (reading.count > 0) throw refusal(reading)
  const serviceName = readServiceName(reading, envelope, expected)
  refuseZones(reading, envelope)
  const serviceDef = definitionOf(reading, envelope, expected)
  if (expected.service !== null) refuseStub(reading, envelope)
  const policies =
    serviceDef === null
      ? []
      : readPolicies(reading, envelope['policies'], {
          serviceDef,
          conditions: expected.conditions ?? CONDITIONS,
        })
  const auditMode = reading.text(envelope['auditMode'], 'auditMode', 'audit-default')
  if (!isAuditMode(auditMode)) {
    reading.wrong(
      'auditMode',
      'ranger_audit_mode',
      `\`${auditMode}\` is no audit mode`,
      AUDIT_MODES.join(', '),
    )
  }
  const version = reading.integer(envelope['policyVersion'], 'policyVersion', -1)
  const serviceConfig = reading.textMap(envelope['serviceConfig'], 'serviceConfig')
  if (serviceDef === null || !isAuditMode(auditMode) || reading.count > 0) throw refusal(reading)
  return { serviceName, version, policies, serviceDef, auditMode, serviceConfig }
}

/**
 * Reads a service definition of its own file.
 *
 * Errors: ERR_POLICY_RANGER with all problems.
 */
export function readServiceDefFile(value: unknown, file: string): ServiceDef {
  const reading = new JsonReading(file)
  const definition = readServiceDef(reading, value ?? 'nothing', 'serviceDef')
  if (definition === null) throw refusal(reading)
  return definition
}

/** The name of the service, which has to be the expected one where the set carries one. */
export function readServiceName(reading: JsonReading, envelope: Members, expected: ExpectedName): string {
  const name = reading.text(envelope['serviceName'], 'serviceName', '')
  if (expected.service !== null && name !== '' && name !== expected.service) {
    const message = `the set is for the service \`${name}\`, not for \`${expected.service}\``
    reading.wrong('serviceName', 'ranger_service_name', message)
  }
  return name === '' ? (expected.service ?? '') : name
}

type ExpectedName = Pick<ExpectedPolicies, 'service'>

function definitionOf(
  reading: JsonReading,
  envelope: Members,
  expected: ExpectedPolicies,
): ServiceDef | null {
  const own = envelope['serviceDef']
  if (own !== undefined && own !== null) {
    const definition = readServiceDef(reading, own, 'serviceDef')
    if (definition !== null) refuseOtherModel(reading, definition, expected.serviceDef)
    return definition
  }
  if (expected.serviceDef !== null) return expected.serviceDef
  const hint = 'let the download carry it, or name a file with it'
  reading.wrong('serviceDef', 'ranger_service_def', 'there is no service definition for this service', hint)
  return null
}

/** What names no service or has no list of policies is no set of them, though it could be taken for an empty one. */
function refuseStub(reading: JsonReading, envelope: Members): void {
  if ((envelope['serviceName'] ?? '') === '')
    reading.wrong('serviceName', 'ranger_service_name', 'the set names no service')
  if ((envelope['policies'] ?? null) === null)
    reading.wrong('policies', 'ranger_type', 'a list was expected', 'an empty set is written `[]`')
}

/** What the product asks about has to be there, or nothing would match: neither what is allowed nor what is denied. */
function refuseOtherModel(reading: JsonReading, own: ServiceDef, expected: ServiceDef | null): void {
  if (expected === null || BUILT_IN_SERVICE_DEFS.get(expected.name) !== expected) return
  const lacks = (known: readonly { readonly name: string }[], wanted: readonly { readonly name: string }[]) =>
    wanted.filter(({ name }) => !known.some((one) => one.name === name)).map(({ name }) => `\`${name}\``)
  const missing = [
    ...lacks(own.resources, expected.resources),
    ...lacks(own.accessTypes, expected.accessTypes),
  ]
  if (missing.length === 0) return
  const message = `the definition \`${own.name}\` lacks what ${expected.name} is asked about: ${missing.join(', ')}`
  reading.wrong('serviceDef', 'ranger_service_def', message, 'is this the set of another kind of service?')
}

function refuseZones(reading: JsonReading, envelope: Members): void {
  const zones = Object.keys(reading.object(envelope['securityZones'], 'securityZones') ?? {})
  if (zones.length === 0) return
  const message = `security zones are not supported: ${zones.slice(0, 5).join(', ')}`
  reading.wrong('securityZones', 'ranger_zones', message, 'without them too much could be allowed')
}

function readPolicies(reading: JsonReading, value: unknown, rules: PolicyRules): RangerPolicy[] {
  const policies = new Map<number, RangerPolicy>()
  for (const [members, key] of reading.objects(value, 'policies')) {
    const policy = readPolicy(reading, rules, members, key)
    if (policy === null) continue
    if (policies.has(policy.id)) {
      const message = `policy ${policy.id} \`${policy.name}\`: another policy has this id`
      reading.wrong(`${key}.id`, 'ranger_policy_id', message)
    }
    policies.set(policy.id, policy)
  }
  return [...policies.values()]
}

const isAuditMode = (text: string): text is AuditMode => AUDIT_MODES.includes(text)
