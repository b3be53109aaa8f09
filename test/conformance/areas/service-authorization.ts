import { authorize, factsOf } from '../../../src/decision/authorize.ts'
import { QUESTIONS } from '../../../src/decision/questions.ts'
import type { AuthorizationRequest, Decision } from '../../../src/decision/request.ts'
import { createSnapshot } from '../../../src/decision/snapshot.ts'
import { hadoopAddressText } from '../../../src/hadoop/addresses.ts'
import { expectedPrincipal } from '../../../src/hadoop/client-principal.ts'
import { Configuration } from '../../../src/hadoop/configuration.ts'
import { servicesByProtocol } from '../../../src/hadoop/services.ts'
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
  raises,
  resolverOf,
  subjectOf,
  textOf,
} from './area.ts'
import { type HadoopAuditLine, hadoopAuditLine, type HadoopAuditOutcome } from './audit-line.ts'
import { addressOf, propertiesResource, xmlResource } from './given.ts'

const EXCEPTION = 'org.apache.hadoop.security.authorize.AuthorizationException'
const METHOD = 'hadoop.security.authentication'
const NO_PLACE = { file: null, line: null }

/** A row of the case's own policy provider. */
interface Service {
  readonly key: string
  readonly protocol: string
}

/** What a decision says, as far as cases ask. */
type Answer = Pick<Decision, 'effect' | 'reason' | 'message'>

/** One load of a policy, then one authorization of a connection. */
export const serviceAuthorization: Area = (test) => {
  const { given, expect } = test
  const services = listOf(given['services'] ?? []).map((entry): Service => {
    const { key, protocol } = objectOf(entry)
    return { key: textOf(key), protocol: textOf(protocol) }
  })
  const configuration = (): Configuration => configurationOf(given)
  const load = (): Policy => loadPolicy(given, configuration(), services)
  if ('refreshError' in expect) return expectLoadError(expect['refreshError'] ?? null, load)
  const loaded = load()
  const { user = null } = given
  const subject = user === null ? null : subjectOf(user)
  const origin = originOf(given)
  const protocol = optionalText(given['protocol'])
  // Of two services of one protocol the later counts.
  const row = services.findLast((service) => service.protocol === protocol)
  const compiled = row === undefined ? undefined : loaded.services.get(row.key)
  if (row === undefined || compiled === undefined) return compare(expect, refusedUnasked(protocol))
  const service = underProvider(compiled, row, given, configuration())
  const policy = { ...loaded, services: new Map([[row.key, service]]) }
  const answer = answerOf(policy, { service: row.key, subject, origin })
  const allowed = answer.effect === 'allow'
  if (raises(test)) return compare({ allowed: false }, { allowed })
  return compare(expect, {
    allowed,
    audit: subject === null ? [] : auditOf(answer, subject, origin, service),
    ...(allowed ? {} : { error: EXCEPTION, message: answer.message }),
  })
}

/** A policy file, if there is one, under the properties that a program sets. */
function configurationOf(given: JsonObject): Configuration {
  const xml = optionalText(given['policyXml'])
  // Whether security is on is a fact of the process, and impersonation is asked about elsewhere.
  const properties = Object.entries(objectOf(given['properties'] ?? {})).filter(
    ([name]) => !name.includes('hadoop.proxyuser.'),
  )
  const method = given['securityEnabled'] === true ? 'kerberos' : 'simple'
  const resources = [
    propertiesResource(Object.fromEntries([...properties, [METHOD, method]])),
    ...(xml === null ? [] : [xmlResource(xml, 'hadoop-policy.xml')]),
  ]
  return Configuration.of(resources, undefined, { rename: false })
}

function loadPolicy(given: JsonObject, configuration: Configuration, services: readonly Service[]): Policy {
  return compilePolicy({
    configuration,
    resolve: resolverOf(given),
    parity: parityOf('all'),
    strict: false,
    authorization: 'enforce',
    keys: services.map(({ key }) => key),
  })
}

/** The case's own provider hangs the protocol on a key, and the protocol has its client principal with it. */
function underProvider(
  service: ServicePolicy,
  { protocol }: Service,
  given: JsonObject,
  configuration: Configuration,
): ServicePolicy {
  const known = servicesByProtocol(protocol).find((row) => row.clientPrincipalProperty !== null)
  const property = optionalText(given['clientPrincipalKey']) ?? known?.clientPrincipalProperty ?? null
  const isAsked = given['securityEnabled'] === true && property !== null
  const pattern = isAsked ? configuration.get(property) : undefined
  if (property === null || pattern === undefined) return { ...service, protocol, clientPrincipal: null }
  const clientPrincipal = { pattern, rule: `${property} = ${pattern}`, key: property, ...NO_PLACE }
  return { ...service, protocol, clientPrincipal }
}

/** The cases ask what comes after impersonation; `hadoop-proxy-users` asks about that. */
function answerOf(policy: Policy, request: AuthorizationRequest): Answer {
  if (request.subject === null || request.subject.realUser === null)
    return authorize(createSnapshot(policy, { cacheMax: 1 }), request)
  const facts = factsOf(policy, request)
  for (const question of QUESTIONS) {
    const refusal = question.name === 'impersonation' ? null : question.refuse(facts)
    if (refusal !== null) return { effect: 'deny', ...refusal }
  }
  return { effect: 'allow', reason: 'allowed', message: 'allowed' }
}

function originOf(given: JsonObject): Origin {
  const address = addressOf(given['address'])
  if (address === null) return { address, names: [] }
  const names = objectOf(given['reverseDns'] ?? {})
  const spellings = [textOf(given['address']), address, hadoopAddressText(address)]
  const known = spellings.find((spelling) => Object.hasOwn(names, spelling))
  const name = known === undefined ? null : optionalText(names[known])
  return { address, names: name === null ? [] : [name.toLowerCase()] }
}

/** A connection without a protocol, or with one that is not in the daemon's table: refused, and nothing is logged. */
function refusedUnasked(protocol: string | null): JsonObject {
  const message =
    protocol === null ? 'Null protocol not authorized' : `Protocol interface ${protocol} is not known.`
  return { allowed: false, error: EXCEPTION, message, audit: [] }
}

function auditOf(
  answer: Answer,
  subject: Subject,
  origin: Origin,
  service: ServicePolicy,
): HadoopAuditLine[] {
  const outcome = outcomeOf(answer, origin, service)
  return outcome === null ? [] : [hadoopAuditLine(subject, `interface ${service.protocol}`, outcome)]
}

function outcomeOf(
  { effect, reason }: Answer,
  origin: Origin,
  { clientPrincipal: asked }: ServicePolicy,
): HadoopAuditOutcome | null {
  if (effect === 'allow') return { kind: 'allowed' }
  if (reason === 'hosts' || reason === 'hosts_blocked') return { kind: 'host', address: origin.address ?? '' }
  const clientPrincipal = asked === null ? null : expectedPrincipal(asked.pattern, origin)
  // A principal that cannot be known is refused before anything is logged.
  return asked !== null && clientPrincipal === null ? null : { kind: 'user', clientPrincipal }
}
