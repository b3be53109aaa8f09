import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { application, fieldOf, kill, newApplication, submit } from '../support/hadoop/applications.ts'
import { type Answer, ask, webHdfs } from '../support/hadoop/ask.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** Each test tells the attack, shows that the bare daemon falls for it, and that it ends at Keddah. */
withHadoop('holes of the bare daemons that Keddah closes', (hadoop) => {
  let keddah: Keddah
  let nameNode = ''
  let resourceManager = ''
  beforeAll(async () => {
    keddah = await startKeddah({
      hadoop,
      services: [
        { name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode },
        { name: 'resourcemanager', kind: 'resourcemanager', upstream: hadoop.resourceManager },
      ],
      policy: POLICY,
    })
    nameNode = keddah.url('namenode')
    resourceManager = keddah.url('resourcemanager')
  })
  afterAll(async () => keddah?.stop())

  /** Owner of a file as the NameNode sees it; undefined where there is none. */
  const ownerOf = async (path: string): Promise<string | undefined> =>
    fieldOf(await ask(hadoop.nameNode, 'GET', webHdfs(path, 'op=GETFILESTATUS&user.name=root')), 'owner')

  describe('identity where nobody looks for it', () => {
    test('a form body says `user.name=root`: root makes the folder on the bare daemon, nobody behind Keddah', async () => {
      const form = { headers: FORM, body: 'user.name=root' }
      expect((await ask(hadoop.nameNode, 'PUT', webHdfs('/by-form', 'op=MKDIRS'), form)).status).toBe(200)
      expect(await ownerOf('/by-form')).toBe('root')

      for (const query of ['op=MKDIRS', 'op=MKDIRS&user.name=alice', 'op=MKDIRS&user.name=root']) {
        const answer = await ask(nameNode, 'PUT', webHdfs('/by-form-2', query), form)
        expect(answer, `query ${query}`).toMatchObject({
          status: 400,
          headers: { 'x-keddah-reason': 'form_body' },
        })
      }
      expect(await ownerOf('/by-form-2')).toBe(undefined)
    })

    test('a form body says `doas=root`: the bare daemon reads it, Keddah lets no such body through', async () => {
      const form = { headers: FORM, body: 'doas=root' }
      const target = webHdfs('/open/by-doas', 'op=MKDIRS&user.name=alice')
      const bare = await ask(hadoop.nameNode, 'PUT', target, form)
      expect(bare.text).toContain('User: alice is not allowed to impersonate root')
      const answer = await ask(nameNode, 'PUT', target, form)
      expect(answer).toMatchObject({ status: 400, headers: { 'x-keddah-reason': 'form_body' } })
      expect(answer.text).not.toContain('impersonate')
      expect(await ownerOf('/open/by-doas')).toBe(undefined)
    })

    test('`delegation=AAAA&user.name=root` goes around the authentication filter, not around Keddah', async () => {
      const target = webHdfs('/', 'op=LISTSTATUS&delegation=AAAA&user.name=root')
      expect((await ask(hadoop.nameNode, 'GET', target)).status).toBe(200)
      const answer = await ask(nameNode, 'GET', target)
      expect(answer).toMatchObject({ status: 400, headers: { 'x-keddah-reason': 'delegation' } })
      expect(answer.text).not.toContain('FileStatuses')
      const write = webHdfs('/by-token', 'op=MKDIRS&delegation=AAAA&user.name=root')
      expect((await ask(nameNode, 'PUT', write)).status).toBe(400)
      expect(await ownerOf('/by-token')).toBe(undefined)
    })

    test('`user.name` twice: the bare daemon takes the first, Keddah takes neither', async () => {
      const names = 'op=MKDIRS&user.name=root&user.name=alice'
      expect((await ask(hadoop.nameNode, 'PUT', webHdfs('/by-twice', names))).status).toBe(200)
      expect(await ownerOf('/by-twice')).toBe('root')
      for (const twice of [
        names,
        'op=MKDIRS&user.name=alice&user.name=root',
        'op=MKDIRS&User.Name=root&user%2Ename=alice',
      ]) {
        expect((await ask(nameNode, 'PUT', webHdfs('/by-twice-2', twice))).status, `twice ${twice}`).toBe(400)
      }
      expect(await ownerOf('/by-twice-2')).toBe(undefined)
    })

    test("mallory's cookie beats `user.name=alice` at the ResourceManager; Keddah neither hands out nor passes one", async () => {
      const login = await ask(hadoop.resourceManager, 'GET', '/ws/v1/cluster/info?user.name=mallory')
      const cookie = cookieOf(login)
      expect(cookie).toMatch(/^hadoop\.auth=.*u=mallory/)
      const through = await ask(resourceManager, 'GET', '/ws/v1/cluster/info?user.name=alice')
      expect(through.status).toBe(200)
      expect(through.headers['set-cookie']).toBe(undefined)

      const submitted = async (base: string): Promise<string | undefined> => {
        const id = await newApplication(base, 'alice')
        expect((await submit(base, id, 'alice', { Cookie: cookie })).status).toBe(202)
        const user = fieldOf(await application(hadoop.resourceManager, id, 'root'), 'user')
        await kill(hadoop.resourceManager, id, 'root')
        return user
      }
      expect(await submitted(hadoop.resourceManager)).toBe('mallory')
      expect(await submitted(resourceManager)).toBe('alice')
    })
  })

  describe('pages that are open to anybody', () => {
    test('`/fsck?ugi=root` runs as root for an anonymous caller; behind Keddah only for whom the policy names', async () => {
      const target = '/fsck?path=/&ugi=root'
      const bare = await ask(hadoop.nameNode, 'GET', target)
      expect(bare.text).toMatch(/^FSCK started by root /)
      expect((await ask(nameNode, 'GET', target)).status).toBe(401)
      expect(await ask(nameNode, 'GET', `${target}&user.name=alice`)).toMatchObject({
        status: 403,
        headers: { 'x-keddah-reason': 'acl' },
      })
      const allowed = await ask(nameNode, 'GET', '/fsck?path=/open&ugi=alice&user.name=root')
      expect(allowed.text, '`ugi` is not passed on').toMatch(/^FSCK started by root /)
    })

    test('`/imagetransfer` hands the whole file system image to anybody; behind Keddah to other NameNodes', async () => {
      const target = '/imagetransfer?getimage=1&txid=latest'
      const bare = await ask(hadoop.nameNode, 'GET', target)
      expect(bare.status).toBe(200)
      expect(bare.body.subarray(0, 7).toString('latin1')).toBe('HDFSIMG')
      const anonymous = await ask(nameNode, 'GET', target)
      expect(anonymous.status).toBe(401)
      expect(anonymous.body.includes('HDFSIMG')).toBe(false)
      const refused = await ask(nameNode, 'GET', `${target}&user.name=alice`)
      expect(refused).toMatchObject({ status: 403, headers: { 'x-keddah-reason': 'acl' } })
      expect(refused.body.includes('HDFSIMG')).toBe(false)
      const root = await ask(nameNode, 'GET', `${target}&user.name=root`)
      expect(root.body.subarray(0, 7).toString('latin1')).toBe('HDFSIMG')
    })

    test.each([
      { daemon: 'namenode', page: '/jmx', sign: 'modelerType' },
      { daemon: 'namenode', page: '/conf', sign: 'dfs.namenode' },
      { daemon: 'namenode', page: '/stacks', sign: 'Process Thread Dump' },
      { daemon: 'resourcemanager', page: '/jmx', sign: 'modelerType' },
      { daemon: 'resourcemanager', page: '/conf', sign: 'yarn.resourcemanager' },
      { daemon: 'resourcemanager', page: '/stacks', sign: 'Process Thread Dump' },
      { daemon: 'resourcemanager', page: '/logs/', sign: 'Directory: /logs/' },
      { daemon: 'resourcemanager', page: '/logLevel?log=org.apache.hadoop&level=INFO', sign: 'Log Level' },
    ] as const)(
      '$page of the $daemon is shown to anybody; behind Keddah to root alone',
      async ({ daemon, page, sign }) => {
        const bareUrl = daemon === 'namenode' ? hadoop.nameNode : hadoop.resourceManager
        const bare = await ask(bareUrl, 'GET', page)
        expect(bare.status).toBe(200)
        expect(bare.text).toContain(sign)
        const url = keddah.url(daemon)
        expect(signless(await ask(url, 'GET', page), sign)).toBe(401)
        const as = (user: string): Promise<Answer> =>
          ask(url, 'GET', `${page}${page.includes('?') ? '&' : '?'}user.name=${user}`)
        expect(signless(await as('alice'), sign)).toBe(403)
        expect((await as('root')).text).toContain(sign)
      },
    )

    test('OPTIONS tells every parameter of the service; behind Keddah nothing', async () => {
      for (const [bare, front, target] of [
        [hadoop.nameNode, nameNode, webHdfs('/', 'op=LISTSTATUS&user.name=alice')],
        [hadoop.resourceManager, resourceManager, '/ws/v1/cluster/apps?user.name=alice'],
      ] as const) {
        const wadl = await ask(bare, 'OPTIONS', target)
        expect(wadl).toMatchObject({ status: 200 })
        expect(wadl.text).toContain('wadl.dev.java.net')
        const answer = await ask(front, 'OPTIONS', target)
        expect(answer.status).toBe(405)
        expect(answer.headers['allow']).toContain('GET')
        expect(answer.text).not.toContain('wadl.dev.java.net')
      }
    })
  })
})

const cookieOf = ({ headers }: Answer): string => {
  const [first = ''] = headers['set-cookie'] ?? []
  return first.split(';')[0] ?? ''
}

/** Status of an answer in which `sign` does not appear. */
const signless = ({ status, text }: Answer, sign: string): number => {
  expect(text).not.toContain(sign)
  return status
}
