import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { until } from './until.ts'

/** One request as an upstream received it; header names in lower case, in order, as often as they came. */
export interface Received {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** An upstream that answers by HTTP and remembers what it was asked. */
export interface Upstream {
  readonly url: string
  readonly received: readonly Received[]
  readonly close: () => Promise<void>
}

/** What a header came with, joined by a blank where it came more than once; null where it did not come. */
export function headerOf(received: Received | undefined, name: string): string | null {
  const values = received?.headers.filter(([sent]) => sent === name).map(([, value]) => value) ?? []
  return values.length === 0 ? null : values.join(' ')
}

/** Starts an upstream; without `answer` it says `{"ok":true}` to everything once it has read the body. */
export async function startUpstream(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void = (_, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end('{"ok":true}')
  },
): Promise<Upstream> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1')
      const { rawHeaders } = request
      const headers = rawHeaders.flatMap((name, at): [string, string][] =>
        at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? '']] : [],
      )
      received.push({ method: request.method ?? '', target: request.url ?? '', headers, body })
      answer(request, response, body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** One connection to a raw upstream: every byte that came, as Latin-1. */
export interface RawConnection {
  readonly socket: Socket
  readonly bytes: string
  /** Waits until the bytes satisfy a condition. */
  until(condition: (bytes: string) => boolean): Promise<void>
}

/** An upstream that records raw bytes and answers with raw bytes, or not at all. */
export interface RawUpstream {
  readonly url: string
  readonly connections: readonly RawConnection[]
  readonly close: () => Promise<void>
}

/** Starts a raw upstream; `serve` is called for each connection. */
export async function startRawUpstream(serve: (connection: RawConnection) => void): Promise<RawUpstream> {
  const connections: RawConnection[] = []
  const server = createTcpServer((socket) => {
    let bytes = ''
    const connection: RawConnection = {
      socket,
      get bytes() {
        return bytes
      },
      until: (condition) => until(() => condition(bytes)),
    }
    socket.on('data', (chunk) => (bytes += chunk.toString('latin1')))
    socket.on('error', () => {})
    connections.push(connection)
    serve(connection)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const { socket } of connections) socket.destroy()
      }),
  }
}

/** A raw upstream that answers each request head with the same bytes. */
export const startRawAnswer = (answer: string): Promise<RawUpstream> =>
  startRawUpstream((connection) => {
    let answered = 0
    connection.socket.on('data', () => {
      const heads = connection.bytes.split('\r\n\r\n').length - 1
      for (; answered < heads; answered += 1) connection.socket.write(answer, 'latin1')
    })
  })
