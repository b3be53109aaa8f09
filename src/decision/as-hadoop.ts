import { servicesByKey, servicesByProtocol } from '../hadoop/services.ts'
import type { Policy } from '../policy/policy.ts'
import { decide } from './authorize.ts'
import type { AuthorizationRequest } from './request.ts'

/** What is asked about, as far as Hadoop tells it apart: a policy key, a class by its name, a request to a daemon. */
export type HadoopTopic =
  | { readonly by: 'key' }
  | { readonly by: 'protocol'; readonly protocol: string }
  | { readonly by: 'request'; readonly kind: string; readonly path: string }

/**
 * What Hadoop itself would do: over RPC once a connection, over HTTP by no list of the policy.
 *
 * Shape: over RPC `not asked` where no protocol of Hadoop's hangs on the key, so that nobody can call it there; over HTTP
 * `depends` where a list decides that is not in these files.
 */
export interface HadoopAnswer {
  readonly rpc: { readonly effect: 'allow' | 'deny' | 'not asked'; readonly message: string }
  readonly http: { readonly effect: 'allow' | 'deny' | 'depends'; readonly message: string }
}

/** Classes that daemons have and no provider lists: a connection that names one is refused in other words. */
const UNLISTED: ReadonlySet<string> = new Set([
  'org.apache.hadoop.ipc.ProtocolMetaInfoPB',
  'org.apache.hadoop.hdfs.server.protocol.JournalProtocol',
  'org.apache.hadoop.yarn.api.ClientSCMProtocolPB',
  'org.apache.hadoop.yarn.server.api.SCMUploaderProtocolPB',
  'org.apache.hadoop.yarn.server.api.SCMAdminProtocolPB',
])

const CANNOT_LOAD = 'Hadoop could not load these files: the daemon would not start'
const OFF = 'hadoop.security.authorization is not true: Hadoop asks no list'
const ADMIN_PAGE = /^\/(?:logs|logLevel)(?:\/|$)/
const INSTRUMENTATION = /^\/(?:jmx|conf|stacks|prom|prof|prof-output-hadoop)(?:\/|$)/
const FILES = /^\/webhdfs\/v1(?:\/|$)/

/**
 * Asks a policy as Hadoop itself would. Errors: none.
 *
 * Source: org.apache.hadoop.ipc.Server#authorizeConnection, ServiceAuthorizationManager#authorize,
 * org.apache.hadoop.http.HttpServer2#hasAdministratorAccess, org.apache.hadoop.crypto.key.kms.server.KMSACLs.
 */
export function askHadoop(policy: Policy, request: AuthorizationRequest, topic: HadoopTopic): HadoopAnswer {
  const parity = policy.asHadoop()
  return { rpc: overRpc(parity, request, topic), http: overHttp(parity, request, topic) }
}

function overRpc(
  parity: Policy | null,
  request: AuthorizationRequest,
  topic: HadoopTopic,
): HadoopAnswer['rpc'] {
  const unknown = topic.by === 'protocol' && servicesByProtocol(topic.protocol).length === 0
  const isOverRpc = servicesByKey(request.service ?? '').some(({ provider }) => provider !== 'Keddah')
  if (!unknown && !isOverRpc) return { effect: 'not asked', message: 'Hadoop has no RPC service for this' }
  if (parity === null) return { effect: 'deny', message: CANNOT_LOAD }
  if (unknown && parity.authorizationOn) {
    const { protocol } = topic
    const isThere = UNLISTED.has(protocol)
    return {
      effect: 'deny',
      message: isThere ? `Protocol interface ${protocol} is not known.` : `Unknown protocol: ${protocol}`,
    }
  }
  if (unknown) return { effect: 'allow', message: OFF }
  const { effect, reason, message } = decide(parity, request)
  return { effect, message: reason === 'authorization_off' ? OFF : message }
}

function overHttp(
  parity: Policy | null,
  request: AuthorizationRequest,
  topic: HadoopTopic,
): HadoopAnswer['http'] {
  const nobody = 'Hadoop asks no access control list about HTTP requests'
  if (topic.by !== 'request') return { effect: 'allow', message: nobody }
  const { kind, path } = topic
  if (ADMIN_PAGE.test(path) && parity?.authorizationOn !== false) {
    const message = 'the administrators of the daemon pass, as its own settings list them, and nobody else'
    return { effect: 'depends', message }
  }
  if (INSTRUMENTATION.test(path)) {
    const message = 'everybody passes, unless hadoop.security.instrumentation.requires.admin is true'
    return { effect: 'allow', message }
  }
  if (kind === 'kms' && path.startsWith('/kms/')) {
    const message = 'the lists of kms-acls.xml decide (hadoop.kms.acl.*), which are not read here'
    return { effect: 'depends', message }
  }
  if (kind === 'httpfs' && FILES.test(path)) return overHttpFs(parity, request)
  return { effect: 'allow', message: nobody }
}

/** HttpFS calls the NameNode over RPC for the user, from its own address, which nobody has named here. */
function overHttpFs(parity: Policy | null, request: AuthorizationRequest): HadoopAnswer['http'] {
  if (parity === null) return { effect: 'deny', message: CANNOT_LOAD }
  const { subject } = request
  const user = subject === null ? null : { ...subject, realUser: null }
  const { effect, reason, message } = decide(parity, {
    ...request,
    subject: user,
    origin: { address: null, names: [] },
  })
  if (reason === 'authorization_off') return { effect, message: OFF }
  return { effect, message: `HttpFS asks the NameNode over RPC, from its own address: ${message}` }
}
