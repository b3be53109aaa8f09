import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { application, fieldOf, kill, newApplication, submit } from '../support/hadoop/applications.ts'
import { type Answer, ask, locationOf, webHdfs } from '../support/hadoop/ask.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'
import { hdfsPolicy } from '../support/ranger-policies.ts'

const ROLES = { rangerRoles: [{ name: 'auditors', users: [{ name: 'mallory' }] }], roleVersion: 1 }
const READ = ['read', 'execute'].map((type) => ({ type, isAllowed: true }))

/** The staff may do everything, and auditors may look at the reports; mallory may write nothing but what is added. */
const hdfsPolicies = (...more: readonly object[]): readonly object[] => [
  hdfsPolicy('/open/ranger', {
    allow: [{ groups: ['staff'] }],
    deny: [{ users: ['mallory'], accesses: ['write'] }],
  }),
  hdfsPolicy('/open/ranger/reports', {
    more: { policyItems: [{ roles: ['auditors'], accesses: READ }] },
  }),
  ...more,
]

const queuePolicy = {
  id: 1,
  name: 'default queue',
  resources: { queue: { values: ['root.default'], isRecursive: true } },
  policyItems: [{ groups: ['staff'], accesses: [{ type: 'submit-app', isAllowed: true }] }],
  denyPolicyItems: [{ groups: ['outsiders'], accesses: [{ type: 'submit-app', isAllowed: true }] }],
}

withHadoop("Ranger's policies in front of the daemons", (hadoop) => {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-ranger-'))
  let version = 0
  const put = (name: string, content: object): string => {
    const file = join(folder, name)
    writeFileSync(`${file}.new`, JSON.stringify(content))
    renameSync(`${file}.new`, file)
    return file
  }
  const putPolicies = (service: string, policies: readonly object[]): string => {
    version += 1
    return put(`${service}.json`, { serviceName: service, policyVersion: version, policies })
  }
  let keddah: Keddah
  beforeAll(async () => {
    const source = (service: string, policies: readonly object[]): object => ({
      kind: 'file',
      policies: putPolicies(service, policies),
      roles: put(`${service}-roles.json`, { serviceName: service, ...ROLES }),
    })
    keddah = await startKeddah({
      hadoop,
      services: [
        { name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode },
        { name: 'resourcemanager', kind: 'resourcemanager', upstream: hadoop.resourceManager },
      ],
      policy: { 'security.client.protocol.acl': '*' },
      settings: {
        mode: 'security',
        components: {
          HDFS: { ranger: { serviceName: 'dfs', source: source('dfs', hdfsPolicies()) } },
          Yarn: {
            queues: { default: 'root.default' },
            ranger: { serviceName: 'yarn', source: source('yarn', [queuePolicy]) },
          },
        },
      },
    })
  })
  afterAll(async () => {
    await keddah?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const hdfs = (method: string, path: string, query: string): Promise<Answer> =>
    ask(keddah.url('namenode'), method, webHdfs(path, query))
  const denied = (access: string, path: string): object => ({
    status: 403,
    headers: { 'x-keddah-reason': 'ranger_deny' },
    text: expect.stringContaining(
      `"message":"Permission denied: user=mallory, access=${access}, inode=\\"${path}\\""`,
    ),
  })

  test('let a group make, write, read, rename and delete', async () => {
    expect((await hdfs('PUT', '/open/ranger/reports', 'op=MKDIRS&user.name=alice')).status).toBe(200)
    const file = '/open/ranger/reports/q1'
    const first = locationOf(await hdfs('PUT', file, 'op=CREATE&overwrite=true&user.name=alice'))
    const written = await ask(first.origin, 'PUT', first.pathname + first.search, { body: 'figures' })
    expect(written.status).toBe(201)
    const second = locationOf(await hdfs('GET', file, 'op=OPEN&user.name=alice'))
    expect((await ask(second.origin, 'GET', second.pathname + second.search)).text).toBe('figures')
    const renamed = await hdfs('PUT', file, `op=RENAME&destination=${file}-old&user.name=alice`)
    expect(renamed.text).toBe('{"boolean":true}')
    const gone = await hdfs('DELETE', `${file}-old`, 'op=DELETE&user.name=alice')
    expect(gone.text).toBe('{"boolean":true}')
  })

  test('let a role look, and refuse the same user to write, rename and delete', async () => {
    expect((await hdfs('PUT', '/open/ranger/reports', 'op=MKDIRS&user.name=alice')).status).toBe(200)
    expect((await hdfs('GET', '/open/ranger/reports', 'op=LISTSTATUS&user.name=mallory')).status).toBe(200)
    expect(await hdfs('PUT', '/open/ranger/reports/x', 'op=CREATE&user.name=mallory')).toMatchObject(
      denied('WRITE', '/open/ranger/reports'),
    )
    expect(
      await hdfs('PUT', '/open', 'op=RENAME&destination=/open/ranger/taken&user.name=mallory'),
    ).toMatchObject({ status: 403, headers: { 'x-keddah-reason': 'ranger_deny' } })
    expect(
      await hdfs('DELETE', '/open/ranger/reports', 'op=DELETE&recursive=true&user.name=mallory'),
    ).toMatchObject({ status: 403, headers: { 'x-keddah-reason': 'ranger_deny' } })
    expect(
      (await ask(hadoop.nameNode, 'GET', webHdfs('/open/ranger/reports', 'op=GETFILESTATUS'))).status,
    ).toBe(200)
  })

  test('leave what they say nothing about to the permissions of HDFS', async () => {
    const own = await hdfs('PUT', '/open/of-mallory', 'op=MKDIRS&user.name=mallory')
    expect(own).toMatchObject({ status: 200, text: '{"boolean":true}' })
    const foreign = await hdfs('PUT', '/user/alice/x', 'op=MKDIRS&user.name=mallory')
    expect(foreign.status).toBe(403)
    expect(foreign.headers['x-keddah-reason']).toBe(undefined)
    expect(foreign.text).toContain('inode=\\"/user/alice\\":alice:')
  })

  test('let a group submit to a queue, and refuse another one', async () => {
    const resourceManager = keddah.url('resourcemanager')
    const id = await newApplication(resourceManager, 'alice')
    expect((await submit(resourceManager, id, 'alice')).status).toBe(202)
    expect(fieldOf(await application(resourceManager, id, 'alice'), 'user')).toBe('alice')
    expect([200, 202]).toContain((await kill(resourceManager, id, 'alice')).status)
    const other = await newApplication(resourceManager, 'mallory')
    expect(await submit(resourceManager, other, 'mallory')).toMatchObject({
      status: 403,
      headers: { 'x-keddah-reason': 'ranger_deny' },
      text: expect.stringContaining('User mallory does not have permission to submit to queue'),
    })
    // The ResourceManager has never heard of it.
    expect((await application(hadoop.resourceManager, other, 'root')).status).toBe(404)
  })

  test('count as soon as they have changed, without a restart', async () => {
    expect((await hdfs('PUT', '/open/ranger/drop', 'op=MKDIRS&user.name=alice')).status).toBe(200)
    const target = '/open/ranger/drop/x'
    expect((await hdfs('PUT', target, 'op=MKDIRS&user.name=mallory')).status).toBe(403)
    // An override is decided first.
    const more = hdfsPolicy('/open/ranger/drop', {
      allow: [{ users: ['mallory'] }],
      more: { policyPriority: 1 },
    })
    putPolicies('dfs', hdfsPolicies(more))
    const refreshed = await ask(keddah.admin, 'POST', '/admin/v1/refresh/ranger-policies', {
      headers: { Authorization: `Bearer ${keddah.token()}` },
    })
    expect(refreshed.status).toBe(200)
    const answer = await hdfs('PUT', target, 'op=MKDIRS&user.name=mallory')
    // Ranger allows; what HDFS itself says to a folder of alice's is up to HDFS.
    expect(answer.headers['x-keddah-reason']).toBe(undefined)
  })
})
