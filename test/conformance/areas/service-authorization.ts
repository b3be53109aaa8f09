import { createSnapshot } from '../../../src/decision/snapshot.ts'
import { authorize } from '../../../src/decision/authorize.ts'
import type { Decision } from '../../../src/decision/request.ts'
import {
  type HadoopAuditLine,
  hadoopAuditLine,
  type HadoopAuditOutcome,
} from '../../../src/hadoop/audit-line.ts'
import { expectedPrincipal } from '../../../src/hadoop/client-principal.ts'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { servicesByKey } from '../../../src/hadoop/services.ts'
import type { Origin, Subject } from '../../../src/hadoop/subject.ts'
import { compilePolicy } from '../../../src/policy/compile.ts'
import { parityOf } from '../../../src/policy/divergences.ts'
import type { Policy, ServicePolicy } from '../../../src/policy/policy.ts'
import {
  type Area,
  compare,
  expectLoadError,
  type JsonObject,
  listOf,
  objectOf,
  optionalText,
  resolverOf,
  subjectOf,
  textOf,
} from './area.ts'
import { addressOf, propertiesResource } from './given.ts'

const EXCEPTION = 'org.apache.hadoop.security.authorize.AuthorizationException'

/** One load of a policy, then one authorization of a connection. */
export const serviceAuthorization: Area = ({ given, expect }) => {
  const services = new Map(
    listOf(given['services']).map((entry) => {
      const { key, protocol } = objectOf(entry)
      return [textOf(protocol), textOf(key)]
    }),
  )
  const load = (): Policy => loadPolicy(given, [...services.values()])
  if ('refreshError' in expect) return expectLoadError(expect['refreshError'] ?? null, load)
  const policy = load()
  const subject = subjectOf(given['user'] ?? null)
  const origin = originOf(given)
  const protocol = optionalText(given['protocol'])
  const key = protocol === null ? undefined : services.get(protocol)
  if (protocol === null || key === undefined)
    return compare(expect, refusedUnasked(protocol, Object.hasOwn(given, 'protocol')))
  checkClientPrincipal(given, key)
  const decision = authorize(createSnapshot(policy, { cacheMax: 1 }), { service: key, subject, origin })
  const allowed = decision.effect === 'allow'
  if ('hadoopRaises' in expect) return compare({ allowed: false }, { allowed })
  const audit = auditOf(decision, subject, origin, policy.services.get(key))
  return compare(expect, {
    allowed,
    audit,
    ...(allowed ? {} : { error: EXCEPTION, message: decision.message }),
  })
}

/** A policy file, if there is one, under the properties that a program sets. */
function loadPolicy(given: JsonObject, keys: readonly string[]): Policy {
  const xml = optionalText(given['policyXml'])
  const properties: Record<string, string> = {}
  for (const [name, value] of Object.entries(objectOf(given['properties'] ?? {})))
    if (value !== null) properties[name] = textOf(value)
  if (given['securityEnabled'] === true) properties['hadoop.security.authentication'] = 'kerberos'
  for (const key of impersonationKeys(given)) properties[key] = '*'
  const resources = [
    propertiesResource(properties),
    ...(xml === null ? [] : [parseConfigurationXml(xml, 'hadoop-policy.xml', { anyRoot: true })]),
  ]
  return compilePolicy({
    configuration: Configuration.of(resources, undefined, { rename: false }),
    resolve: resolverOf(given),
    parity: parityOf('all'),
    strict: false,
    authorization: 'enforce',
    customKeys: keys,
  })
}

/** The cases ask what comes after impersonation, so that has to pass; `hadoop-proxy-users` asks about it. */
function impersonationKeys(given: JsonObject): string[] {
  const { realUser = null } = objectOf(given['user'] ?? {})
  if (realUser === null) return []
  const base = `hadoop.proxyuser.${subjectOf(realUser).user}`
  return [`${base}.users`, `${base}.hosts`]
}

function originOf(given: JsonObject): Origin {
  const address = addressOf(given['address'])
  const names = objectOf(given['reverseDns'] ?? {})
  const name = address === null ? null : optionalText(names[optionalText(given['address']) ?? address])
  return { address, names: name === null ? [] : [name.toLowerCase()] }
}

/** A connection without a protocol, or with one that is not in the daemon's table: refused, and nothing is logged. */
function refusedUnasked(protocol: string | null, isNamed: boolean): JsonObject {
  if (!isNamed && protocol === null) throw new TypeError('the case names no protocol')
  const message =
    protocol === null ? 'Null protocol not authorized' : `Protocol interface ${protocol} is not known.`
  return { allowed: false, error: EXCEPTION, message, audit: [] }
}

/** The property is known from the table of services; a case that names another one asks something else. */
function checkClientPrincipal(given: JsonObject, key: string): void {
  const named = optionalText(given['clientPrincipalKey'])
  const known = servicesByKey(key).map(({ clientPrincipalProperty }) => clientPrincipalProperty)
  if (named !== null && !known.includes(named))
    throw new TypeError(`\`${key}\` is not guarded by \`${named}\``)
}

function auditOf(
  decision: Decision,
  subject: Subject,
  origin: Origin,
  service: ServicePolicy | undefined,
): HadoopAuditLine[] {
  const outcome = outcomeOf(decision, origin, service)
  return outcome === null ? [] : [hadoopAuditLine(subject, `interface ${service?.protocol ?? ''}`, outcome)]
}

function outcomeOf(
  { effect, reason }: Decision,
  origin: Origin,
  service: ServicePolicy | undefined,
): HadoopAuditOutcome | null {
  if (effect === 'allow') return { kind: 'allowed' }
  if (reason === 'hosts' || reason === 'hosts_blocked') return { kind: 'host', address: origin.address ?? '' }
  const pattern = service?.clientPrincipal?.pattern
  const clientPrincipal = pattern === undefined ? null : expectedPrincipal(pattern, origin)
  // A principal that cannot be known is refused before anything is logged.
  return pattern !== undefined && clientPrincipal === null ? null : { kind: 'user', clientPrincipal }
}
