import { Applications } from './applications.ts'
import { filter, type ProxyUsers, STATIC_USER } from './caller.ts'
import { createCookieSigner } from './cookie.ts'
import { type Answer, type Call, errorPage, escapeMarkup } from './exchange.ts'
import { withJettyHeaders } from './jetty.ts'
import { activePage, commonPage, type DaemonFacts, page, table } from './pages.ts'
import { RemoteException, yarnException } from './remote-exception.ts'
import { reply, YARN_ROUTES } from './yarn-routes.ts'

const REST = '/ws/v1/cluster'
const FACTS: DaemonFacts = {
  beans: () => [
    {
      name: 'Hadoop:service=ResourceManager,name=ClusterMetrics',
      modelerType: 'ClusterMetrics',
      NumActiveNMs: 1,
      NumLostNMs: 0,
    },
  ],
  settings: {
    'hadoop.security.authentication': 'simple',
    'hadoop.http.staticuser.user': STATIC_USER,
    'yarn.acl.enable': 'false',
  },
}

/**
 * The ResourceManager: REST and a few pages. Its own cookie beats `user.name`, and nobody in particular may do
 * everything, as in simple mode.
 *
 * Source: org.apache.hadoop.yarn.server.resourcemanager.webapp.RMWebServices,
 * org.apache.hadoop.yarn.server.security.http.RMAuthenticationFilter.
 */
export function createResourceManager(options: {
  readonly proxyUsers: ProxyUsers
}): (call: Call) => Promise<Answer> {
  const applications = new Applications()
  const cookies = createCookieSigner('simple-dt')
  return async (call) => {
    if (call.method === 'TRACE') return withJettyHeaders(errorPage(405, call.rawPath), {})
    const who = filter(call, cookies, options.proxyUsers, null)
    if ('status' in who) return withJettyHeaders(who, {})
    const user = who.user ?? STATIC_USER
    const answer = isRest(call.path)
      ? await answerRest(call, user, applications)
      : answerPage(call, user, applications)
    return withJettyHeaders(answer, {
      Vary: 'Accept-Encoding',
      ...(who.setCookie === null ? {} : { 'Set-Cookie': who.setCookie }),
    })
  }
}

const isRest = (path: string): boolean => path === REST || path.startsWith(`${REST}/`)

async function answerRest(call: Call, user: string, applications: Applications): Promise<Answer> {
  const path = call.path.slice(REST.length).replace(/\/$/, '')
  const id = /^\/apps\/([^/]+)/.exec(path)?.[1] ?? ''
  const known = YARN_ROUTES.get(path)
  const methods = known ?? YARN_ROUTES.get(path.replace(/^\/apps\/[^/]+/, '/apps/{id}'))
  if (methods === undefined) return lost(call)
  const handler = methods.get(call.method === 'HEAD' ? 'GET' : call.method)
  if (handler === undefined) {
    const allow = [...methods.keys(), ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(',')
    return errorPage(call.method === 'OPTIONS' ? 200 : 405, call.rawPath, undefined, { Allow: allow })
  }
  try {
    return await handler({ call, user, id: known === undefined ? id : '', applications })
  } catch (error) {
    if (!(error instanceof RemoteException)) throw error
    return reply(call, yarnException(error), { status: error.status })
  }
}

/** What is not known under the root of REST is a page with a stack trace. */
function lost({ rawPath }: Call): Answer {
  const trace = 'javax.ws.rs.WebApplicationException: HTTP 404 Not Found\n\tat com.sun.jersey.server.impl'
  return errorPage(404, rawPath, trace)
}

function answerPage(call: Call, user: string, applications: Applications): Answer {
  const { path, rawPath } = call
  if (call.method !== 'GET' && call.method !== 'HEAD')
    return errorPage(405, rawPath, undefined, { Allow: 'GET, HEAD, OPTIONS' })
  if (path === '/') return found('/cluster')
  if (path === '/isActive') return activePage()
  if (path === '/logs/' || path === '/logLevel') return page('Logs', '')
  if (path === '/cluster/nodes')
    return page('Nodes of the cluster', table(['Node', 'State'], [['127.0.0.1', 'RUNNING']]))
  if (path === '/cluster' || path === '/cluster/apps' || path === '/cluster/cluster') {
    const rows = applications.list().map(({ id, user: owner, name, state }) => [id, owner, name, state])
    return page(
      'All Applications',
      `<p>Logged in as: ${escapeMarkup(user)}</p>\n${table(['ID', 'User', 'Name', 'State'], rows)}`,
    )
  }
  return commonPage(call, FACTS) ?? errorPage(404, rawPath)
}

const found = (location: string): Answer => ({
  status: 302,
  headers: { Location: location },
  body: '',
  chunked: false,
})
