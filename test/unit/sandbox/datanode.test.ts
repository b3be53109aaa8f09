import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ask, exchange, ownerOf, send, store, useSandbox } from './support.ts'

const sandbox = useSandbox()
const IDENTITY = 'user.name=alice&namenoderpcaddress=127.0.0.1:8020'
const head = (answer: string): string => answer.split('\r\n\r\n', 1)[0] ?? ''

/** A request to the DataNode that does not ask for the connection to be closed. */
const kept = (line: string, headers: string, body = ''): Promise<string> =>
  exchange(sandbox().dataNode, `${line} HTTP/1.1\nHost: sandbox\n${headers}\n${body}`)

describe('the second step of a write', () => {
  test('is told to continue without having asked, and the connection is closed', async () => {
    const answer = await kept(`PUT /webhdfs/v1/tmp/a?op=CREATE&${IDENTITY}`, 'Content-Length: 2\n', 'hi')
    expect(answer).toBe(
      'HTTP/1.1 100 Continue\r\n\r\n' +
        'HTTP/1.1 201 Created\r\nlocation: hdfs://127.0.0.1:8020/tmp/a\r\naccess-control-allow-origin: *\r\n' +
        'connection: close\r\ncontent-length: 0\r\n\r\n',
    )
    expect(await ownerOf(sandbox(), '/tmp/a')).toBe('alice')
  })

  test('is told to continue once where it did ask', async () => {
    const line = `POST /webhdfs/v1/tmp/a?op=APPEND&${IDENTITY}`
    const answer = await kept(line, 'Expect: 100-continue\nContent-Length: 1\n', '!')
    expect(answer.match(/100 Continue/g)).toHaveLength(1)
    expect(answer).toContain('\r\n\r\nHTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n')
  })

  test('is told to continue and then refused', async () => {
    const target = '/webhdfs/v1/user/alice/x?op=CREATE&namenoderpcaddress=127.0.0.1:8020'
    const answer = await kept(`PUT ${target}`, 'Content-Length: 2\n', 'hi')
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 403 Forbidden\r\n/)
    expect(answer).toContain('"exception":"AccessControlException"')
  })

  test('takes a body in chunks', async () => {
    const line = `PUT /webhdfs/v1/tmp/chunked?op=CREATE&${IDENTITY}`
    const answer = await kept(line, 'Transfer-Encoding: chunked\n', '5\nhello\n6;x=y\n world\n0\n\n')
    expect(answer).toContain('HTTP/1.1 201 Created')
    const read = await send(sandbox().dataNode, `GET /webhdfs/v1/tmp/chunked?op=OPEN&${IDENTITY}`)
    expect(read).toMatch(/content-length: 11\r\n\r\nhello world$/)
  })

  test('refuses what is there already, unless it may be written over', async () => {
    expect(await store(sandbox(), '/tmp/once?op=CREATE&user.name=alice', 'one')).toBe(201)
    expect(await store(sandbox(), '/tmp/once?op=CREATE&user.name=bob', 'two')).toBe(403)
    expect(await ownerOf(sandbox(), '/tmp/once')).toBe('alice')
    expect(await store(sandbox(), '/tmp/once?op=CREATE&overwrite=true&user.name=bob', 'two')).toBe(201)
    expect(await ownerOf(sandbox(), '/tmp/once')).toBe('bob')
    expect(await store(sandbox(), '/tmp/no/way?op=CREATE&createparent=false&user.name=bob', '')).toBe(404)
  })
})

describe('a read', () => {
  test('gives the part that was asked for, and its length', async () => {
    await store(sandbox(), '/tmp/part?op=CREATE&user.name=alice', '0123456789')
    const part = (query: string): Promise<string> =>
      send(sandbox().dataNode, `GET /webhdfs/v1/tmp/part?op=OPEN&${query}&${IDENTITY}`)
    const answer = await part('offset=2&length=3')
    expect(head(answer)).toBe(
      'HTTP/1.1 200 OK\r\naccess-control-allow-methods: GET\r\naccess-control-allow-origin: *\r\n' +
        'content-type: application/octet-stream\r\nconnection: close\r\ncontent-length: 3',
    )
    expect(answer).toMatch(/\r\n\r\n234$/)
    expect(await part('offset=8&length=9999')).toMatch(/\r\n\r\n89$/)
    expect(await part('offset=10')).toContain('Offset=10 out of the range [0, 10); OPEN, path=/tmp/part')
  })

  test('of what is not there shows where in Java that was found out', async () => {
    const answer = await send(sandbox().dataNode, `GET /webhdfs/v1/nope?op=OPEN&${IDENTITY}`)
    expect(answer).toContain('HTTP/1.1 404 Not Found\r\ncontent-type: application/json; charset=utf-8\r\n')
    expect(answer).toContain(String.raw`"message":"File does not exist: /nope\n\tat org.apache.hadoop.`)
  })

  test('of the checksum agrees with HDFS, for nothing and for one block', async () => {
    const checksum = async (name: string, content: string): Promise<unknown> => {
      await store(sandbox(), `/tmp/${name}?op=CREATE&user.name=alice`, content)
      const answer = await fetch(
        `${sandbox().nameNode}/webhdfs/v1/tmp/${name}?op=GETFILECHECKSUM&user.name=alice`,
      )
      return answer.json()
    }
    const algorithm = 'MD5-of-0MD5-of-0CRC32'
    const bytes = '00000000000000000000000070bc8f4b72a86921468bf8e8441dce51'
    expect(await checksum('empty', '')).toEqual({ FileChecksum: { algorithm, bytes, length: 28 } })
    // CRC32C of `123456789`, as every list of check values has it.
    const block = createHash('md5').update(Buffer.from('e3069283', 'hex')).digest()
    const sum = createHash('md5').update(block).update(Buffer.alloc(16)).digest('hex')
    expect(await checksum('digits', '123456789')).toEqual({
      FileChecksum: {
        algorithm: 'MD5-of-0MD5-of-512CRC32C',
        bytes: `000002000000000000000000${sum}`,
        length: 28,
      },
    })
  })
})

describe('the DataNode otherwise', () => {
  test('answers browsers that ask before they write', async () => {
    const answer = await fetch(`${sandbox().dataNode}/webhdfs/v1/tmp/x?op=CREATE`, { method: 'OPTIONS' })
    expect(Object.fromEntries(answer.headers)).toEqual({
      'access-control-allow-headers': 'accept',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-origin': '*',
      'access-control-max-age': '1728000',
      connection: 'keep-alive',
      'content-length': '0',
    })
  })

  test('knows no other operation', async () => {
    const answer = await send(sandbox().dataNode, `GET /webhdfs/v1/?op=LISTSTATUS&${IDENTITY}`)
    expect(answer).toContain('HTTP/1.1 400 Bad Request')
    expect(answer).toContain('"message":"Invalid operation LISTSTATUS"')
  })

  test('speaks with its own NameNode alone', async () => {
    const open = (query: string): Promise<string> =>
      send(sandbox().dataNode, `GET /webhdfs/v1/user/alice/welcome.txt?op=OPEN&${query}`)
    expect(await open('user.name=alice')).toContain('"message":"java.net.UnknownHostException: null"')
    const elsewhere = await open('user.name=alice&namenoderpcaddress=10.0.0.1:22')
    expect(elsewhere).toContain('HTTP/1.1 403 Forbidden')
    expect(elsewhere).toContain('to 10.0.0.1:22 failed on connection exception')
  })

  test('shows the pages of the web server behind it', async () => {
    const answer = await send(sandbox().dataNode, 'GET /jmx')
    expect(answer).toContain('connection: close\r\n')
    expect(answer).toContain('"name" : "Hadoop:service=DataNode,name=DataNodeInfo"')
    expect((await ask(sandbox(), 'GET', '/?op=GETDELEGATIONTOKEN')).status).toBe(200)
  })
})
