import { describe, expect, test } from 'vitest'
import { ask, ownerOf, send, store, useSandbox } from './support.ts'

const sandbox = useSandbox()
const ALICE = 'user.name=alice'
const remote = (exception: string, message: string, packageName: string): object => ({
  RemoteException: { exception, javaClassName: `${packageName}.${exception}`, message },
})

describe('WebHDFS of the NameNode', () => {
  test('lists what is there at the start, a line for each entry', async () => {
    const answer = await ask(sandbox(), 'GET', `/?op=LISTSTATUS&${ALICE}`)
    const text = await answer.text()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(text).toMatch(
      /^\{"FileStatuses":\{"FileStatus":\[\n\{"accessTime":0,.*\},\n.*\},\n.*\}\n\]\}\}\n$/,
    )
    const { FileStatuses } = JSON.parse(text) as { FileStatuses: { FileStatus: { pathSuffix: string }[] } }
    expect(FileStatuses.FileStatus.map(({ pathSuffix }) => pathSuffix)).toEqual(['data', 'tmp', 'user'])
  })

  test('gives the status of a file with its keys in alphabetical order', async () => {
    const answer = await ask(sandbox(), 'GET', `/user/alice/welcome.txt?op=getfilestatus&${ALICE}`)
    const { FileStatus } = (await answer.json()) as { FileStatus: object }
    expect(Object.keys(FileStatus)).toEqual(Object.keys(FileStatus).toSorted())
    expect(FileStatus).toMatchObject({ owner: 'alice', permission: '644', type: 'FILE', pathSuffix: '' })
  })

  test('makes, renames and removes folders, and says false where nothing was done', async () => {
    const done = async (method: string, target: string): Promise<string> =>
      (await ask(sandbox(), method, target)).text()
    expect(await done('PUT', `/user/alice/a/b?op=MKDIRS&${ALICE}`)).toBe('{"boolean":true}')
    expect(await done('PUT', `/user/alice/a?op=RENAME&destination=/user/alice/c&${ALICE}`)).toBe(
      '{"boolean":true}',
    )
    expect(await done('PUT', `/user/alice/a?op=RENAME&destination=/user/alice/d&${ALICE}`)).toBe(
      '{"boolean":false}',
    )
    expect(await done('PUT', `/user/alice/c?op=RENAME&destination=/user/alice/c/b/x&${ALICE}`)).toBe(
      '{"boolean":false}',
    )
    expect(await done('DELETE', `/user/alice/c?op=DELETE&${ALICE}`)).toBe(
      JSON.stringify(
        remote(
          'PathIsNotEmptyDirectoryException',
          "`/user/alice/c is non empty': Directory is not empty",
          'org.apache.hadoop.fs',
        ),
      ),
    )
    expect(await done('DELETE', `/user/alice/c?op=DELETE&recursive=true&${ALICE}`)).toBe('{"boolean":true}')
    expect(await done('DELETE', `/user/alice/c?op=DELETE&recursive=true&${ALICE}`)).toBe('{"boolean":false}')
  })

  test('changes permission and owner with an empty answer', async () => {
    await ask(sandbox(), 'PUT', `/tmp/mine?op=MKDIRS&permission=700&${ALICE}`)
    for (const change of ['op=SETPERMISSION&permission=1770', 'op=SETOWNER&owner=bob&group=staff']) {
      const answer = await ask(sandbox(), 'PUT', `/tmp/mine?${change}&${ALICE}`)
      expect([answer.status, await answer.text()]).toEqual([200, ''])
    }
    const status = await ask(sandbox(), 'GET', '/tmp/mine?op=GETFILESTATUS')
    expect(await status.json()).toMatchObject({
      FileStatus: { owner: 'bob', group: 'staff', permission: '1770', type: 'DIRECTORY' },
    })
  })

  test('answers small questions as Hadoop does', async () => {
    const body = async (query: string): Promise<string> => (await ask(sandbox(), 'GET', query)).text()
    expect(await body(`/?op=GETHOMEDIRECTORY&${ALICE}`)).toBe('{"Path":"/user/alice"}')
    expect(await body(`/?op=GETDELEGATIONTOKEN&${ALICE}`)).toBe('{"Token":null}')
    expect(await body('/user/alice?op=CHECKACCESS&fsaction=r-x')).toBe('')
    expect(JSON.parse(await body('/data?op=GETCONTENTSUMMARY'))).toMatchObject({
      ContentSummary: { directoryCount: 2, fileCount: 1, quota: -1 },
    })
  })

  test.each([
    ['GET', '/nope?op=GETFILESTATUS', 404, 'FileNotFoundException', 'File does not exist: /nope', 'java.io'],
    ['GET', '/nope?op=OPEN', 404, 'FileNotFoundException', 'File /nope not found.', 'java.io'],
    [
      'GET',
      '/a/%2e%2e/b?op=LISTSTATUS',
      404,
      'FileNotFoundException',
      'File /a/../b does not exist.',
      'java.io',
    ],
    [
      'PUT',
      '/tmp/a/%2e%2e/b?op=MKDIRS&user.name=a',
      400,
      'InvalidPathException',
      'Invalid path name Invalid file name: /tmp/a/../b',
      'org.apache.hadoop.fs',
    ],
    [
      'GET',
      '/?op=bogus',
      400,
      'IllegalArgumentException',
      'Invalid value for webhdfs parameter "op": BOGUS is not a valid GET operation.',
      'java.lang',
    ],
    ['GET', '/', 400, 'UnsupportedOperationException', 'op=NULL is not supported', 'java.lang'],
    [
      'PUT',
      '/tmp/x?op=MKDIRS&permission=9',
      400,
      'IllegalArgumentException',
      'Invalid value for webhdfs parameter "permission": Failed to parse "9" as a radix-8 integer.',
      'java.lang',
    ],
  ])('%s %s is refused with %i %s', async (method, target, status, exception, message, packageName) => {
    const text = await send(sandbox().nameNode, `${method} /webhdfs/v1${target}`)
    expect(text).toContain(`HTTP/1.1 ${status} `)
    expect(text).toContain(JSON.stringify(remote(exception, message, packageName)))
  })

  test('keeps nobody in particular out of everything but /tmp', async () => {
    expect(await (await ask(sandbox(), 'PUT', '/tmp/anyone?op=MKDIRS')).text()).toBe('{"boolean":true}')
    const answer = await ask(sandbox(), 'PUT', '/user/alice/x?op=MKDIRS')
    const message =
      'Permission denied: user=dr.who, access=WRITE, inode="/user/alice":alice:supergroup:drwxr-xr-x'
    expect(answer.status).toBe(403)
    expect(await answer.json()).toEqual(
      remote('AccessControlException', message, 'org.apache.hadoop.security'),
    )
  })

  test('shows every parameter it knows when asked for options', async () => {
    const answer = await ask(sandbox(), 'OPTIONS', '/')
    expect(answer.headers.get('allow')).toBe('OPTIONS,HEAD,DELETE,POST,GET,PUT')
    expect(await answer.text()).toContain('name="delegation"')
  })
})

describe('the way to the DataNode', () => {
  test('is a redirect that names op, user, NameNode and the rest by name', async () => {
    const query = `op=CREATE&${ALICE}&permission=640&overwrite=true&blocksize=1048576`
    const answer = await ask(sandbox(), 'PUT', `/user/alice/a%20b.txt?${query}`)
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      307,
      'application/octet-stream',
      '',
    ])
    expect(answer.headers.get('location')).toBe(
      `${sandbox().dataNode}/webhdfs/v1/user/alice/a%20b.txt?op=CREATE&user.name=alice&namenoderpcaddress=127.0.0.1:8020` +
        '&blocksize=1048576&createflag=&createparent=true&overwrite=true&permission=640',
    )
  })

  test('is told in JSON with noredirect', async () => {
    const answer = await ask(sandbox(), 'GET', `/user/alice/welcome.txt?op=OPEN&noredirect=true&${ALICE}`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      Location:
        `${sandbox().dataNode}/webhdfs/v1/user/alice/welcome.txt?op=OPEN&user.name=alice` +
        '&namenoderpcaddress=127.0.0.1:8020&offset=0',
    })
  })

  test('leads to a file with the right owner, and back', async () => {
    expect(await store(sandbox(), `/user/alice/new/c.txt?op=CREATE&permission=600&${ALICE}`, 'hello')).toBe(
      201,
    )
    expect(await ownerOf(sandbox(), '/user/alice/new/c.txt')).toBe('alice')
    const read = await fetch(
      `${sandbox().nameNode}/webhdfs/v1/user/alice/new/c.txt?op=OPEN&offset=1&length=3&${ALICE}`,
    )
    expect(await read.text()).toBe('ell')
  })
})

describe('the pages of the NameNode', () => {
  test.each([
    ['/', 'dfshealth.html'],
    ['/dfshealth.html', '127.0.0.1:8020&#39; (active)</h1>'],
    ['/explorer.html', 'Browse Directory'],
    ['/static/hadoop.css', 'font-family'],
    ['/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState', '"NumLiveDataNodes" : 1'],
    ['/conf', '<name>hadoop.security.authentication</name><value>simple</value>'],
    ['/stacks', 'Process Thread Dump'],
    ['/isActive', 'I am Active!\n'],
    ['/imagetransfer?getimage=1&txid=latest', 'HDFSIMG1'],
    ['/webhdfs/v1/../../jmx', '"State" : "active"'],
  ])('%s is served to anybody', async (target, content) => {
    const text = await send(sandbox().nameNode, `GET ${target}`)
    expect(text).toContain('HTTP/1.1 200 OK')
    expect(text).toContain(content)
  })

  test('the check of the file system says who asked for it', async () => {
    const text = async (query: string): Promise<string> =>
      (await fetch(`${sandbox().nameNode}/fsck?${query}`)).text()
    expect(await text(ALICE)).toContain('FSCK started by alice (auth:SIMPLE) from /127.0.0.1 for path / at ')
    expect(await text('ugi=root')).toContain('FSCK started by root (auth:SIMPLE)')
    expect(await text(`ugi=root&${ALICE}`)).toContain('FSCK started by alice (auth:SIMPLE)')
    expect(await text('path=/data')).toContain('FSCK started by dr.who (auth:SIMPLE)')
    expect(await text('user.name=oozie&doAs=bob')).toContain('bob (auth:PROXY) via oozie (auth:SIMPLE)')
  })

  test.each(['/nope', '//webhdfs/v1/?op=LISTSTATUS', '/WEBHDFS/v1/?op=LISTSTATUS'])(
    '%s is unknown',
    async (target) => {
      expect(await send(sandbox().nameNode, `GET ${target}`)).toContain('HTTP/1.1 404 Not Found')
    },
  )

  test.each(['/logs/', '/logLevel?log=root&level=DEBUG'])('%s is closed to everybody', async (target) => {
    expect(await send(sandbox().nameNode, `GET ${target}`)).toContain('HTTP/1.1 403 Forbidden')
  })

  test('what is quoted in a page cannot become markup', async () => {
    const text = await send(sandbox().nameNode, 'GET /%3Cscript%3E<script>')
    expect(text).toContain('HTTP/1.1 404')
    expect(text).not.toContain('<script>')
  })
})
