/**
 * The library: what decides, without listeners, files or a clock. `test/public-surface.test.ts` says why each name is
 * here.
 *
 * Example:
 *
 *     const resource = parseConfigurationXml(text, 'hadoop-policy.xml')
 *     const policy = compilePolicy({
 *       configuration: Configuration.of([resource]),
 *       resolve: () => null,
 *       parity: parityOf('none'),
 *       strict: false,
 *       authorization: 'enforce',
 *     })
 *     const snapshot = createSnapshot(policy, { cacheMax: 50_000 })
 *     const subject = { user: 'alice', principal: 'alice', method: 'SIMPLE', groups: [], realUser: null }
 *     const origin = { address: '10.0.0.7', names: [] }
 *     authorize(snapshot, { service: 'security.client.protocol.acl', subject, origin }).effect // 'allow' or 'deny'
 */

export { authorize, needsGroups } from './decision/authorize.ts'
export type { HadoopAnswer, HadoopTopic } from './decision/as-hadoop.ts'
export { type Answered, explain, type Explanation } from './decision/explain.ts'
export { type AuthorizationRequest, type Decision, EXEMPT, type Reason } from './decision/request.ts'
export { createSnapshot, type Snapshot } from './decision/snapshot.ts'
export {
  AuthenticationError,
  ConfigError,
  ERROR_CODES,
  type ErrorCode,
  KeddahError,
  type Problem,
  ProtocolError,
  UnavailableError,
} from './errors.ts'
export type { ProtocolReason } from './errors/reasons.ts'
export { AccessControlList } from './hadoop/access-control-list.ts'
export { canonicalAddress } from './hadoop/addresses.ts'
export { Configuration, type ConfigurationResource, parseConfigurationXml } from './hadoop/configuration.ts'
export { AuthToLocal } from './hadoop/kerberos-name.ts'
export { type HostResolver, MachineList, type MachineListOptions } from './hadoop/machine-list.ts'
export { ProxyUsers } from './hadoop/proxy-users.ts'
export { SERVICE_DEFINITIONS, type ServiceDefinition } from './hadoop/services.ts'
export { parseStaticGroups } from './hadoop/static-group-mapping.ts'
export type { AuthMethod, Origin, Subject } from './hadoop/subject.ts'
export { compilePolicy, hostNamesOf, type PolicySource } from './policy/compile.ts'
export { type Divergence, type Parity, parityOf } from './policy/divergences.ts'
export { type LintFinding, lintPolicy, type LintSource } from './policy/lint.ts'
export type { ListRule, Policy, RuleText, ServicePolicy } from './policy/policy.ts'
export { SERVICE_KINDS, type ServiceKind } from './routes/kinds.ts'
export {
  createRouteTable,
  type CustomRoute,
  type Route,
  type RouteMatch,
  type RouteTable,
} from './routes/table.ts'
export {
  type CanonicalTarget,
  canonicalTarget,
  type IdentityParameters,
  takeIdentityParameters,
  targetText,
} from './routes/target.ts'
