import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, ask, type AskOptions, webHdfs } from '../support/hadoop/ask.ts'
import type { Hadoop } from '../support/hadoop/cluster.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import {
  APPLICATION_PROTOCOL,
  CLIENT_PROTOCOL,
  essence,
  restRefusal,
  webHdfsRefusal,
} from '../support/hadoop/words.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

const JSON_TYPE = { 'Content-Type': 'application/json' }

/**
 * One request of every class of route.
 * `bare`: what the daemon alone answers mallory; `allowed`: whom Keddah lets through, with the daemon's own answer.
 */
interface Row {
  readonly what: string
  readonly daemon: 'namenode' | 'resourcemanager'
  readonly method: string
  readonly target: string
  readonly more?: AskOptions
  readonly bare: number
  readonly allowed?: string
}

const ROWS: readonly Row[] = [
  { what: 'a read', daemon: 'namenode', method: 'GET', target: webHdfs('/', 'op=LISTSTATUS'), bare: 200 },
  {
    what: 'a read with HEAD',
    daemon: 'namenode',
    method: 'HEAD',
    target: webHdfs('/', 'op=GETFILESTATUS'),
    bare: 200,
  },
  {
    what: 'a write',
    daemon: 'namenode',
    method: 'PUT',
    target: webHdfs('/open/refusals', 'op=MKDIRS'),
    bare: 200,
  },
  {
    what: 'a delete',
    daemon: 'namenode',
    method: 'DELETE',
    target: webHdfs('/open/none', 'op=DELETE'),
    bare: 200,
  },
  {
    what: 'the redirect of CREATE',
    daemon: 'namenode',
    method: 'PUT',
    target: webHdfs('/open/f', 'op=CREATE'),
    bare: 307,
  },
  {
    what: 'the redirect as JSON',
    daemon: 'namenode',
    method: 'PUT',
    target: webHdfs('/open/f', 'op=CREATE&noredirect=true'),
    bare: 200,
  },
  {
    what: 'a token',
    daemon: 'namenode',
    method: 'GET',
    target: webHdfs('/', 'op=GETDELEGATIONTOKEN&renewer=x'),
    bare: 200,
  },
  { what: 'a page for people', daemon: 'namenode', method: 'GET', target: '/dfshealth.html', bare: 200 },
  {
    what: 'a page for people below /static',
    daemon: 'namenode',
    method: 'GET',
    target: '/static/hadoop.css',
    bare: 200,
  },
  {
    what: 'a page for monitors',
    daemon: 'namenode',
    method: 'GET',
    target: '/jmx',
    bare: 200,
    allowed: 'root',
  },
  {
    what: 'the configuration',
    daemon: 'namenode',
    method: 'GET',
    target: '/conf',
    bare: 200,
    allowed: 'root',
  },
  {
    what: 'the file system check',
    daemon: 'namenode',
    method: 'GET',
    target: '/fsck?path=/open',
    bare: 200,
    allowed: 'root',
  },
  {
    what: 'a read of the ResourceManager',
    daemon: 'resourcemanager',
    method: 'GET',
    target: '/ws/v1/cluster/apps',
    bare: 200,
  },
  {
    what: 'a write to the ResourceManager',
    daemon: 'resourcemanager',
    method: 'POST',
    target: '/ws/v1/cluster/apps/new-application',
    bare: 200,
  },
  {
    // The daemon itself answers 403, with words of its own: tokens need Kerberos.
    what: 'a token of the ResourceManager',
    daemon: 'resourcemanager',
    method: 'POST',
    target: '/ws/v1/cluster/delegation-token',
    more: { headers: JSON_TYPE, body: '{"renewer":"x"}' },
    bare: 403,
  },
  {
    what: 'a page of the ResourceManager',
    daemon: 'resourcemanager',
    method: 'GET',
    target: '/cluster/nodes',
    bare: 200,
  },
  {
    what: 'the configuration of the ResourceManager',
    daemon: 'resourcemanager',
    method: 'GET',
    target: '/conf',
    bare: 200,
    allowed: 'root',
  },
]

const as = (target: string, user: string): string =>
  `${target}${target.includes('?') ? '&' : '?'}user.name=${user}`

withHadoop('mallory, whom the policy shuts out', (hadoop) => {
  let keddah: Keddah
  beforeAll(async () => {
    keddah = await startKeddah({
      hadoop,
      services: [
        { name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode },
        { name: 'resourcemanager', kind: 'resourcemanager', upstream: hadoop.resourceManager },
      ],
      policy: POLICY,
    })
  })
  afterAll(async () => keddah?.stop())

  const through = (row: Row, user: string): Promise<Answer> =>
    ask(keddah.url(row.daemon), row.method, as(row.target, user), row.more)
  const direct = (row: Row, user: string): Promise<Answer> =>
    ask(bareUrl(hadoop, row.daemon), row.method, as(row.target, user), row.more)

  test.each(ROWS)('is refused $what by Keddah, which the bare daemon decides alone', async (row) => {
    const bare = await direct(row, 'mallory')
    expect(bare.status).toBe(row.bare)
    const refused = await through(row, 'mallory')
    expect(refused).toMatchObject({ status: 403, headers: { 'x-keddah-reason': 'acl' } })
    expect(refused.headers['x-keddah-request-id']).toMatch(/./)
    expect(refused.headers['set-cookie']).toBe(undefined)
    expect(refused.body.length === 0 || refused.text !== bare.text).toBe(true)
  })

  test.each(ROWS)(
    'does not stand in the way of $what for others, who get what the bare daemon gives',
    async (row) => {
      const user = row.allowed ?? 'alice'
      const bare = await direct(row, user)
      const allowed = await through(row, user)
      expect(allowed.status).toBe(bare.status)
      expect(allowed.headers['content-type']).toBe(bare.headers['content-type'])
      expect(allowed.headers['x-keddah-reason']).toBe(undefined)
    },
  )

  test('reads the words that Hadoop has for it, in the form of WebHDFS', async () => {
    const answer = await ask(keddah.url('namenode'), 'GET', webHdfs('/', 'op=LISTSTATUS&user.name=mallory'))
    expect(essence(answer)).toEqual({
      status: 403,
      reason: 'acl',
      text: webHdfsRefusal('mallory', CLIENT_PROTOCOL),
    })
    expect(answer.headers['content-type']).toBe('application/json')
  })

  test('reads them in the form of the ResourceManager, as JSON or XML', async () => {
    const target = '/ws/v1/cluster/apps?user.name=mallory'
    const json = await ask(keddah.url('resourcemanager'), 'GET', target)
    expect(essence(json)).toEqual({
      status: 403,
      reason: 'acl',
      text: restRefusal('mallory', APPLICATION_PROTOCOL),
    })
    const xml = await ask(keddah.url('resourcemanager'), 'GET', target, {
      headers: { Accept: 'application/xml' },
    })
    expect(xml.status).toBe(403)
    expect(xml.headers['content-type']).toMatch(/^application\/xml/)
    expect(xml.text).toContain('<exception>AuthorizationException</exception>')
  })

  test('sees nothing of the page behind, nor her name on the one that says no', async () => {
    const { text } = await ask(keddah.url('namenode'), 'GET', '/dfshealth.html?user.name=mallory', {
      headers: { Accept: 'text/html' },
    })
    expect(text).not.toContain('mallory')
    expect(text).not.toContain('dfshealth.js')
  })

  test('is not kept from the health page, which answers everybody', async () => {
    for (const daemon of ['namenode', 'resourcemanager'] as const) {
      expect(await ask(keddah.url(daemon), 'GET', '/isActive')).toMatchObject({
        status: 200,
        text: expect.stringContaining('I am Active!'),
      })
    }
  })
})

const bareUrl = (hadoop: Hadoop, daemon: Row['daemon']): string =>
  daemon === 'namenode' ? hadoop.nameNode : hadoop.resourceManager
