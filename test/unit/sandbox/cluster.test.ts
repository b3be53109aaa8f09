import { describe, expect, test } from 'vitest'
import { Applications } from '../../../src/sandbox/applications.ts'
import { type SandboxRequest, startSandbox } from '../../../src/sandbox/cluster.ts'
import { FileTree } from '../../../src/sandbox/file-tree.ts'
import { ask, exchange, store, useSandbox } from './support.ts'

const sandbox = useSandbox()
const MEBIBYTE = 1_024 * 1_024
const OPTIONS = {
  owner: 'alice',
  permission: '644',
  overwrite: true,
  createParent: true,
  replication: 1,
  blockSize: 128 * MEBIBYTE,
}

describe('a sandbox', () => {
  test('remembers what each daemon received', async () => {
    await fetch(`${sandbox().resourceManager}/ws/v1/cluster/info?user.name=bob`, {
      headers: { Cookie: 'a=b' },
    })
    const last: SandboxRequest | undefined = sandbox().requests().at(-1)
    expect(last).toMatchObject({
      daemon: 'resourcemanager',
      method: 'GET',
      target: '/ws/v1/cluster/info?user.name=bob',
    })
    expect(last?.rawHeaders.map((text) => text.toLowerCase())).toContain('a=b')
    await store(sandbox(), '/tmp/seen?op=CREATE&user.name=bob', 'x')
    expect(sandbox().requests().slice(-2)).toMatchObject([
      { daemon: 'namenode', method: 'PUT' },
      {
        daemon: 'datanode',
        method: 'PUT',
        target: expect.stringContaining('/webhdfs/v1/tmp/seen?op=CREATE'),
      },
    ])
  })

  test('remembers the last 1000 requests only', async () => {
    const many = 'GET /stacks HTTP/1.1\nHost: x\n\n'.repeat(1_050)
    await exchange(sandbox().nameNode, `${many}GET /isActive HTTP/1.1\nHost: x\n\n`)
    const requests = sandbox().requests()
    expect(requests).toHaveLength(1_000)
    expect(requests.at(-1)).toMatchObject({ target: '/isActive' })
  })

  test('stops listening, and a second one has files of its own', async () => {
    const other = await startSandbox({ proxyUsers: ['alice'] })
    await ask(sandbox(), 'PUT', '/tmp/here?op=MKDIRS')
    expect((await ask(other, 'GET', '/tmp/here?op=GETFILESTATUS')).status).toBe(404)
    const home = await ask(other, 'GET', '/?op=GETHOMEDIRECTORY&user.name=alice&doas=root')
    expect(await home.text()).toBe('{"Path":"/user/root"}')
    await other.close()
    await expect(fetch(`${other.nameNode}/isActive`)).rejects.toThrow('fetch failed')
  })
})

describe('what is kept in memory is bounded', () => {
  test('by bytes, also while they are on their way', () => {
    const tree = new FileTree()
    tree.write('/big', Buffer.alloc(60 * MEBIBYTE), OPTIONS)
    tree.hold(3 * MEBIBYTE)
    expect(() => tree.hold(2 * MEBIBYTE)).toThrow('The DiskSpace quota of / is exceeded')
    tree.release(3 * MEBIBYTE)
    expect(() => tree.append('/big', Buffer.alloc(5 * MEBIBYTE))).toThrow('DiskSpace quota')
    tree.write('/big', Buffer.alloc(1), OPTIONS)
    tree.write('/other', Buffer.alloc(63 * MEBIBYTE), OPTIONS)
    tree.remove('/other', false)
    tree.hold(63 * MEBIBYTE)
  })

  test('by files and folders', () => {
    const tree = new FileTree()
    for (let index = 0; index < 5_000; index += 1) tree.write(`/f${index}`, Buffer.alloc(0), OPTIONS)
    expect(() => tree.makeFolders('/more', 'alice', '755')).toThrow('NameSpace quota')
    expect(() => tree.write('/more/file', Buffer.alloc(0), OPTIONS)).toThrow('NameSpace quota')
    tree.write('/f1', Buffer.from('again'), OPTIONS)
    tree.rename('/f2', '/g2')
    tree.remove('/f3', false)
    tree.makeFolders('/more', 'alice', '755')
    expect(() => tree.makeFolders('/most', 'alice', '755')).toThrow('NameSpace quota')
  })

  test('by the length of names', () => {
    const tree = new FileTree()
    expect(() => tree.makeFolders(`/${'a'.repeat(256)}`, 'alice', '755')).toThrow('limit=255 length=256')
    expect(() => tree.makeFolders('/a'.repeat(5_000), 'alice', '755')).toThrow('Pathname too long')
  })

  test('by applications, of which the finished ones make room', () => {
    const applications = new Applications()
    const submit = (): { id: string; done: boolean } => {
      const id = applications.newId()
      const rest = { name: 't', queue: 'default', type: 'T', tags: '', priority: 0, memory: 1, vCores: 1 }
      return { id, done: applications.submit({ id, user: 'alice', ...rest }) }
    }
    const first = submit()
    for (let index = 1; index < 1_000; index += 1) submit()
    expect(submit().done).toBe(false)
    const application = applications.find(first.id)
    if (application !== null) applications.kill(application, 'alice')
    expect(submit().done).toBe(true)
    expect(applications.find(first.id)).toBeNull()
    expect(applications.list()).toHaveLength(1_000)
  })

  test('an upload over the limit is refused, and nothing of it stays', async () => {
    const size = 65 * MEBIBYTE
    expect(await store(sandbox(), '/tmp/huge?op=CREATE&user.name=alice', 'x'.repeat(size))).toBe(403)
    expect((await ask(sandbox(), 'GET', '/tmp/huge?op=GETFILESTATUS')).status).toBe(404)
    expect(await store(sandbox(), '/tmp/small?op=CREATE&user.name=alice', 'x')).toBe(201)
  })
})
