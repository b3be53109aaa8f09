import { describe, expect, test } from 'vitest'
import { send, useSandbox } from './support.ts'

const sandbox = useSandbox()
const rest = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${sandbox().resourceManager}/ws/v1/cluster${path}`, init)
const withJson = (method: string, value: unknown): RequestInit => ({
  method,
  body: JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' },
})

async function submit(user: string, changes: object = {}): Promise<string> {
  const asked = await rest(`/apps/new-application?user.name=${user}`, { method: 'POST' })
  const id = ((await asked.json()) as { 'application-id': string })['application-id']
  const body = {
    'application-id': id,
    'application-name': 't',
    queue: 'default',
    'application-type': 'TEST',
    ...changes,
  }
  const answer = await rest(`/apps?user.name=${user}`, withJson('POST', body))
  expect([answer.status, answer.headers.get('location'), await answer.text()]).toEqual([
    202,
    `${sandbox().resourceManager}/ws/v1/cluster/apps/${id}`,
    '',
  ])
  return id
}

describe('an application', () => {
  test('belongs to whoever submitted it', async () => {
    const id = await submit('alice')
    const answer = await rest(`/apps/${id}`)
    expect(answer.headers.get('content-type')).toBe('application/json;charset=utf-8')
    expect(answer.headers.get('vary')).toBe('Accept-Encoding')
    expect(await answer.json()).toMatchObject({
      app: { id, user: 'alice', name: 't', queue: 'default', state: 'ACCEPTED', applicationType: 'TEST' },
    })
  })

  test('is killed with 202, and with 200 once it is dead', async () => {
    const id = await submit('alice')
    const kill = (user: string): Promise<Response> =>
      rest(`/apps/${id}/state?user.name=${user}`, withJson('PUT', { state: 'KILLED' }))
    const first = await kill('mallory')
    expect([first.status, await first.text()]).toEqual([202, '{"state":"KILLING"}'])
    expect(first.headers.get('location')).toBe(`${sandbox().resourceManager}/ws/v1/cluster/apps/${id}/state`)
    const second = await kill('mallory')
    expect([second.status, await second.text()]).toEqual([200, '{"state":"KILLED"}'])
    expect(await (await rest(`/apps/${id}/state`)).text()).toBe('{"state":"KILLED"}')
    expect(await (await rest(`/apps/${id}`)).json()).toMatchObject({
      app: {
        user: 'alice',
        finalStatus: 'KILLED',
        diagnostics: `Application ${id} was killed by user mallory`,
      },
    })
  })

  test('can be killed by nobody in particular', async () => {
    const id = await submit('alice')
    expect((await rest(`/apps/${id}/state`, withJson('PUT', { state: 'KILLED' }))).status).toBe(202)
    expect(await (await rest(`/apps/${id}`)).text()).toContain('was killed by user dr.who')
  })

  test('is found by user and by state', async () => {
    const id = await submit('carol')
    const ids = async (query: string): Promise<string[]> => {
      const { apps } = (await (await rest(`/apps?${query}`)).json()) as { apps: { app?: { id: string }[] } }
      return (apps.app ?? []).map((application) => application.id)
    }
    expect(await ids('user=carol')).toEqual([id])
    expect(await ids('states=accepted,running&user=carol')).toEqual([id])
    expect(await ids('user=carol&states=KILLED')).toEqual([])
    expect(await (await rest('/apps?user=none')).text()).toBe('{"apps":{}}')
    expect((await rest('/apps?states=odd')).status).toBe(400)
  })

  test('fails in a queue that is not there', async () => {
    const id = await submit('alice', { queue: 'nope' })
    expect(await (await rest(`/apps/${id}`)).json()).toMatchObject({ app: { state: 'FAILED' } })
  })
})

describe('the ResourceManager refuses', () => {
  test('an application that it does not know, in JSON or in XML', async () => {
    const message = 'java.lang.Exception: app with id: application_1_0001 not found'
    const answer = await rest('/apps/application_1_0001')
    expect([answer.status, await answer.text()]).toEqual([
      404,
      `{"RemoteException":{"exception":"NotFoundException","message":"${message}",` +
        '"javaClassName":"org.apache.hadoop.yarn.webapp.NotFoundException"}}',
    ])
    const xml = await rest('/apps/application_1_0001', { headers: { Accept: 'application/xml' } })
    expect(await xml.text()).toContain(
      `<RemoteException><exception>NotFoundException</exception><message>${message}</message><javaClassName>`,
    )
  })

  test.each([
    ['not JSON', 'POST', '{', 400, 'BadRequestException'],
    ['no id', 'POST', '{}', 400, 'Could not parse application id null'],
    ['no object', 'POST', '[]', 400, 'BadRequestException'],
  ])('a submission that is %s', async (_name, method, body, status, text) => {
    const answer = await rest('/apps', { method, body, headers: { 'Content-Type': 'application/json' } })
    expect(answer.status).toBe(status)
    expect(await answer.text()).toContain(text)
  })

  test('any other type of body, a state to go to other than KILLED, and tokens', async () => {
    expect((await rest('/apps', { method: 'POST', body: 'x' })).status).toBe(415)
    const id = await submit('alice')
    const run = await rest(`/apps/${id}/state`, withJson('PUT', { state: 'RUNNING' }))
    expect([run.status, await run.text()]).toEqual([400, expect.stringContaining("Only 'KILLED' is allowed")])
    const token = await rest('/delegation-token', withJson('POST', { renewer: 'alice' }))
    expect([token.status, await token.text()]).toEqual([
      403,
      expect.stringContaining('Kerberos authenticated channel'),
    ])
  })

  test('what it does not know with a page, and other methods with 405', async () => {
    const unknown = await rest('/none')
    expect([unknown.status, await unknown.text()]).toEqual([
      404,
      expect.stringContaining('WebApplicationException'),
    ])
    const wrong = await rest('/metrics', { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET,HEAD,OPTIONS'])
  })

  test('an impersonation by somebody who may not, in the format of the filter', async () => {
    const answer = await rest('/info?user.name=alice&doAs=root')
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('"message" : "User: alice is not allowed to impersonate root"'),
    ])
  })
})

describe('the ResourceManager tells', () => {
  test.each([
    ['', '"haState":"ACTIVE"'],
    ['/info', '"haState":"ACTIVE"'],
    ['/metrics', '"activeNodes":1'],
    ['/nodes', '"state":"RUNNING"'],
    ['/scheduler', '"queueName":"default"'],
  ])('`%s`', async (path, text) => {
    expect(await (await rest(path)).text()).toContain(text)
  })

  test.each([
    ['/cluster', 'Logged in as: dr.who'],
    ['/jmx', 'ClusterMetrics'],
    ['/conf', 'yarn.acl.enable'],
    ['/logs/', 'Logs'],
    ['/isActive', 'I am Active!'],
  ])('the page %s', async (path, text) => {
    expect(await send(sandbox().resourceManager, `GET ${path}`)).toContain(text)
  })

  test('names of applications as text, never as markup', async () => {
    await submit('alice', { 'application-name': '<script>alert(1)</script>' })
    const answer = await send(sandbox().resourceManager, 'GET /cluster')
    expect(answer).toContain('&lt;script&gt;alert(1)')
    expect(answer).not.toContain('<script>')
  })
})
