import type { AdminDependencies, RefreshFailure } from './dependencies.ts'
import { parseJson } from './json-body.ts'
import { type AdminRequest, problemsOf, refusal, type Reply } from './exchange.ts'
import { PERMISSIONS_PATH, showPermissions, switchComponent } from './permissions.ts'
import { reportPolicy } from './policy-report.ts'
import { Questioner } from './questions.ts'
import { reportResourcePolicies } from './resource-policies.ts'
import { refresh, type RefreshScope } from './refresh.ts'

type Handler = (request: AdminRequest, dependencies: AdminDependencies) => Reply | Promise<Reply>

/** One path of the admin listener. `open`: answered without authentication; `hasBody`: it is asked with a body. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly open: boolean
  readonly hasBody: boolean
  readonly handle: Handler
}

const refreshRoute = (scope: RefreshScope): AdminRoute => ({
  method: 'POST',
  open: false,
  hasBody: false,
  handle: (request, dependencies) => refresh(scope, request, dependencies),
})

/** Every path of the admin listener but those of the components. */
const ADMIN_ROUTES: ReadonlyMap<string, AdminRoute> = new Map<string, AdminRoute>([
  ['/metrics', { method: 'GET', open: true, hasBody: false, handle: showMetrics }],
  [
    '/healthz',
    { method: 'GET', open: true, hasBody: false, handle: () => ({ status: 200, body: { status: 'ok' } }) },
  ],
  ['/readyz', { method: 'GET', open: true, hasBody: false, handle: showReadiness }],
  ['/admin/v1/policy', { method: 'GET', open: false, hasBody: false, handle: showPolicy }],
  [PERMISSIONS_PATH, { method: 'GET', open: false, hasBody: false, handle: showPermissions }],
  ['/admin/v1/explain', { method: 'POST', open: false, hasBody: true, handle: explainQuestions }],
  ['/admin/v1/refresh/service-acl', refreshRoute('service-acl')],
  ['/admin/v1/refresh/user-mappings', refreshRoute('user-mappings')],
  ['/admin/v1/refresh/proxy-users', refreshRoute('proxy-users')],
  ['/admin/v1/refresh/ranger-policies', refreshRoute('ranger-policies')],
])

const SWITCH: AdminRoute = { method: 'PUT', open: false, hasBody: true, handle: switchComponent }

/** What answers at a path; undefined where nothing does. */
export const adminRouteAt = (path: string): AdminRoute | undefined =>
  ADMIN_ROUTES.get(path) ?? (path.startsWith(`${PERMISSIONS_PATH}/`) ? SWITCH : undefined)

async function showMetrics(_: AdminRequest, { metrics }: AdminDependencies): Promise<Reply> {
  return { status: 200, body: await metrics.text(), headers: { 'Content-Type': metrics.contentType } }
}

/** Open to everybody, so it says that files have problems, not which: `GET /admin/v1/policy` does. */
function showReadiness(_: AdminRequest, dependencies: AdminDependencies): Reply {
  const reasons = dependencies.notReady()
  const warnings = [...dependencies.warnings()]
  const failure = dependencies.lastFailure()
  if (failure !== null) warnings.push(failureText(failure, dependencies.loadedAt()))
  const findings = dependencies.snapshot().policy.findings.length
  if (findings > 0) warnings.push(`the files of the policy in force have ${findings} findings`)
  for (const trouble of [dependencies.audit.trouble(), dependencies.rangerAudit.trouble()]) {
    if (trouble === null) continue
    const when = new Date(trouble.since).toISOString()
    warnings.push(`audit lines cannot be written since ${when}: ${trouble.lost} are lost, the rest waits`)
  }
  const ready = reasons.length === 0
  return { status: ready ? 200 : 503, body: { ready, reasons, warnings } }
}

/** One of the three families may have been loaded after it: that mends no more than its own part. */
function failureText({ time, error }: RefreshFailure, loadedAt: number): string {
  const [failed, loaded] = [new Date(time).toISOString(), new Date(loadedAt).toISOString()]
  const what = `the refresh of ${failed} failed with ${error.code}`
  return loadedAt > time
    ? `${what}; a part of what it asked for was loaded at ${loaded}, the rest is from before it`
    : `${what}; the policy before it is in force`
}

function showPolicy(_: AdminRequest, dependencies: AdminDependencies): Reply {
  const { revision, ...report } = reportPolicy(dependencies.snapshot().policy)
  const failure = dependencies.lastFailure()
  const loadedAt = dependencies.loadedAt()
  return {
    status: 200,
    body: {
      revision,
      loadedAt: new Date(loadedAt).toISOString(),
      ageSeconds: Math.max(0, (Date.now() - loadedAt) / 1_000),
      ...report,
      resourcePolicies: reportResourcePolicies(dependencies.permissions(), dependencies.rangerLoadedAt()),
      workers: dependencies.workers(),
      lastFailure: failure && {
        time: new Date(failure.time).toISOString(),
        trigger: failure.trigger,
        code: failure.error.code,
        message: failure.error.message,
        problems: problemsOf(failure.error),
      },
    },
  }
}

/** One question as one JSON object, or several, one a line; answered alike. */
async function explainQuestions(request: AdminRequest, dependencies: AdminDependencies): Promise<Reply> {
  const questioner = new Questioner({
    groupsOf: (user) => dependencies.groupsOf(user),
    customRoutes: dependencies.customRoutes(),
    gates: dependencies.gates(),
    nameNodes: dependencies.nameNodes(),
    explain: true,
  })
  const whole = parseJson(request.body)
  const lines = request.body.split('\n')
  if (whole === undefined && lines.filter(isFilled).length <= 1) {
    return refusal(400, 'bad_json', 'the body is not JSON')
  }
  if (whole !== undefined) {
    const answer = await questioner.askLine(dependencies.snapshot(), request.body, 1)
    return { status: 'error' in answer ? 400 : 200, body: answer }
  }
  const answers: string[] = []
  for (const [index, line] of lines.entries()) {
    if (!isFilled(line)) continue
    answers.push(`${JSON.stringify(await questioner.askLine(dependencies.snapshot(), line, index + 1))}\n`)
  }
  return { status: 200, body: answers.join(''), headers: { 'Content-Type': 'application/x-ndjson' } }
}

const isFilled = (line: string): boolean => line.trim() !== ''
