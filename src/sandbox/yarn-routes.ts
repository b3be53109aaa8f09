import type { Application, Applications } from './applications.ts'
import { type Answer, type Call, written } from './exchange.ts'
import type { Parameters } from './parameters.ts'
import { RemoteException } from './remote-exception.ts'
import { badRequest, parseFields, parseSubmission } from './submission.ts'
import {
  applicationInfo,
  clusterInfo,
  clusterMetrics,
  newApplication,
  nodes,
  scheduler,
  toXml,
} from './yarn-json.ts'

/** Shape: `user` is who acts; `id` is the application of the path, empty where it has none. */
interface YarnRequest {
  readonly call: Call
  readonly user: string
  readonly id: string
  readonly applications: Applications
}

type Handler = (request: YarnRequest) => Answer | Promise<Answer>

const MAX_BODY = 64 * 1_024
const JSON_TYPE = 'application/json;charset=utf-8'
const STATES = [
  'NEW',
  'NEW_SAVING',
  'SUBMITTED',
  'ACCEPTED',
  'RUNNING',
  'FINISHED',
  'FAILED',
  'KILLED',
] as const

/** Handlers by path below `/ws/v1/cluster`, then by method. `{id}` stands for an application. */
export const YARN_ROUTES: ReadonlyMap<string, ReadonlyMap<string, Handler>> = new Map([
  ['', only('GET', ({ call, applications }) => reply(call, clusterInfo(applications)))],
  ['/info', only('GET', ({ call, applications }) => reply(call, clusterInfo(applications)))],
  ['/metrics', only('GET', ({ call, applications }) => reply(call, clusterMetrics(applications)))],
  ['/nodes', only('GET', ({ call }) => reply(call, nodes()))],
  ['/scheduler', only('GET', ({ call, applications }) => reply(call, scheduler(applications)))],
  ['/userinfo', only('GET', userInfo)],
  [
    '/apps',
    new Map<string, Handler>([
      ['GET', listApplications],
      ['POST', submit],
    ]),
  ],
  [
    '/apps/new-application',
    only('POST', ({ call, applications }) =>
      reply(call, newApplication(applications.newId()), { root: 'NewApplication' }),
    ),
  ],
  ['/apps/{id}', only('GET', showApplication)],
  [
    '/apps/{id}/state',
    new Map<string, Handler>([
      [
        'GET',
        (request) => reply(request.call, { state: applicationOf(request).state }, { root: 'appstate' }),
      ],
      ['PUT', kill],
    ]),
  ],
  ['/delegation-token', only('POST', refuseToken)],
])

function only(method: string, handler: Handler): ReadonlyMap<string, Handler> {
  return new Map([[method, handler]])
}

interface ReplyOptions {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly root?: string
}

/** JSON, or XML where it is asked for. Shape: `root` is the element that XML has and JSON has not. */
export function reply({ headers }: Call, value: object, options: ReplyOptions = {}): Answer {
  const { status = 200, root } = options
  if (!(headers.accept ?? '').includes('application/xml'))
    return written(status, JSON_TYPE, JSON.stringify(value), options.headers)
  const xml = toXml(root === undefined ? value : { [root]: value })
  return written(status, 'application/xml;charset=utf-8', xml, options.headers)
}

function userInfo({ call, user }: YarnRequest): Answer {
  return reply(call, { clusterUserInfo: { rmLoginUser: 'yarn', requestedUser: user } })
}

function applicationOf({ id, applications }: YarnRequest): Application {
  const found = applications.find(id)
  if (found !== null) return found
  throw new RemoteException(
    404,
    'org.apache.hadoop.yarn.webapp.NotFoundException',
    `java.lang.Exception: app with id: ${id} not found`,
  )
}

function showApplication(request: YarnRequest): Answer {
  return reply(request.call, { app: applicationInfo(applicationOf(request), request.applications) })
}

function listApplications({ call, applications }: YarnRequest): Answer {
  const { query } = call
  const states = [...wanted(query, 'states'), ...wanted(query, 'state')].map((state) => state.toUpperCase())
  const strange = states.find((state) => !STATES.some((known) => known === state))
  if (strange !== undefined)
    throw badRequest(
      `Invalid application-state ${strange} specified. It should be one of ${STATES.join(',')}`,
    )
  const users = wanted(query, 'user')
  const queues = wanted(query, 'queue')
  const types = wanted(query, 'applicationTypes')
  const limit = Number(query.first('limit') ?? Number.POSITIVE_INFINITY)
  if (!(limit > 0)) throw badRequest('limit value must be greater then 0')
  const found = applications
    .list()
    .filter(({ state }) => states.length === 0 || states.includes(state))
    .filter(({ user }) => users.length === 0 || users.includes(user))
    .filter(({ queue }) => queues.length === 0 || queues.includes(queue))
    .filter(({ type }) => types.length === 0 || types.includes(type))
    .slice(0, limit)
    .map((application) => applicationInfo(application, applications))
  return reply(call, { apps: found.length === 0 ? {} : { app: found } })
}

function wanted(query: Parameters, name: string): string[] {
  return (query.first(name) ?? '').split(',').filter((part) => part !== '')
}

async function submit({ call, user, applications }: YarnRequest): Promise<Answer> {
  const submission = parseSubmission(await readJson(call), user)
  if (!applications.submit(submission))
    throw badRequest(`Queue root.default already has 1000 applications, cannot accept ${submission.id}`)
  return accepted(call, `/ws/v1/cluster/apps/${submission.id}`)
}

async function kill(request: YarnRequest): Promise<Answer> {
  const { call, user, id, applications } = request
  const target = parseFields(await readJson(call))['state']
  const application = applicationOf(request)
  if (target !== 'KILLED') throw badRequest("Only 'KILLED' is allowed as a target state.")
  if (applications.kill(application, user))
    return reply(call, { state: application.state }, { root: 'appstate' })
  const headers = { Location: urlOf(call, `/ws/v1/cluster/apps/${id}/state`) }
  return reply(call, { state: 'KILLING' }, { status: 202, headers, root: 'appstate' })
}

function refuseToken(): Answer {
  const text =
    'Delegation token operations can only be carried out on a Kerberos authenticated channel. ' +
    'Expected auth type is kerberos, got type simple'
  return written(403, 'text/plain;charset=utf-8', text)
}

const accepted = (call: Call, path: string): Answer => ({
  status: 202,
  headers: { Location: urlOf(call, path) },
  body: '',
  chunked: false,
})

/** The host is whatever the client said it is. */
const urlOf = ({ headers }: Call, path: string): string => `http://${headers.host ?? 'localhost'}${path}`

async function readJson(call: Call): Promise<string> {
  const type = (call.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw new RemoteException(
      415,
      'javax.ws.rs.WebApplicationException',
      `media type ${type ?? ''} is not supported`,
    )
  let length = 0
  const body = await call.read((bytes) => {
    length += bytes
    if (length > MAX_BODY) throw new RemoteException(413, 'java.io.IOException', 'Request body is too large')
  })
  return body.toString('utf8')
}
