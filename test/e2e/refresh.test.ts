import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/cluster.ts'
import { hadoopXml, type KeddahProcess, runKeddah, startKeddah, waitFor } from '../support/keddah.ts'

const CLIENT = 'security.client.protocol.acl'
const REFRESH = 'security.refresh.policy.protocol.acl'
const MAPPINGS = 'security.refresh.user.mappings.protocol.acl'
const me = userInfo().username

/** Who may list, and who may refresh. */
const policyFor = (users: string, admins = me): string =>
  hadoopXml({ [CLIENT]: users, [REFRESH]: admins, [MAPPINGS]: admins })

let sandbox: Sandbox
let keddah: KeddahProcess
const settings = (): { services: object[] } & Record<string, unknown> => ({
  watch: { enabled: true, poll: '60s' },
  services: [{ name: 'namenode', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [sandbox.nameNode] }],
})
beforeAll(async () => {
  sandbox = await startSandbox()
  keddah = await startKeddah({ policy: policyFor('alice'), settings: settings() })
})
afterAll(async () => {
  await keddah.stop()
  await sandbox.close()
})

const write = (text: string): void => {
  writeFileSync(`${keddah.policyFile}.new`, text)
  renameSync(`${keddah.policyFile}.new`, keddah.policyFile)
}

const statusOf = async (user: string): Promise<number> =>
  (await fetch(`${keddah.urls.get('namenode')}/webhdfs/v1/?op=LISTSTATUS&user.name=${user}`)).status

const isAllowed = async (user: string): Promise<boolean> => (await statusOf(user)) === 200

const post = async (scope: string, token = keddah.token()): Promise<[number, Record<string, unknown>]> => {
  const headers = { Authorization: `Bearer ${token}` }
  const answer = await fetch(`${keddah.admin}/admin/v1/refresh/${scope}`, { method: 'POST', headers })
  return [answer.status, (await answer.json()) as Record<string, unknown>]
}

const cli = (...args: string[]): ReturnType<typeof runKeddah> =>
  runKeddah([...args, '--admin', keddah.admin, '--token-file', join(keddah.stateDir, 'admin.token')])

const metrics = async (): Promise<string> => (await fetch(`${keddah.admin}/metrics`)).text()

describe('the file watch', () => {
  beforeEach(async () => {
    write(policyFor('alice'))
    await waitFor(async () => (await isAllowed('alice')) && !(await isAllowed('bob')))
  })

  test('takes up a file that is renamed over, and one that is written in place', async () => {
    write(policyFor('bob'))
    await waitFor(() => isAllowed('bob'))
    expect(await statusOf('alice')).toBe(403)
    writeFileSync(keddah.policyFile, policyFor('alice,bob'))
    await waitFor(() => isAllowed('alice'))
    expect(await statusOf('bob')).toBe(200)
  })

  test('ends with the second of two writes a millisecond apart, again and again', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [first, second] = round % 2 === 0 ? ['carol', 'bob'] : ['bob', 'carol']
      write(policyFor(first))
      await sleep(1)
      write(policyFor(second))
      await waitFor(() => isAllowed(second))
      expect(await statusOf(first)).toBe(403)
    }
  })

  test('follows a swap of symbolic links, as Kubernetes makes it', async () => {
    const { policyDir, policyFile } = keddah
    const publish = (name: string, users: string): void => {
      mkdirSync(join(policyDir, name))
      writeFileSync(join(policyDir, name, 'hadoop-policy.xml'), policyFor(users))
      symlinkSync(name, join(policyDir, '..data_tmp'))
      renameSync(join(policyDir, '..data_tmp'), join(policyDir, '..data'))
    }
    publish('..2026_1', 'bob')
    rmSync(policyFile)
    symlinkSync('..data/hadoop-policy.xml', policyFile)
    await waitFor(() => isAllowed('bob'))
    publish('..2026_2', 'carol')
    rmSync(join(policyDir, '..2026_1'), { recursive: true })
    await waitFor(() => isAllowed('carol'))
    expect(await statusOf('bob')).toBe(403)
    rmSync(policyFile)
  })
})

describe('without the file watch', () => {
  beforeAll(async () => {
    write(policyFor('alice'))
    writeFileSync(
      keddah.configFile,
      JSON.stringify({ ...plainSettings(), watch: { enabled: false, poll: '60s' } }),
    )
    keddah.signal('SIGHUP')
    await waitFor(() => keddah.log().some(({ msg, trigger }) => msg === 'refreshed' && trigger === 'signal'))
  })
  beforeEach(async () => {
    write(policyFor('alice'))
    await post('service-acl')
    await waitFor(async () => (await isAllowed('alice')) && !(await isAllowed('bob')))
  })

  const plainSettings = (): object => ({
    hadoop: { confDir: 'conf' },
    stateDir: 'state',
    admin: { listen: '127.0.0.1:0' },
    identity: { authenticators: [{ kind: 'pseudo' }] },
    groups: { provider: 'static', overrides: {} },
    audit: { file: 'audit.log' },
    ...settings(),
  })
  const lastRefresh = (): Record<string, unknown> | undefined =>
    keddah.log().findLast(({ msg }) => String(msg).includes('refresh'))

  test('nothing happens by itself; SIGHUP loads everything anew', async () => {
    write(policyFor('bob'))
    await sleep(300)
    expect(await statusOf('bob')).toBe(403)
    renameSync(keddah.auditFile, `${keddah.auditFile}.1`)
    keddah.signal('SIGHUP')
    await waitFor(() => isAllowed('bob'))
    expect(await statusOf('alice')).toBe(403)
    await waitFor(() => existsSync(keddah.auditFile))
  })

  test('the very next request after an answer of the admin listener is decided by the new policy', async () => {
    write(policyFor('bob'))
    const [status, { revision, previous, changed }] = await post('service-acl')
    expect(await statusOf('bob')).toBe(200)
    expect({ status, changed, isNew: revision !== previous }).toEqual({
      status: 200,
      changed: true,
      isNew: true,
    })
    expect(await post('service-acl')).toEqual([200, { revision, previous: revision, changed: false }])
  })

  test('each scope takes up its own keys and leaves the others', async () => {
    write(
      hadoopXml({
        [CLIENT]: 'alice staff',
        [REFRESH]: me,
        [MAPPINGS]: me,
        'hadoop.proxyuser.hue.users': 'alice',
      }),
    )
    const doAs = async (): Promise<number> => {
      const query = 'op=LISTSTATUS&user.name=hue&doas=alice'
      return (await fetch(`${keddah.urls.get('namenode')}/webhdfs/v1/?${query}`)).status
    }
    writeFileSync(
      keddah.coreSiteFile,
      hadoopXml({ 'hadoop.proxyuser.hue.hosts': '*', 'hadoop.proxyuser.hue.users': 'alice' }),
    )
    expect([await post('service-acl'), await doAs()]).toMatchObject([[200, {}], 403])
    expect([await post('proxy-users'), await doAs()]).toMatchObject([[200, { changed: true }], 200])
    const overrides = { bob: ['staff'] }
    writeFileSync(
      keddah.configFile,
      JSON.stringify({ ...plainSettings(), groups: { provider: 'static', overrides } }),
    )
    expect([await post('service-acl'), await statusOf('bob')]).toMatchObject([[200, {}], 403])
    expect([await post('user-mappings'), await statusOf('bob')]).toMatchObject([
      [200, { changed: true }],
      200,
    ])
  })

  test('keddah refresh asks for one or for all, and says what has changed', async () => {
    write(policyFor('bob'))
    const one = await cli('refresh', 'service-acl')
    expect({ code: one.code, stderr: one.stderr }).toEqual({ code: 0, stderr: '' })
    expect(one.stdout).toMatch(/^service-acl: changed, revision [0-9a-f]{16} \(before: [0-9a-f]{16}\)\n$/)
    expect(await statusOf('bob')).toBe(200)
    write(policyFor('carol'))
    const all = await cli('refresh', '--json')
    expect([all.code, JSON.parse(all.stdout)]).toMatchObject([
      0,
      {
        changed: true,
        results: [
          { scope: 'service-acl', changed: true },
          { scope: 'user-mappings' },
          { scope: 'proxy-users' },
          { scope: 'ranger-policies' },
        ],
      },
    ])
    expect(await statusOf('carol')).toBe(200)
  })

  test('a user whom the policy in force shuts out may not refresh, whatever the file says by now', async () => {
    write(policyFor('alice', 'somebody'))
    expect((await post('service-acl'))[0]).toBe(200)
    write(policyFor('bob'))
    expect(await post('service-acl')).toMatchObject([403, { error: { code: 'acl' } }])
    const { code, stderr } = await cli('refresh', 'service-acl')
    expect(code).toBe(1)
    expect(stderr).toContain(`User ${me} (auth:TOKEN) is not authorized`)
    expect([await statusOf('alice'), await statusOf('bob')]).toEqual([200, 403])
    // SIGHUP needs no right.
    keddah.signal('SIGHUP')
    await waitFor(() => isAllowed('bob'))
  })

  test('an unknown token is refused', async () => {
    expect((await post('service-acl', 'x'.repeat(43)))[0]).toBe(401)
    const { code, stderr } = await runKeddah(['refresh', '--admin', keddah.admin], {
      environment: { KEDDAH_ADMIN_TOKEN: 'wrong' },
    })
    expect(code).toBe(1)
    expect(stderr).toContain('the token that was sent is not known there')
  })

  test('a broken file changes nothing, and all its problems are told everywhere', async () => {
    const before = (await post('service-acl'))[1]['revision']
    write(
      hadoopXml({
        [CLIENT]: 'bob',
        'security.client.protocol.hosts': '10.0.0.0/99',
        'security.admin.operations.protocol.hosts': '300.1.1.1/8',
      }),
    )
    const [status, { error }] = await post('service-acl')
    expect([status, error]).toMatchObject([
      422,
      {
        code: 'ERR_POLICY_CIDR',
        problems: [
          { file: keddah.policyFile, line: 3, key: 'security.client.protocol.hosts' },
          { file: keddah.policyFile, line: 4, key: 'security.admin.operations.protocol.hosts' },
        ],
      },
    ])
    expect([await statusOf('alice'), await statusOf('bob')]).toEqual([200, 403])

    const refused = await cli('refresh', 'service-acl')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/hadoop-policy\.xml:3:\d+: error: .*\n/)
    expect(refused.stderr).toMatch(/service-acl: refused, the old policy stays in force/)

    const shown = await cli('policy', 'show')
    expect(shown.code).toBe(0)
    expect(shown.stdout).toContain(`revision ${String(before)}`)
    expect(shown.stdout).toMatch(
      /the refresh of .* \(admin\) failed with ERR_POLICY_CIDR; this policy stayed in force:\n/,
    )
    expect(shown.stdout).toMatch(/hadoop-policy\.xml:3:\d+: error: /)
    expect(shown.stdout).toMatch(/hadoop-policy\.xml:4:\d+: error: /)

    expect(await metrics()).toMatch(/keddah_refreshes_total\{trigger="admin",result="failed"\} [1-9]/)
    expect(await metrics()).toMatch(/keddah_policy_reload_failures_total\{reason="err_policy_cidr"\} [1-9]/)
    const ready = await fetch(`${keddah.admin}/readyz`)
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { ready: true, warnings: [expect.any(String)] },
    ])

    write(policyFor('bob'))
    expect(await post('service-acl')).toMatchObject([200, { previous: before, changed: true }])
    const mended = await cli('policy', 'show', '--json')
    expect(JSON.parse(mended.stdout)).toMatchObject({ lastFailure: null })
  })

  test.each([
    ['malformed', '<configuration><property>'],
    ['empty', ''],
    ['of another root', '<policy/>'],
    ['with a DOCTYPE', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><configuration/>'],
  ])('a file that is %s keeps the old policy', async (_, text) => {
    write(text)
    expect((await post('service-acl'))[0]).toBe(422)
    const failures = (): number =>
      keddah.log().filter(({ level, trigger }) => level === 'error' && trigger === 'signal').length
    const before = failures()
    keddah.signal('SIGHUP')
    await waitFor(() => failures() > before)
    expect([await statusOf('alice'), await statusOf('bob')]).toEqual([200, 403])
  })

  test('SIGHUP takes up services that come, change and go, and says what needs a restart', async () => {
    const [namenode] = settings().services
    const more = {
      name: 'resourcemanager',
      kind: 'resourcemanager',
      listen: '127.0.0.1:0',
      upstreams: [sandbox.resourceManager],
    }
    const reload = async (services: object[], others: object = {}): Promise<void> => {
      const count = keddah.log().length
      writeFileSync(keddah.configFile, JSON.stringify({ ...plainSettings(), ...others, services }))
      keddah.signal('SIGHUP')
      await waitFor(() =>
        keddah
          .log()
          .slice(count)
          // The line about a refresh over the admin listener may come after its answer.
          .some(({ msg, trigger }) => msg === 'refreshed' && trigger === 'signal'),
      )
    }
    const urlOf = (name: string): unknown =>
      keddah.log().findLast(({ msg, service }) => msg === 'listening' && service === name)?.['url']

    await reload([namenode ?? {}, more], { audit: { file: 'other.log' } })
    await waitFor(() => urlOf('resourcemanager') !== undefined)
    const url = String(urlOf('resourcemanager'))
    expect((await fetch(`${url}/ws/v1/cluster/info?user.name=alice`)).status).toBe(200)
    expect(keddah.log().map(({ msg }) => msg)).toContain(
      '`audit.file` has changed: it counts after a restart',
    )

    await reload([{ ...namenode, enforcement: 'observe' }, more])
    expect(await statusOf('mallory')).toBe(200)
    await reload([namenode ?? {}])
    expect(await statusOf('mallory')).toBe(403)
    await waitFor(() =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    )
    expect(await statusOf('alice')).toBe(200)

    // An address that is taken: the whole refresh is refused, see refresh-listeners.test.ts.
    const taken = new URL(sandbox.nameNode).host
    const services = [namenode ?? {}, { ...more, listen: taken }]
    writeFileSync(keddah.configFile, JSON.stringify({ ...plainSettings(), services }))
    keddah.signal('SIGHUP')
    await waitFor(() => String(lastRefresh()?.['msg']).includes('the old policy stays in force'))
    expect(lastRefresh()).toMatchObject({
      code: 'ERR_CONFIG_LISTEN',
      problems: [{ key: 'services[1].listen' }],
    })
    expect((await fetch(`${keddah.admin}/readyz`)).status).toBe(200)
    const shown = await cli('policy', 'show', '--json')
    expect(JSON.parse(shown.stdout)).toMatchObject({ lastFailure: { code: 'ERR_CONFIG_LISTEN' } })
    expect(await statusOf('alice')).toBe(200)
  })
})
