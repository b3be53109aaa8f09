import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir, userInfo } from 'node:os'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/cluster.ts'
import { type KeddahProcess, type KeddahFiles, runKeddah, startKeddah, waitFor } from '../support/keddah.ts'

const me = userInfo().username
const TABLE: readonly (readonly [component: string, isRequired: boolean, isSupported: boolean])[] = [
  ['ClickHouse', true, false],
  ['Flume', false, false],
  ['HBase', false, true],
  ['HDFS', true, true],
  ['Hive', false, false],
  ['Hue', false, false],
  ['Kafka', false, false],
  ['Loader', false, false],
  ['Mapreduce', false, false],
  ['Oozie', true, false],
  ['Spark2x', false, false],
  ['Storm', false, false],
  ['Yarn', false, true],
  ['ZooKeeper', true, true],
]
const RANGER = {
  security: ['HBase', 'HDFS', 'Hive', 'Impala', 'Kafka', 'Spark2x', 'Storm', 'Yarn'],
  normal: ['HBase', 'HDFS', 'Hive', 'Spark2x', 'Yarn'],
}

let sandbox: Sandbox
const running: KeddahProcess[] = []
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(async () => {
  for (const keddah of running) await keddah.stop()
  await sandbox.close()
})

const files = (settings: object): KeddahFiles => ({
  policy: { 'security.refresh.policy.protocol.acl': `${me},ops` },
  settings: {
    services: [{ name: 'namenode', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [sandbox.nameNode] }],
    ...settings,
  },
})

async function started(settings: object): Promise<KeddahProcess> {
  const keddah = await startKeddah(files(settings))
  running.push(keddah)
  return keddah
}

interface Row {
  readonly component: string
  readonly verification: string | null
  readonly supported: boolean | null
  readonly ranger: { readonly supported: boolean; readonly enabled: boolean } | null
}

/** Whatever the API answers: a list, a component, or an error. */
interface Body {
  readonly mode?: string | null
  readonly generation?: number
  readonly components: readonly Row[]
  readonly error: { readonly code: string; readonly message: string }
}

interface Answer {
  readonly status: number
  readonly etag: string | null
  readonly body: Body
}

async function ask(
  keddah: KeddahProcess,
  method: string,
  path: string,
  body?: object | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(`${keddah.admin}/admin/v1/permissions${path}`, {
    method,
    headers: { Authorization: `Bearer ${keddah.token()}`, 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: text }),
  })
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    body: JSON.parse(await response.text()),
  }
}

const show = (keddah: KeddahProcess): Promise<Answer> => ask(keddah, 'GET', '')
const put = (keddah: KeddahProcess, component: string, change: object, headers = {}): Promise<Answer> =>
  ask(keddah, 'PUT', `/${component}`, change, headers)
const rowOf = async (keddah: KeddahProcess, component: string): Promise<Row | undefined> =>
  (await show(keddah)).body.components.find((row) => row.component === component)

const cli = (keddah: KeddahProcess, ...args: string[]): ReturnType<typeof runKeddah> =>
  runKeddah([...args, '--admin', keddah.admin, '--token-file', join(keddah.stateDir, 'admin.token')])

const listing = async (keddah: KeddahProcess, user: string): Promise<Response> =>
  fetch(`${keddah.urls.get('namenode')}/webhdfs/v1/?op=LISTSTATUS&user.name=${user}`)

describe('P-05: normal mode', () => {
  let keddah: KeddahProcess
  beforeAll(async () => {
    keddah = await started({ mode: 'normal' })
  })

  test('lists the fourteen components as the table has them', async () => {
    const { status, body } = await show(keddah)
    expect(status).toBe(200)
    expect(body).toMatchObject({ mode: 'normal', generation: 0 })
    const rows = body.components.map(({ component, verification, supported }) => [
      component,
      verification === 'required',
      supported,
    ])
    expect(rows).toEqual(TABLE)
  })

  test.each(TABLE)('%s: required %s, can be switched: %s', async (component, isRequired, isSupported) => {
    const [first, second] = isRequired ? ['notRequired', 'required'] : ['required', 'notRequired']
    const there = await put(keddah, component.toUpperCase(), { verification: first })
    const back = await put(keddah, component, { verification: second })
    expect([there.status, back.status]).toEqual(isSupported ? [200, 200] : [409, 409])
    const { error, ...done } = there.body
    expect(isSupported ? done : error.message.includes('Not supported')).toEqual(
      isSupported ? { ...done, component, verification: first, changed: true } : true,
    )
    expect((await rowOf(keddah, component))?.verification === 'required').toBe(isRequired)
  })

  test.each([...TABLE.map(([component]) => component), 'Impala'])(
    'P-08, P-10: Ranger for %s only where it may have it, and with a source',
    async (component) => {
      const { status, body } = await put(keddah, component, { ranger: { enabled: true } })
      expect(status).toBe(409)
      const isAllowed = RANGER.normal.includes(component)
      expect(body.error.code).toBe(isAllowed ? 'no_ranger' : 'not_supported')
      expect(body.error.message.includes('Not supported')).toBe(!isAllowed)
    },
  )

  test('P-16: what is not required is asked by nobody, at once', async () => {
    expect((await listing(keddah, 'alice')).status).toBe(403)
    expect((await put(keddah, 'HDFS', { verification: 'notRequired' })).status).toBe(200)
    expect((await listing(keddah, 'alice')).status).toBe(200)
    expect((await put(keddah, 'HDFS', { verification: 'required' })).status).toBe(200)
    const refused = await listing(keddah, 'alice')
    expect([refused.status, refused.headers.get('x-keddah-reason')]).toEqual([403, 'mode'])
  })

  test('a switch is on record: who, from where, what was and what is', async () => {
    await put(keddah, 'Yarn', { verification: 'required' })
    await put(keddah, 'Yarn', { verification: 'notRequired' })
    const lines = (): Record<string, unknown>[] =>
      readFileSync(keddah.auditFile, 'utf8')
        .split('\n')
        .filter((line) => line.includes('permissions of Yarn'))
        .map((line): Record<string, unknown> => JSON.parse(line))
    const wanted = 'permissions of Yarn: required ranger=off -> notRequired ranger=off'
    await waitFor(() => lines().some(({ op }) => op === wanted))
    expect(lines().find(({ op }) => op === wanted)).toMatchObject({
      op: wanted,
      user: me,
      address: '127.0.0.1',
      service: 'admin',
    })
    expect(
      keddah.log().some(({ msg, component }) => component === 'Yarn' && /weakened/.test(String(msg))),
    ).toBe(true)
  })

  test('two switches at once are both kept, and of two with the same generation one is told', async () => {
    const both = await Promise.all([
      put(keddah, 'HBase', { verification: 'required' }),
      put(keddah, 'Yarn', { verification: 'required' }),
    ])
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    expect((await rowOf(keddah, 'HBase'))?.verification).toBe('required')
    expect((await rowOf(keddah, 'Yarn'))?.verification).toBe('required')
    const { etag } = await show(keddah)
    const race = await Promise.all(
      ['HBase', 'Yarn'].map((name) =>
        put(keddah, name, { verification: 'notRequired' }, { 'If-Match': etag ?? '' }),
      ),
    )
    expect(race.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 412])
  })

  test('what cannot be read changes nothing', async () => {
    const { etag } = await show(keddah)
    const answers = [
      await put(keddah, 'Hdsf', { verification: 'required' }),
      await put(keddah, 'HDFS', {}),
      await put(keddah, 'HDFS', { verification: 'off' }),
      await put(keddah, 'HDFS', { ranger: true }),
      await put(keddah, 'HDFS', { verification: 'required', more: 1 }),
      await ask(keddah, 'PUT', '/HDFS', 'nonsense'),
      await ask(keddah, 'PUT', '/HDFS', '{"verification":"required","verification":"notRequired"}'),
      await put(keddah, 'HDFS', { verification: 'notRequired' }, { 'If-Match': '"x"' }),
      await ask(keddah, 'GET', '/HDFS'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 422, 422, 422, 422, 400, 422, 400, 405])
    expect((await show(keddah)).etag).toBe(etag)
  })

  test('the commands say what they did, and what is not supported', async () => {
    await put(keddah, 'Yarn', { verification: 'notRequired' })
    const on = await cli(keddah, 'perm', 'enable', 'yarn')
    expect([on.code, on.stdout]).toEqual([0, expect.stringMatching(/^Yarn: changed, .*Required/)])
    const again = await cli(keddah, 'perm', 'enable', 'Yarn')
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^Yarn: unchanged, /)])
    expect((await cli(keddah, 'perm', 'disable', 'Yarn', '--json')).stdout).toContain('"changed":true')
    const refused = await cli(keddah, 'perm', 'enable', 'Kafka')
    expect([refused.code, refused.stdout]).toEqual([1, 'Not supported\n'])
    expect((await cli(keddah, 'ranger', 'enable', 'Kafka')).code).toBe(1)
    expect((await cli(keddah, 'perm', 'enable', 'Yran')).code).toBe(2)
    const list = await cli(keddah, 'perm', 'list')
    expect(list.stdout).toMatch(/^HDFS +Required +Supported +disabled +nobody/m)
    expect(list.stdout).toMatch(/^Kafka +Not required +Not supported +Not supported +not verified$/m)
  })

  test('metrics show what decides, and count the switches', async () => {
    const text = await (await fetch(`${keddah.admin}/metrics`)).text()
    expect(text).toContain('keddah_component_verification{component="HDFS"} 1')
    expect(text).toContain('keddah_permission_verification{component="HDFS",decider="mode"} 1')
    expect(text).toMatch(/keddah_permission_switches_total\{component="Kafka",result="refused"\} \d/)
  })
})

describe('P-04: security mode', () => {
  let keddah: KeddahProcess
  beforeAll(async () => {
    keddah = await started({ mode: 'security' })
  })

  test.each(TABLE)('%s verifies, and that cannot be disabled', async (component) => {
    const { status, body } = await put(keddah, component, { verification: 'notRequired' })
    expect([status, body.error.code]).toEqual([409, 'not_supported'])
    expect(await rowOf(keddah, component)).toMatchObject({ verification: 'required', supported: false })
  })

  test('P-08: Impala is listed beside the fourteen, and the eight may have Ranger', async () => {
    const rows = (await show(keddah)).body.components
    expect(rows).toHaveLength(15)
    expect(rows.filter(({ ranger }) => ranger?.supported === true).map(({ component }) => component)).toEqual(
      RANGER.security,
    )
  })

  test('P-07: without Ranger and without a role everybody is refused, and the log says why', async () => {
    const answer = await listing(keddah, 'alice')
    expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([403, 'mode'])
    expect(keddah.log().some(({ msg }) => /everything is refused .* HDFS/.test(String(msg)))).toBe(true)
  })
})

describe('P-07: the role model', () => {
  test('decides while Ranger is off, and a new role counts without a restart', async () => {
    const roles = {
      mode: 'security',
      roles: { readers: { grants: [{ component: 'HDFS', resource: '/', access: ['read'] }] } },
      roleBindings: [{ role: 'readers', groups: ['staff'] }],
    }
    const keddah = await started(roles)
    expect((await listing(keddah, 'alice')).status).toBe(200)
    const refused = await listing(keddah, 'bob')
    expect([refused.status, refused.headers.get('x-keddah-reason')]).toEqual([403, 'role'])
    const text = readFileSync(keddah.configFile, 'utf8')
    writeFileSync(
      keddah.configFile,
      text.replace(/("groups": \[\s*)"staff"(\s*\]\s*\}\s*\])/, '$1"staff", "analysts"$2'),
    )
    keddah.signal('SIGHUP')
    await waitFor(async () => (await listing(keddah, 'bob')).status === 200)
  })
})

describe('without a mode', () => {
  test('nothing is verified, nothing can be switched, and the list says off', async () => {
    const keddah = await started({})
    expect((await listing(keddah, 'alice')).status).toBe(200)
    const { body } = await show(keddah)
    expect(body).toMatchObject({ mode: null, generation: 0 })
    const answer = await put(keddah, 'HDFS', { verification: 'notRequired' })
    expect([answer.status, answer.body.error.code]).toEqual([409, 'no_mode'])
    expect((await cli(keddah, 'perm', 'list')).stdout).toMatch(/^HDFS +off +off$/m)
    expect(existsSync(join(keddah.stateDir, 'permissions.json'))).toBe(false)
  })
})

describe('what was switched', () => {
  test('is kept over a restart, and wins over the settings', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'keddah-state-'))
    onTestFinished(() => rmSync(stateDir, { recursive: true }))
    const settings = { mode: 'normal', stateDir, components: { HDFS: { verification: 'required' } } }
    const first = await startKeddah(files(settings))
    const token = readFileSync(join(stateDir, 'admin.token'), 'utf8').trim()
    const switched = await fetch(`${first.admin}/admin/v1/permissions/HDFS`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${token}` },
      body: '{"verification":"notRequired"}',
    })
    expect(switched.status).toBe(200)
    await first.stop()
    const second = await startKeddah(files(settings))
    running.push(second)
    expect((await listing(second, 'alice')).status).toBe(200)
  })

  test('is read at the next start; a torn file is refused with what to do', async () => {
    const keddah = await started({ mode: 'normal' })
    await put(keddah, 'HDFS', { verification: 'notRequired' })
    const file = join(keddah.stateDir, 'permissions.json')
    const kept = readFileSync(file, 'utf8')
    expect(statSync(file).mode & 0o777).toBe(0o600)

    const other = await runKeddah(['config', 'check', keddah.configFile])
    expect([other.code, other.stdout + other.stderr]).toEqual([
      0,
      expect.stringContaining('that was disabled'),
    ])

    for (const torn of [kept.slice(0, 20), '', 'null', '{"generation":1}', kept.replace('HDFS', 'Kafka')]) {
      writeFileSync(file, torn)
      const refused = await runKeddah(['config', 'check', keddah.configFile])
      expect(refused.code).toBe(78)
      expect(refused.stdout + refused.stderr).toContain(file)
    }
    // What is in force is in memory: the next switch mends the file.
    expect((await put(keddah, 'Yarn', { verification: 'required' })).body.generation).toBe(2)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      generation: 2,
      modes: {
        security: {},
        normal: { HDFS: { verification: 'notRequired' }, Yarn: { verification: 'required' } },
      },
    })
  })
})
