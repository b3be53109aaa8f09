import { connect } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import { type Sandbox, startSandbox } from '../../../src/sandbox/cluster.ts'

/** One sandbox for all tests of a file. */
export function useSandbox(): () => Sandbox {
  let running: Sandbox | null = null
  beforeAll(async () => {
    running = await startSandbox()
  })
  afterAll(() => running?.close())
  return () => {
    if (running === null) throw new Error('the sandbox is not running')
    return running
  }
}

/** Sends bytes and gives back everything that comes until the other side closes. Lines end with CRLF by themselves. */
export function exchange(base: string, text: string): Promise<string> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(port), hostname, () =>
      socket.write(text.replaceAll('\n', '\r\n'), 'latin1'),
    )
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}

/** The same, for one request that lets the daemon close the connection. */
export function send(
  base: string,
  line: string,
  headers: readonly string[] = [],
  body = '',
): Promise<string> {
  const all = ['Host: sandbox', 'Connection: close', ...headers]
  if (body !== '') all.push(`Content-Length: ${Buffer.byteLength(body)}`)
  return exchange(base, `${line} HTTP/1.1\n${all.join('\n')}\n\n${body}`)
}

/** Asks WebHDFS of the NameNode, without following where it points. */
export function ask(
  sandbox: Sandbox,
  method: string,
  target: string,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${sandbox.nameNode}/webhdfs/v1${target}`, { method, redirect: 'manual', ...init })
}

/** Writes a file in two steps, as a client does, and gives the status of the second. */
export async function store(sandbox: Sandbox, target: string, content: string): Promise<number> {
  const first = await ask(sandbox, 'PUT', target)
  const { origin, pathname, search } = new URL(first.headers.get('location') ?? '')
  const answer = await send(origin, `PUT ${pathname}${search}`, [], content)
  return Number(/^HTTP\/1\.1 ([2-5]\d\d)/m.exec(answer)?.[1])
}

/** The owner of a file or folder: as whom it was made. */
export async function ownerOf(sandbox: Sandbox, path: string): Promise<string> {
  const answer = await ask(sandbox, 'GET', `${path}?op=GETFILESTATUS`)
  const status = (await answer.json()) as { FileStatus: { owner: string } }
  return status.FileStatus.owner
}
