import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type KeddahProcess, runKeddah, startKeddah, waitFor } from '../support/keddah.ts'
import { hdfsDownload, hdfsPolicy } from '../support/ranger-policies.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const me = userInfo().username
const WORKERS = Number(process.env['TEST_WORKERS'] ?? 1)
const REFRESH = 'security.refresh.policy.protocol.acl'

let upstream: Upstream
const running: KeddahProcess[] = []
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(async () => {
  for (const keddah of running) await keddah.stop()
  await upstream.close()
})

interface Parts {
  readonly policies: string
  readonly settings?: object
  readonly hdfs?: object
  readonly coreSite?: Readonly<Record<string, string>>
}

/** One that has HDFS decided by the policies of a file. */
async function started({ policies, settings = {}, hdfs = {}, coreSite = {} }: Parts): Promise<KeddahProcess> {
  const files = {
    policy: { [REFRESH]: me, 'security.client.protocol.acl': '*' },
    coreSite,
    settings: {
      mode: 'security',
      watch: { enabled: true, poll: '60s' },
      services: [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [upstream.url] }],
      components: {
        HDFS: {
          ranger: { serviceName: 'hadoopdev', source: { kind: 'file', policies: 'hdfs.json' } },
          ...hdfs,
        },
      },
      ...settings,
    },
    files: { 'hdfs.json': policies },
  }
  const keddah = await startKeddah(files)
  running.push(keddah)
  return keddah
}

interface Answer {
  readonly status: number
  readonly reason: string | null
  readonly text: string
}

async function open(
  keddah: KeddahProcess,
  path: string,
  user: string,
  { more = '', headers = {} }: { more?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const url = `${keddah.urls.get('nn')}/webhdfs/v1${path}?op=OPEN&user.name=${user}${more}`
  const answer = await fetch(url, { headers })
  return { status: answer.status, reason: answer.headers.get('x-keddah-reason'), text: await answer.text() }
}

const statusOf = async (keddah: KeddahProcess, path: string, user: string): Promise<number> =>
  (await open(keddah, path, user)).status

/** As an operator replaces a file. */
function write(keddah: KeddahProcess, text: string): void {
  const file = join(keddah.folder, 'hdfs.json')
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

const cli = (keddah: KeddahProcess, ...args: string[]): ReturnType<typeof runKeddah> =>
  runKeddah([...args, '--admin', keddah.admin, '--token-file', join(keddah.stateDir, 'admin.token')])

const metric = async (keddah: KeddahProcess, name: string): Promise<number> => {
  const text = await (await fetch(`${keddah.admin}/metrics`)).text()
  const values = text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'))
  return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

/** As the schedules of Ranger write it. */
const wallClock = (at: number): string =>
  new Date(at).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')

const DENIED = (user: string, path: string): string =>
  JSON.stringify({
    RemoteException: {
      exception: 'AccessControlException',
      javaClassName: 'org.apache.hadoop.security.AccessControlException',
      message: `Permission denied: user=${user}, access=READ, inode="${path}"`,
    },
  })

const FIRST = hdfsDownload(
  hdfsPolicy('/data', { allow: [{ users: ['alice'] }], deny: [{ users: ['mallory'] }] }),
)
const OTHER = hdfsDownload(hdfsPolicy('/data', { deny: [{ users: ['alice'] }] }))

describe('the policies of Ranger', () => {
  let keddah: KeddahProcess
  beforeAll(async () => {
    keddah = await started({ policies: FIRST })
  })
  beforeEach(async () => {
    write(keddah, FIRST)
    const { code, stderr } = await cli(keddah, 'refresh', 'ranger-policies')
    if (code !== 0) throw new Error(stderr)
  })

  test('let through whom they allow', async () => {
    const before = upstream.received.length
    expect(await statusOf(keddah, '/data/a', 'alice')).toBe(200)
    expect(upstream.received.length).toBe(before + 1)
  })

  test('refuse whom they deny, in the words of HDFS, and the daemon never hears of it', async () => {
    const before = upstream.received.length
    const answer = await open(keddah, '/data/a', 'mallory')
    expect(answer).toEqual({ status: 403, reason: 'ranger_deny', text: DENIED('mallory', '/data/a') })
    expect(upstream.received.length).toBe(before)
  })

  test('leave to HDFS itself whom they say nothing about', async () => {
    expect(await statusOf(keddah, '/data/a', 'bob')).toBe(200)
    expect(await statusOf(keddah, '/elsewhere', 'mallory')).toBe(200)
  })

  test('count as soon as the file has changed, without anybody asking', async () => {
    expect(await statusOf(keddah, '/data/a', 'alice')).toBe(200)
    write(keddah, OTHER)
    await waitFor(async () => (await statusOf(keddah, '/data/a', 'alice')) === 403)
    expect(await statusOf(keddah, '/data/a', 'mallory')).toBe(200)
  })

  test('count for the very next request after a refresh, and what the lists have decided is kept', async () => {
    const own = await started({ policies: FIRST, settings: { watch: { enabled: false } } })
    expect((await cli(own, 'refresh', 'ranger-policies')).code).toBe(0)
    expect(await statusOf(own, '/data/a', 'alice')).toBe(200)
    const misses = await metric(own, 'keddah_cache_misses_total')
    write(own, OTHER)
    const { code, stdout } = await cli(own, 'refresh', 'ranger-policies')
    expect([code, stdout]).toEqual([0, expect.stringContaining('ranger-policies')])
    expect(await statusOf(own, '/data/a', 'alice')).toBe(403)
    // Each worker has decided by itself, or has yet to.
    expect(await metric(own, 'keddah_cache_misses_total')).toBeLessThan(misses + WORKERS)
  })

  test('stay where the file is broken, and every problem is named', async () => {
    const broken = JSON.parse(FIRST) as { policies: Record<string, unknown>[]; serviceName: string }
    broken.policies[0] = { ...broken.policies[0], policyPriority: 'x', policyItems: 7 }
    write(keddah, JSON.stringify(broken))
    const { code, stderr } = await cli(keddah, 'refresh', 'ranger-policies')
    expect(code).not.toBe(0)
    expect(stderr).toContain('policies[0].policyItems')
    expect(stderr).toContain('policies[0].policyPriority')
    expect(await statusOf(keddah, '/data/a', 'mallory')).toBe(403)
    expect(await statusOf(keddah, '/data/a', 'alice')).toBe(200)
  })

  // Attack: whoever may write the file, or a sync that went wrong, puts something there that could be read as no policies at
  // all: everything that was denied would be left to HDFS.
  test.each([
    ['an object of nothing', {}],
    ['a set without policies', { serviceName: 'hadoopdev', policyVersion: 9 }],
    ['a set whose policies are null', { serviceName: 'hadoopdev', policyVersion: 9, policies: null }],
    ['a set that names no service', { policyVersion: 9, policies: [] }],
    ['changes in the place of policies', { serviceName: 'hadoopdev', policies: [], policyDeltas: [] }],
    [
      'the set of another kind of service',
      {
        serviceName: 'hadoopdev',
        policies: [],
        serviceDef: { name: 'yarn', resources: [{ name: 'queue' }], accessTypes: [{ name: 'submit-app' }] },
      },
    ],
  ])('are not replaced by %s', async (_, swapped) => {
    write(keddah, JSON.stringify(swapped))
    const { code } = await cli(keddah, 'refresh', 'ranger-policies')
    expect(code).toBe(1)
    expect(await statusOf(keddah, '/data/a', 'mallory')).toBe(403)
  })

  test('are gone after an empty set, and the probe of readiness says so', async () => {
    write(keddah, hdfsDownload())
    expect((await cli(keddah, 'refresh', 'ranger-policies')).code).toBe(0)
    const ready = await (await fetch(`${keddah.admin}/readyz`)).text()
    expect(ready).toContain('the set of Ranger policies for HDFS')
  })

  test('count for whom somebody acts for, not for who acts', async () => {
    expect((await open(keddah, '/data/a', 'mallory', { more: '&doAs=alice' })).status).toBe(403)
    const own = await started({
      policies: FIRST,
      coreSite: {
        'hadoop.proxyuser.mallory.users': '*',
        'hadoop.proxyuser.alice.users': '*',
        'hadoop.proxyuser.mallory.hosts': '*',
        'hadoop.proxyuser.alice.hosts': '*',
      },
    })
    expect((await open(own, '/data/a', 'mallory', { more: '&doAs=alice' })).status).toBe(200)
    expect((await open(own, '/data/a', 'alice', { more: '&doAs=mallory' })).reason).toBe('ranger_deny')
  })
})

describe('a component', () => {
  test('that may not decide by itself refuses what no policy says anything about', async () => {
    const keddah = await started({ policies: FIRST, hdfs: { fallback: 'deny' } })
    expect(await statusOf(keddah, '/data/a', 'alice')).toBe(200)
    const answer = await open(keddah, '/data/a', 'bob')
    expect([answer.status, answer.reason]).toEqual([403, 'ranger_none'])
  })

  test('that was switched off Ranger is decided about by the roles, over a restart too', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'keddah-state-'))
    onTestFinished(() => rmSync(stateDir, { recursive: true }))
    const grants = [{ component: 'HDFS', resource: '/data', access: ['read', 'execute'] }]
    const roleBindings = [{ role: 'readers', users: ['mallory'] }]
    const parts = { policies: FIRST, settings: { stateDir, roles: { readers: { grants } }, roleBindings } }
    const first = await started(parts)
    const keddah = { ...first, stateDir }
    expect((await open(keddah, '/data/a', 'mallory')).reason).toBe('ranger_deny')
    expect((await cli(keddah, 'ranger', 'disable', 'HDFS')).code).toBe(0)
    expect(await statusOf(keddah, '/data/a', 'mallory')).toBe(200)
    expect((await open(keddah, '/data/a', 'alice')).reason).toBe('role')
    await first.stop()
    const again = { ...(await started(parts)), stateDir }
    expect(await statusOf(again, '/data/a', 'mallory')).toBe(200)
    expect((await cli(again, 'ranger', 'enable', 'HDFS')).code).toBe(0)
    expect((await open(again, '/data/a', 'mallory')).reason).toBe('ranger_deny')
  })
})

describe('a policy', () => {
  test('about an address believes in no header but that of a proxy that is trusted', async () => {
    const conditions = [{ type: 'ip-range', values: ['10.1.0.0/16'] }]
    const policies = hdfsDownload(hdfsPolicy('/data', { deny: [{ users: ['alice'], conditions }] }))
    const headers = { 'X-Forwarded-For': '10.1.2.3' }
    const plain = await started({ policies })
    expect((await open(plain, '/data/a', 'alice', { headers })).status).toBe(200)
    const behind = await started({ policies, settings: { trustedProxies: ['127.0.0.1'] } })
    expect((await open(behind, '/data/a', 'alice', { headers })).reason).toBe('ranger_deny')
    expect((await open(behind, '/data/a', 'alice')).status).toBe(200)
  })

  test('whose time is over decides nothing any more, though its decision was remembered', async () => {
    const policies = (end: number): string => {
      const endTime = wallClock(end)
      const more = { validitySchedules: [{ startTime: '2020/01/01 00:00:00', endTime, timeZone: 'GMT' }] }
      return hdfsDownload(hdfsPolicy('/data', { allow: [{ users: ['alice'] }], more }))
    }
    const keddah = await started({ policies: policies(Date.now() + 3_600_000), hdfs: { fallback: 'deny' } })
    expect(await statusOf(keddah, '/data/a', 'alice')).toBe(200)
    // Whole seconds, the last of which counts: what is answered before it is over may be an allow, nothing after it.
    const end = Date.now() + 2_000
    write(keddah, policies(end))
    expect((await cli(keddah, 'refresh', 'ranger-policies')).code).toBe(0)
    await waitFor(async () => {
      const askedAt = Date.now()
      const { status } = await open(keddah, '/data/a', 'alice')
      if (askedAt >= end + 1_000 && status !== 403) throw new Error(`${status} after its end`)
      return status === 403
    })
    expect((await open(keddah, '/data/a', 'alice')).reason).toBe('ranger_none')
  })

  test('about groups refuses everybody whose groups cannot be looked up', async () => {
    const policies = hdfsDownload(hdfsPolicy('/data', { deny: [{ groups: ['interns'] }] }))
    // No program answers so fast.
    const coreSite = { 'hadoop.security.groups.shell.command.timeout': '1ms' }
    const keddah = await started({ policies, settings: { groups: { provider: 'unix' } }, coreSite })
    const answer = await open(keddah, '/data/a', 'alice')
    expect([answer.status, answer.reason]).toEqual([403, 'groups_unavailable'])
  })
})

describe('without a mode', () => {
  test('no policies are read, and nobody is asked', async () => {
    const keddah = await started({ policies: 'torn', settings: { mode: undefined, components: undefined } })
    expect(await statusOf(keddah, '/data/a', 'mallory')).toBe(200)
    expect(await metric(keddah, 'keddah_permission_decisions_total')).toBe(0)
  })
})

describe('`config check`', () => {
  test('reads the policies of files, and names all that is wrong with them', async () => {
    const keddah = await started({ policies: FIRST, settings: { watch: { enabled: false } } })
    expect((await runKeddah(['config', 'check', keddah.configFile])).code).toBe(0)
    write(keddah, '{"serviceName": "other", "policies": [{"id": "x"}]}')
    const { code, stderr } = await runKeddah(['config', 'check', keddah.configFile])
    expect(code).toBe(78)
    expect(stderr).toContain('hdfs.json')
    expect(stderr).toContain('serviceName')
  })
})
