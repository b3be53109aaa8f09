import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../../src/sandbox/cluster.ts'
import { startTestApp, type TestApp } from '../../support/attack/app.ts'
import { CLIENT } from '../../support/policy.ts'

/**
 * What daemons in simple mode fall for, seen on live ones. Each attack is made on the bare daemon first, where it
 * succeeds, and then on Keddah in front of it, where it must not.
 */
let sandbox: Sandbox
let keddah: TestApp
beforeAll(async () => {
  sandbox = await startSandbox()
  const service = (kind: string, upstream: string): object => ({
    name: kind,
    kind,
    listen: '127.0.0.1:0',
    upstreams: [upstream],
  })
  keddah = await startTestApp({
    policy: {
      [CLIENT]: 'alice,hue',
      'security.applicationclient.protocol.acl': 'alice',
      'security.client.datanode.protocol.acl': 'alice',
      'security.service.authorization.default.acl': 'admin',
    },
    coreSite: { 'hadoop.proxyuser.hue.users': 'alice', 'hadoop.proxyuser.hue.hosts': '127.0.0.1' },
    settings: {
      services: [
        service('namenode', sandbox.nameNode),
        { ...service('datanode', sandbox.dataNode), nameNodes: ['127.0.0.1:8020'] },
        service('resourcemanager', sandbox.resourceManager),
      ],
    },
  })
})
afterAll(async () => {
  await keddah?.stop()
  await sandbox?.close()
})

type Daemon = 'namenode' | 'datanode' | 'resourcemanager'
type Init = { method?: string; body?: string; headers?: Record<string, string> }

const bareUrl = (daemon: Daemon): string =>
  ({ namenode: sandbox.nameNode, datanode: sandbox.dataNode, resourcemanager: sandbox.resourceManager })[
    daemon
  ]

const bare = (daemon: Daemon, target: string, init: Init = {}): Promise<Response> =>
  fetch(bareUrl(daemon) + target, { redirect: 'manual', ...init })
const guarded = (daemon: Daemon, target: string, init: Init = {}): Promise<Response> =>
  fetch(keddah.url(daemon) + target, { redirect: 'manual', ...init })

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** Who owns a path, as the NameNode itself says; undefined where it is not there. */
async function ownerOf(path: string): Promise<unknown> {
  const answer = await bare('namenode', `/webhdfs/v1${path}?op=GETFILESTATUS&user.name=root`)
  const body = (await answer.json()) as { FileStatus?: { owner?: unknown } }
  return body.FileStatus?.owner
}

/** Asks the bare NameNode and Keddah to make a folder, one each; says whose the two folders are. */
let made = 0
async function ownersAfter(
  query: string,
  init: Init = {},
): Promise<readonly [bare: unknown, guarded: unknown]> {
  made += 1
  const target = (name: string): string => `/webhdfs/v1/tmp/${name}-${made}?op=MKDIRS${query}`
  await bare('namenode', target('bare'), { method: 'PUT', ...init })
  await guarded('namenode', target('guarded'), { method: 'PUT', ...init })
  return [await ownerOf(`/tmp/bare-${made}`), await ownerOf(`/tmp/guarded-${made}`)]
}

describe('the NameNode', () => {
  // Attack: HTTP is not covered by service authorization at all.
  test('lets everybody list; Keddah lets those on the list', async () => {
    const list = (user: string): string => `/webhdfs/v1/?op=LISTSTATUS&user.name=${user}`
    expect((await bare('namenode', list('mallory'))).status).toBe(200)
    expect((await guarded('namenode', list('mallory'))).status).toBe(403)
    expect((await guarded('namenode', list('alice'))).status).toBe(200)
  })

  // Attack: the name in a form body is believed where the query has none.
  test.each(['user.name=root', 'user%2Ename=root&x=y'])(
    'believes the form %s; Keddah takes none',
    async (body) => {
      expect(await ownersAfter('', { headers: FORM, body })).toEqual(['root', undefined])
    },
  )

  // Attack: `doas` in a form body is read beside the name in the query.
  test('acts for whom a form names; Keddah takes no form', async () => {
    const owners = await ownersAfter('&user.name=hue', { headers: FORM, body: 'doas=root' })
    expect(owners).toEqual(['root', undefined])
  })

  // Attack: any `delegation` parameter switches the authentication filter off, and the name beside it is believed.
  test('believes a name beside a token that is none; Keddah refuses it', async () => {
    expect(await ownersAfter('&delegation=AAAA&user.name=root')).toEqual(['root', undefined])
    expect(await ownersAfter('&delegation=AAAA&user.name=alice')).toEqual(['alice', undefined])
  })

  // Attack: of several names the first counts, letter by letter.
  test.each([
    ['&user.name=root&user.name=alice', 'root'],
    ['&User.Name=alice&user.name=root', 'root'],
    ['&User.Name=alice', 'dr.who'],
  ])('takes %s for %s', async (query, expected) => {
    const [there, here] = await ownersAfter(query)
    expect(there).toBe(expected)
    expect([undefined, 'alice']).toContain(here)
  })

  // Attack: nobody at all may write, as `dr.who`.
  test('knows everybody who has no name as dr.who; Keddah asks for one', async () => {
    expect(await ownersAfter('')).toEqual(['dr.who', undefined])
    const answer = await guarded('namenode', '/webhdfs/v1/?op=LISTSTATUS')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('PseudoAuth')
  })

  // Attack: a check of the file system as root, for whoever asks.
  test('runs fsck as `ugi` says; Keddah asks whether the caller is an administrator', async () => {
    const target = '/fsck?ugi=root&path=/'
    expect(await (await bare('namenode', target)).text()).toContain('FSCK started by root')
    for (const name of ['', '&user.name=mallory', '&user.name=alice'])
      expect([401, 403]).toContain((await guarded('namenode', target + name)).status)
    const checked = await (await guarded('namenode', `${target}&user.name=admin`)).text()
    expect(checked).toContain('FSCK started by admin')
  })

  // Attack: the whole image of the file system, all settings and all threads, for whoever asks.
  test.each(['/imagetransfer?getimage=1&txid=latest', '/jmx', '/conf', '/stacks'])(
    'shows %s to everybody; Keddah to administrators',
    async (target) => {
      expect((await bare('namenode', target)).status).toBe(200)
      const mark = target.includes('?') ? '&' : '?'
      for (const name of ['', `${mark}user.name=mallory`, `${mark}user.name=alice`]) {
        const answer = await guarded('namenode', target + name)
        expect([401, 403]).toContain(answer.status)
        expect(await answer.text()).not.toMatch(/beans|hadoop\.security|Thread/)
      }
    },
  )

  // Attack: a list of every parameter there is, as a first step.
  test('tells its parameters to OPTIONS; Keddah does not', async () => {
    expect((await bare('namenode', '/webhdfs/v1', { method: 'OPTIONS' })).status).toBe(200)
    const answer = await guarded('namenode', '/webhdfs/v1?user.name=alice', { method: 'OPTIONS' })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(await answer.text()).not.toMatch(/wadl|resource_type|excludedatanodes/i)
  })

  // Attack: its cookie binds a browser to a user.
  test('gives a cookie away; Keddah keeps it', async () => {
    const target = '/webhdfs/v1/?op=LISTSTATUS&user.name=alice'
    expect((await bare('namenode', target)).headers.get('set-cookie')).toContain('hadoop.auth')
    expect((await guarded('namenode', target)).headers.get('set-cookie')).toBe(null)
  })

  // Attack: its path is another one's after it has been decided on.
  test.each(['/%77ebhdfs/v1/', '/webhdfs/v1;x=y/', '/webhdfs/v1/../v1/'])(
    'serves %s as WebHDFS',
    async (path) => {
      const query = '?op=LISTSTATUS&user.name=mallory'
      expect((await bare('namenode', path + query)).status).toBe(200)
      expect([400, 403]).toContain((await guarded('namenode', path + query)).status)
    },
  )

  // Attack: impersonation by a user who has no rule for it at Keddah, though the daemon has one.
  test('lets a proxy user act for anybody; Keddah for whom its rule names', async () => {
    const list = (doAs: string): string => `/webhdfs/v1/?op=LISTSTATUS&user.name=hue&doas=${doAs}`
    expect((await bare('namenode', list('root'))).status).toBe(200)
    expect((await guarded('namenode', list('root'))).status).toBe(403)
    expect((await guarded('namenode', list('alice'))).status).toBe(200)
    // Without Kerberos Hadoop cuts realms off; the name that is sent is the one that was decided on.
    await guarded('namenode', list('alice%40EVIL.REALM'))
    expect(sandbox.requests().at(-1)?.target).toMatch(/&user\.name=hue&doas=alice$/)
  })
})

describe('the DataNode', () => {
  // Attack: it connects to whatever address it is told, and believes every name.
  test('connects to any NameNode it is told; Keddah knows which ones there are, and who is on the list', async () => {
    const target = (user: string, nameNode: string): string =>
      `/webhdfs/v1/x?op=OPEN&namenoderpcaddress=${nameNode}&user.name=${user}`
    expect((await bare('datanode', target('mallory', 'evil.example:8020'))).status).not.toBe(401)
    const before = sandbox.requests().length
    for (const user of ['mallory', 'alice']) {
      const answer = await guarded('datanode', target(user, 'evil.example:8020'))
      expect([answer.status, answer.headers.get('x-keddah-reason')]).toEqual([403, 'name_node'])
    }
    const mallory = await guarded('datanode', target('mallory', '127.0.0.1:8020'))
    expect([mallory.status, mallory.headers.get('x-keddah-reason')]).toEqual([403, 'acl'])
    expect(sandbox.requests()).toHaveLength(before)
    expect((await guarded('datanode', target('alice', '127.0.0.1:8020'))).status).toBe(404)
  })

  // Attack: the NameNode is made to hand on the address of a DataNode's NameNode.
  test('is told its NameNode by nobody but the NameNode', async () => {
    const target = '/webhdfs/v1/x?op=OPEN&namenoderpcaddress=evil.example:8020&user.name=alice'
    expect((await guarded('namenode', target)).status).toBe(400)
  })
})

describe('the ResourceManager', () => {
  // Attack: applications are killed by nobody in particular.
  test('lets anybody make and kill applications; Keddah lets those on the list', async () => {
    const path = '/ws/v1/cluster/apps/new-application'
    expect((await bare('resourcemanager', path, { method: 'POST' })).status).toBe(200)
    expect((await guarded('resourcemanager', path, { method: 'POST' })).status).toBe(401)
    const mallory = await guarded('resourcemanager', `${path}?user.name=mallory`, { method: 'POST' })
    expect(mallory.status).toBe(403)
    expect((await guarded('resourcemanager', `${path}?user.name=alice`, { method: 'POST' })).status).toBe(200)
  })

  // Attack: a cookie beats the name in the query, so that the decision is made on one user and the deed is another's.
  test('prefers a cookie to the name; no cookie of a client gets there', async () => {
    const other = await bare('resourcemanager', '/ws/v1/cluster/info?user.name=root')
    const cookie = (other.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    expect(cookie).toContain('hadoop.auth')
    for (const sent of [cookie, `a=b; ${cookie}`, cookie.replace('hadoop.auth', 'hadoop.auth ')]) {
      const before = sandbox.requests().length
      const init = { headers: { Cookie: sent } }
      await guarded('resourcemanager', '/ws/v1/cluster/info?user.name=alice', init)
      const [seen] = sandbox.requests().slice(before)
      expect(seen?.target).toBe('/ws/v1/cluster/info?user.name=alice')
      expect(seen?.rawHeaders.join('\n')).not.toContain('hadoop.auth')
    }
  })

  // Attack: logs and log levels, read and changed by whoever asks.
  test.each(['/logs/', '/logLevel?log=root&level=OFF'])(
    'opens %s to everybody; Keddah to administrators',
    async (target) => {
      expect((await bare('resourcemanager', target)).status).toBe(200)
      const name = `${target.includes('?') ? '&' : '?'}user.name=alice`
      expect((await guarded('resourcemanager', target)).status).toBe(401)
      expect((await guarded('resourcemanager', target + name)).status).toBe(403)
    },
  )

  // Attack: a path that a standby copies into a redirect to another server.
  test('is never asked for a path that is a server elsewhere', async () => {
    for (const path of ['//evil.example/x', '/ws/v1//evil.example', '/%2f/evil.example', '/\\evil.example']) {
      const answer = await guarded('resourcemanager', `${path}?user.name=alice`)
      expect([400, 403, 404]).toContain(answer.status)
      expect(answer.headers.get('location')).toBe(null)
    }
  })
})
