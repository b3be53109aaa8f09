import { type AddressInfo, createServer, type Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { naiveRequests, type SeenRequest } from './messages.ts'

/** What an upstream does with a request that it has understood: bytes to answer with, or a deed of its own. */
export type Behaviour = (request: SeenRequest, socket: Socket) => string | Buffer | null

/** A server that falls for every trick, and remembers every byte. */
export interface LenientUpstream {
  readonly url: string
  /** The bytes of each connection so far, in the order in which they were opened. */
  bytes(): readonly string[]
  /**
   * What it was asked, over all connections.
   *
   * Errors: one where the bytes can be read in two ways: then somebody has let an ambiguity through.
   */
  requests(): readonly SeenRequest[]
  /** Connections that are open. */
  open(): number
  /** What it does from now on. */
  behave(behaviour: Behaviour): void
  /** Called with each connection and all its bytes when more have come; for answers before the end of a request. */
  onBytes(listener: ((socket: Socket, bytes: string) => void) | null): void
  /** Forgets what it was asked, and answers with 200 again. */
  reset(): void
  close(): Promise<void>
}

/** The path of an honest request, which is answered properly whatever the upstream is up to. */
export const HONEST_PATH = '/webhdfs/v1/honest'

/** An answer with a length. */
export const ok = (body = 'ok'): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`

interface Connection {
  readonly socket: Socket
  bytes: string
  answered: number
  /** Requests before the last reset. */
  forgotten: number
}

/** Starts one on a free port of the loopback. */
export async function startLenientUpstream(): Promise<LenientUpstream> {
  let behaviour: Behaviour = () => ok()
  let listener: ((socket: Socket, bytes: string) => void) | null = null
  let connections: Connection[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    const connection: Connection = { socket, bytes: '', answered: 0, forgotten: 0 }
    connections.push(connection)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      connection.bytes += chunk.toString('latin1')
      listener?.(socket, connection.bytes)
      const { requests } = naiveRequests(connection.bytes, 'chunks')
      for (const request of requests.slice(connection.answered)) {
        connection.answered += 1
        const isHonest = request.target.startsWith(HONEST_PATH)
        const answer = isHonest ? ok() : behaviour(request, socket)
        if (answer !== null && socket.writable) socket.write(answer, 'latin1')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => connections.map(({ bytes }) => bytes),
    requests: () => connections.flatMap(requestsOf),
    open: () => connections.filter(({ socket }) => !socket.destroyed).length,
    behave: (next) => (behaviour = next),
    onBytes: (next) => (listener = next),
    reset() {
      behaviour = () => ok()
      listener = null
      connections = connections.filter(({ socket }) => !socket.destroyed)
      for (const connection of connections) connection.forgotten = connection.answered
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const { socket } of connections) socket.destroy()
      }),
  }
}

function requestsOf({ bytes, forgotten }: Connection): readonly SeenRequest[] {
  const byChunks = naiveRequests(bytes, 'chunks').requests
  const byLength = naiveRequests(bytes, 'length').requests
  if (!isDeepStrictEqual(byChunks, byLength))
    throw new Error(`the upstream can read this in two ways:\n${JSON.stringify(bytes)}`)
  return byChunks.slice(forgotten)
}
