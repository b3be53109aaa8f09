import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ANSWER } from './load.ts'

const BLOCK = Buffer.alloc(65_536)

/** An upstream that can be taken down and brought up again on its port. */
export interface Backend {
  readonly port: number
  /** Cuts every connection, listens no more, and listens again after so many milliseconds. */
  restart(downMs: number): Promise<void>
  close(): void
}

/** Starts one. `/large` answers with as many bytes as `length` in the query says; bodies are read and counted. */
export async function startBackend(): Promise<Backend> {
  let server = createServer(answer)
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    async restart(downMs) {
      server.close()
      server.closeAllConnections()
      await new Promise((resolve) => setTimeout(resolve, downMs))
      server = createServer(answer)
      await listen(server, port)
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })

function answer(incoming: IncomingMessage, response: ServerResponse): void {
  let received = 0
  incoming.on('data', (chunk: Buffer) => (received += chunk.length))
  incoming.on('end', () => {
    const url = new URL(incoming.url ?? '', 'http://upstream')
    if (url.pathname.endsWith('/large'))
      sendLarge(response, Number(url.searchParams.get('length') ?? 0), received)
    else response.end(ANSWER)
  })
}

function sendLarge(response: ServerResponse, length: number, received: number): void {
  response.writeHead(200, { 'X-Received': received, 'Content-Length': length })
  let left = length
  const pour = (): void => {
    while (left > 0) {
      const size = Math.min(left, BLOCK.length)
      left -= size
      if (!response.write(size === BLOCK.length ? BLOCK : BLOCK.subarray(0, size)))
        return void response.once('drain', pour)
    }
    response.end()
  }
  pour()
}
