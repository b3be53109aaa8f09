import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/errors.ts'
import { type Bench, sha256, snapshotOf, startBench, TOKEN } from './support.ts'

const REFRESH_KEY = 'security.refresh.policy.protocol.acl'
const MAPPINGS_KEY = 'security.refresh.user.mappings.protocol.acl'

const open: Bench[] = []
const start = async (options: Parameters<typeof startBench>[0] = {}): Promise<Bench> => {
  const bench = await startBench(options)
  open.push(bench)
  return bench
}
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close()
})

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Record<string, unknown>
}

const ask = async (url: string, init: RequestInit = {}): Promise<Answer> => {
  const response = await fetch(url, init)
  const text = await response.text()
  const isJson = response.headers.get('content-type') === 'application/json'
  const json: Record<string, unknown> = isJson && text !== '' ? JSON.parse(text) : {}
  return { status: response.status, headers: response.headers, text, json }
}

const bearer = (token = TOKEN): { Authorization: string } => ({ Authorization: `Bearer ${token}` })

const post = (url: string, body?: unknown, headers: Record<string, string> = bearer()): Promise<Answer> =>
  ask(url, {
    method: 'POST',
    headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

/** Sends bytes as they are, for what no client library would send; answers the whole response. */
const raw = (url: string, lines: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.end(`${lines.join('\r\n')}\r\n\r\n`))
    let answer = ''
    socket.on('data', (chunk) => (answer += String(chunk)))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })

describe('the open paths', () => {
  test('give metrics, health and readiness to everybody', async () => {
    const bench = await start()
    const metrics = await ask(`${bench.url}/metrics`)
    expect(metrics.status).toBe(200)
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(metrics.text).toContain(`keddah_policy_info{revision="${bench.snapshot.revision}"} 1`)
    expect(await ask(`${bench.url}/healthz`)).toMatchObject({ status: 200, json: { status: 'ok' } })
    expect(await ask(`${bench.url}/readyz`)).toMatchObject({
      status: 200,
      json: { ready: true, reasons: [], warnings: [] },
    })
  })

  test('say why it is not ready', async () => {
    const bench = await start()
    bench.notReady = ['shutting down']
    expect(await ask(`${bench.url}/readyz`)).toMatchObject({
      status: 503,
      json: { ready: false, reasons: ['shutting down'] },
    })
    expect((await ask(`${bench.url}/healthz`)).status).toBe(200)
  })

  test('stay ready after a failed refresh and with findings, and name both without their contents', async () => {
    const bench = await start({ policy: { 'security.clint.protocol.acl': 'secret-user' } })
    bench.lastFailure = {
      time: 0,
      trigger: 'watch',
      error: new ConfigError('ERR_POLICY_XML', 'secret', { file: '/secret' }),
    }
    bench.loadedAt = -1
    const { status, json, text } = await ask(`${bench.url}/readyz`)
    expect(status).toBe(200)
    expect(json['warnings']).toEqual([
      'the refresh of 1970-01-01T00:00:00.000Z failed with ERR_POLICY_XML; the policy before it is in force',
      expect.stringMatching(/^the files of the policy in force have \d+ findings?$/),
    ])
    expect(text).not.toContain('secret')
    // What was loaded since does not become what was before.
    bench.loadedAt = 1_000
    expect((await ask(`${bench.url}/readyz`)).json['warnings']).toContain(
      'the refresh of 1970-01-01T00:00:00.000Z failed with ERR_POLICY_XML; a part of what it asked for was loaded at 1970-01-01T00:00:01.000Z, the rest is from before it',
    )
  })

  test('answer HEAD without a body', async () => {
    const bench = await start()
    const head = await ask(`${bench.url}/metrics`, { method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, text: '' })
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1_000)
  })
})

describe('what is not there', () => {
  test('is a JSON error', async () => {
    const bench = await start()
    for (const path of [
      '/',
      '/admin',
      '/admin/v1/',
      '/admin/v1/refresh',
      '/metrics/',
      '/webhdfs/v1/',
      '//metrics',
    ]) {
      expect(await ask(bench.url + path, { headers: bearer() }), path).toMatchObject({
        status: 404,
        json: { error: { code: 'not_found' } },
      })
    }
  })

  test('is a method that a path does not have', async () => {
    const bench = await start()
    const wrong = await ask(`${bench.url}/admin/v1/refresh/service-acl`, { headers: bearer() })
    expect(wrong).toMatchObject({ status: 405, json: { error: { code: 'method_not_allowed' } } })
    expect(wrong.headers.get('allow')).toBe('POST')
    const other = await ask(`${bench.url}/admin/v1/policy`, { method: 'DELETE', headers: bearer() })
    expect(other.headers.get('allow')).toBe('GET, HEAD')
    expect(bench.refreshed).toEqual([])
  })
})

describe('who may ask', () => {
  test('is whoever has a token, and nobody else', async () => {
    const bench = await start()
    const url = `${bench.url}/admin/v1/policy`
    expect((await ask(url, { headers: bearer() })).status).toBe(200)
    expect((await ask(url, { headers: { Authorization: `bearer ${TOKEN}` } })).status).toBe(200)
    // Attack: nothing, a wrong token, the stored hash itself, another scheme, a token in the address or a cookie.
    const wrong: Record<string, string>[] = [
      {},
      bearer('wrong'),
      bearer(sha256(TOKEN)),
      bearer(''),
      bearer(`${TOKEN} ${TOKEN}`),
      { Authorization: `Basic ${TOKEN}` },
      { Authorization: TOKEN },
      { Cookie: `token=${TOKEN}; hadoop.auth="u=hdfs"` },
    ]
    for (const headers of wrong) {
      const answer = await ask(`${url}?token=${TOKEN}&user.name=hdfs`, { headers })
      expect(answer, JSON.stringify(headers)).toMatchObject({
        status: 401,
        json: { error: { code: 'unauthenticated' } },
      })
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    }
  })

  // Attack: two Authorization headers, one of which another party on the way may have looked at.
  test('is nobody when two tokens are shown', async () => {
    const bench = await start()
    const answer = await raw(bench.url, [
      'GET /admin/v1/policy HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${TOKEN}`,
      'Authorization: Bearer other',
      'Connection: close',
    ])
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
  })

  test('is whoever calls from this machine, where the demo says so', async () => {
    const bench = await start({ loopbackUser: 'hdfs' })
    expect((await ask(`${bench.url}/admin/v1/policy`)).status).toBe(200)
    expect((await ask(`${bench.url.replace('127.0.0.1', 'localhost')}/admin/v1/policy`)).status).toBe(200)
    expect((await ask(`${bench.url}/admin/v1/policy`, { headers: bearer('wrong') })).status).toBe(401)
  })

  // Attack: a name of the attacker's that resolves to 127.0.0.1, so that a browser on this machine asks here.
  test('is not a page that reached this machine by another name', async () => {
    const bench = await start({ loopbackUser: 'hdfs' })
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil.example:80',
      '',
      '10.0.0.1',
    ]) {
      const answer = await raw(bench.url, [
        'GET /admin/v1/policy HTTP/1.1',
        `Host: ${host}`,
        'Connection: close',
      ])
      expect(answer, host).toMatch(/^HTTP\/1\.1 403 /)
      expect(answer).toContain('foreign_host')
    }
  })

  // Attack: a page of another site posts a form or an empty body to this machine; no preflight stops it.
  test('is not a page of another site', async () => {
    const bench = await start({ loopbackUser: 'hdfs' })
    const { host } = new URL(bench.url)
    const lines = (...headers: string[]): string[] => [
      'POST /admin/v1/refresh/service-acl HTTP/1.1',
      `Host: ${host}`,
      'Content-Length: 0',
      'Connection: close',
      ...headers,
    ]
    expect(await raw(bench.url, lines('Origin: https://evil.example'))).toContain('foreign_origin')
    expect(await raw(bench.url, lines('Origin: null'))).toContain('foreign_origin')
    expect(await raw(bench.url, lines('Sec-Fetch-Site: cross-site'))).toContain('foreign_origin')
    expect(bench.refreshed).toEqual([])
    expect(await raw(bench.url, lines(`Origin: http://${host}`, 'Sec-Fetch-Site: same-origin'))).toMatch(
      / 200 OK/,
    )
  })

  // Attack: a reverse proxy on this machine makes everybody look local.
  test('is not a caller behind a proxy on this machine', async () => {
    const bench = await start({ loopbackUser: 'hdfs' })
    for (const header of ['X-Forwarded-For', 'Forwarded', 'Via']) {
      const answer = await ask(`${bench.url}/admin/v1/policy`, { headers: { [header]: '1.1 proxy' } })
      expect(answer.status, header).toBe(401)
    }
  })
})

describe('a refresh', () => {
  test('says what is in force now and before', async () => {
    const bench = await start()
    const before = bench.snapshot.revision
    for (const scope of ['service-acl', 'user-mappings', 'proxy-users']) {
      expect(await post(`${bench.url}/admin/v1/refresh/${scope}`)).toMatchObject({
        status: 200,
        json: { revision: 'new', previous: before, changed: true },
      })
    }
    expect(bench.refreshed).toEqual(['service-acl', 'user-mappings', 'proxy-users'])
    const lines = await bench.audited()
    expect(lines.length).toBe(3)
    expect(lines[0]).toMatchObject({
      service: 'admin',
      user: 'hdfs',
      address: '127.0.0.1',
      path: '/admin/v1/refresh/service-acl',
      op: 'refresh service-acl: changed',
      key: REFRESH_KEY,
      effect: 'allow',
      revision: 'new',
    })
  })

  test('is allowed by the policy in force: one key for the policy, another for users', async () => {
    const bench = await start({ policy: { [REFRESH_KEY]: 'hdfs', [MAPPINGS_KEY]: 'somebody' } })
    const status = async (scope: string): Promise<number> =>
      (await post(`${bench.url}/admin/v1/refresh/${scope}`)).status
    expect(await status('service-acl')).toBe(200)
    expect(await status('ranger-policies')).toBe(200)
    expect(await status('user-mappings')).toBe(403)
    expect(await status('proxy-users')).toBe(403)
    bench.snapshot = snapshotOf({ [REFRESH_KEY]: 'nobody', [MAPPINGS_KEY]: ' admins' })
    expect(await status('service-acl')).toBe(403)
    expect(await status('ranger-policies')).toBe(403)
    expect(await status('proxy-users')).toBe(403)
    bench.groups = { hdfs: ['admins'] }
    expect(await status('proxy-users')).toBe(200)
    expect(bench.refreshed).toEqual(['service-acl', 'ranger-policies', 'proxy-users'])
  })

  test('is on the record under the key that was asked about, whichever rule refused', async () => {
    const bench = await start({ policy: { 'security.service.authorization.default.acl': 'nobody' } })
    for (const scope of ['service-acl', 'user-mappings', 'proxy-users'])
      expect((await post(`${bench.url}/admin/v1/refresh/${scope}`)).status).toBe(403)
    const rule = 'security.service.authorization.default.acl = nobody'
    expect(await bench.audited()).toMatchObject([
      { key: REFRESH_KEY, rule },
      { key: MAPPINGS_KEY, rule },
      { key: MAPPINGS_KEY, rule },
    ])
  })

  // Attack: a token that is valid, of a user whom the policy shuts out, or from a machine it shuts out.
  test('that is refused names the reason, not the rule, and is audited with the rule', async () => {
    const bench = await start({ policy: { [REFRESH_KEY]: 'hdfs' } })
    const answer = await post(`${bench.url}/admin/v1/refresh/service-acl`, undefined, bearer('another-token'))
    expect(answer).toMatchObject({ status: 403, json: { error: { code: 'acl' } } })
    expect(answer.text).not.toContain('hadoop-policy.xml')
    bench.snapshot = snapshotOf({ [REFRESH_KEY.replace('.acl', '.hosts')]: '10.0.0.0/8' })
    expect(await post(`${bench.url}/admin/v1/refresh/service-acl`)).toMatchObject({
      status: 403,
      json: { error: { code: 'hosts' } },
    })
    expect(bench.refreshed).toEqual([])
    expect(await bench.audited()).toMatchObject([
      {
        user: 'mallory',
        effect: 'deny',
        reason: 'acl',
        rule: `${REFRESH_KEY} = hdfs`,
        file: 'hadoop-policy.xml',
        line: 2,
      },
      { user: 'hdfs', effect: 'deny', reason: 'hosts' },
    ])
  })

  // Attack: a connection that is reset has no address any more, and no address is on no list of hosts.
  test('is refused from a machine that the policy shuts out, also when it hangs up at once', async () => {
    const hosts = REFRESH_KEY.replace('.acl', '.hosts')
    const bench = await start({ policy: { [`${hosts}.blocked`]: '127.0.0.0/8' } })
    const { hostname, port } = new URL(bench.url)
    const head = `POST /admin/v1/refresh/service-acl HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`
    for (let attempt = 0; attempt < 20; attempt += 1)
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () =>
          socket.write(head, () => socket.resetAndDestroy()),
        )
        socket.on('error', () => {}).on('close', () => resolve())
      })
    expect((await post(`${bench.url}/admin/v1/refresh/service-acl`)).status).toBe(403)
    expect(bench.refreshed).toEqual([])
  })

  test('without a token is refused and audited', async () => {
    const bench = await start()
    expect((await post(`${bench.url}/admin/v1/refresh/service-acl`, undefined, {})).status).toBe(401)
    expect(bench.refreshed).toEqual([])
    expect(await bench.audited()).toMatchObject([{ user: null, effect: 'deny', reason: 'unauthenticated' }])
  })

  test('that fails gives every problem with its place, and is audited as failed', async () => {
    const bench = await start()
    const problem = {
      file: 'hadoop-policy.xml',
      line: 7,
      column: 3,
      key: 'security.client.protocol.hosts',
      message: '`10.0.0.0/99` is not a range',
      hint: 'write `10.0.0.0/8`',
    }
    const error = new ConfigError('ERR_POLICY_CIDR', 'hadoop-policy.xml has 1 problem', {
      problems: [{ ...problem, severity: 'error', code: 'cidr' }],
    })
    bench.refresh = () => Promise.resolve({ ok: false, error, revision: 'old' })
    expect(await post(`${bench.url}/admin/v1/refresh/service-acl`)).toMatchObject({
      status: 422,
      json: { error: { code: 'ERR_POLICY_CIDR', message: error.message, problems: [problem] } },
    })
    bench.lastFailure = { time: 1_000, trigger: 'admin', error }
    const policy = await ask(`${bench.url}/admin/v1/policy`, { headers: bearer() })
    expect(policy.json['lastFailure']).toEqual({
      time: '1970-01-01T00:00:01.000Z',
      trigger: 'admin',
      code: 'ERR_POLICY_CIDR',
      message: error.message,
      problems: [problem],
    })
    expect(await bench.audited()).toMatchObject([{ op: 'refresh service-acl: failed', revision: 'old' }])
  })

  test('takes an empty body or JSON, and nothing else', async () => {
    const bench = await start()
    const url = `${bench.url}/admin/v1/refresh/service-acl`
    expect((await post(url, {})).status).toBe(200)
    const form = { ...bearer(), 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(await post(url, 'user.name=hdfs', form)).toMatchObject({
      status: 415,
      json: { error: { code: 'unsupported_media_type' } },
    })
    expect(bench.refreshed.length).toBe(1)
  })
})

describe('a question over the admin listener', () => {
  const question = JSON.stringify({ user: 'alice', service: 'security.client.protocol.acl' })
  const ask = (url: string, type: string, headers: Record<string, string>): Promise<Answer> =>
    post(`${url}/admin/v1/explain`, question, { 'Content-Type': type, ...headers })

  test('may be called what the client likes, where a token is shown', async () => {
    const bench = await start()
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json'])
      expect(await ask(bench.url, type, bearer()), type).toMatchObject({ status: 200 })
  })

  // Attack: a page in the browser of somebody on this machine asks; forms and text need no leave of the browser.
  test('is JSON by name where no token is needed', async () => {
    const bench = await start({ loopbackUser: 'hdfs' })
    // `curl -d` says the second; whether there is an `Origin` makes no difference, since not every browser sends one.
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
      expect(await ask(bench.url, type, {}), type).toMatchObject({
        status: 415,
        json: {
          error: { message: expect.stringContaining("with curl: -H 'Content-Type: application/json'") },
        },
      })
    expect((await ask(bench.url, 'application/json', {})).status).toBe(200)
  })
})

describe('an unexpected failure', () => {
  test('is a 500 with the request id that the log has', async () => {
    const bench = await start()
    bench.refresh = () => Promise.reject(new Error('a defect'))
    const answer = await post(`${bench.url}/admin/v1/refresh/service-acl`)
    expect(answer).toMatchObject({ status: 500, json: { error: { code: 'internal' } } })
    expect(answer.text).not.toContain('a defect')
    const id = answer.headers.get('x-keddah-request-id')
    expect(bench.log.some((line) => line.includes('a defect') && line.includes(String(id)))).toBe(true)
  })
})

describe('the policy', () => {
  test('is shown with its age, its findings, and the origin of every list', async () => {
    const bench = await start({
      policy: {
        'security.client.protocol.acl': 'alice',
        'security.service.authorization.default.acl': 'bob',
      },
    })
    const { json } = await ask(`${bench.url}/admin/v1/policy`, { headers: bearer() })
    expect(json).toMatchObject({
      revision: bench.snapshot.revision,
      lastFailure: null,
      authorizationOn: true,
    })
    expect(json['ageSeconds']).toBeGreaterThanOrEqual(5)
    const { services } = json
    expect(services).toContainEqual(
      expect.objectContaining({
        service: 'security.client.protocol.acl',
        protocol: 'org.apache.hadoop.hdfs.protocol.ClientProtocol',
        acl: {
          text: 'alice',
          origin: 'explicit',
          key: 'security.client.protocol.acl',
          file: 'hadoop-policy.xml',
          line: 2,
        },
        hosts: expect.objectContaining({ text: '*', origin: 'builtin', file: null, line: null }),
      }),
    )
    expect(services).toContainEqual(
      expect.objectContaining({
        service: REFRESH_KEY,
        acl: expect.objectContaining({ text: 'bob', origin: 'default', line: 3 }),
      }),
    )
  })
})

describe('explaining', () => {
  test('answers as check does, and tells every question', async () => {
    const bench = await start()
    const url = `${bench.url}/admin/v1/explain`
    const answer = await post(url, {
      id: 7,
      user: 'mallory',
      groups: [],
      service: 'security.client.protocol.acl',
    })
    expect(answer).toMatchObject({
      status: 200,
      json: {
        id: 7,
        effect: 'deny',
        reason: 'acl',
        file: 'hadoop-policy.xml',
        line: 2,
        revision: bench.snapshot.revision,
      },
    })
    expect(answer.json['questions']).toBeInstanceOf(Array)
    expect(await bench.audited()).toEqual([])
  })

  test('answers several questions, one a line, in order', async () => {
    const bench = await start()
    const question = (user: string): string =>
      JSON.stringify({ id: user, user, service: 'security.client.protocol.acl' })
    const answer = await post(
      `${bench.url}/admin/v1/explain`,
      `${question('alice')}\nnot json\n\n${question('bob')}\n`,
    )
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
    const lines = answer.text
      .split('\n')
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line))
    expect(lines).toMatchObject([
      { id: 'alice', effect: 'allow' },
      { error: { code: 'bad_json', line: 2 } },
      { id: 'bob', effect: 'deny' },
    ])
  })

  test('refuses a question that it cannot read', async () => {
    const bench = await start()
    const url = `${bench.url}/admin/v1/explain`
    expect(await post(url, '{')).toMatchObject({ status: 400, json: { error: { code: 'bad_json' } } })
    expect(await post(url)).toMatchObject({ status: 400, json: { error: { code: 'bad_json' } } })
    expect(await post(url, '{"user":"mallory","service":"x","user":"alice"}')).toMatchObject({
      status: 400,
      json: { error: { code: 'bad_question', message: '`user` is given more than once' } },
    })
    expect(await post(url, { usr: 'x' })).toMatchObject({
      status: 400,
      json: { error: { code: 'bad_question' } },
    })
  })

  // Attack: a body without end.
  test('takes at most 64 KiB', async () => {
    const bench = await start()
    const url = `${bench.url}/admin/v1/explain`
    const padded = (length: number): string => `{"user":"alice"${' '.repeat(length)}}`
    expect((await post(url, padded(60_000))).status).toBe(400)
    expect(await post(url, padded(70_000))).toMatchObject({
      status: 413,
      json: { error: { code: 'body_too_large' } },
    })
  })
})

test('a port in use is a clear error that names address and setting', async () => {
  const bench = await start()
  await expect(start({ port: Number(new URL(bench.url).port) })).rejects.toMatchObject({
    code: 'ERR_CONFIG_LISTEN',
    message: expect.stringMatching(/cannot listen on `127\.0\.0\.1:\d+` \(admin\.listen\): .*EADDRINUSE/),
  })
})
