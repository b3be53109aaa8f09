import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Answer, type Call, errorPage } from './exchange.ts'
import { canonicalPath, parseParameters, UndecodableError } from './parameters.ts'

type DaemonName = 'namenode' | 'datanode' | 'resourcemanager'

/**
 * What a daemon received.
 *
 * Shape: `rawHeaders` are names and values by turns, as they came.
 */
export interface SandboxRequest {
  readonly daemon: DaemonName
  readonly method: string
  readonly target: string
  readonly rawHeaders: readonly string[]
}

/** One listening daemon. `url` has no trailing slash. */
export interface Daemon {
  readonly url: string
  close(): Promise<void>
}

interface DaemonOptions {
  readonly name: DaemonName
  readonly host: string
  readonly record: (request: SandboxRequest) => void
  readonly handle: (call: Call) => Answer | Promise<Answer>
}

const IDLE_MS = 10_000
const DRAIN_MS = 2_000
const CLOSE_MS = 500
const MAX_CONNECTIONS = 1_024

/** Listens on a free port. What `handle` throws besides `UndecodableError` is answered with 500. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void serve(request, response, options)
  const server = createServer({ keepAliveTimeout: IDLE_MS }, listener)
  server.on('checkContinue', listener)
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, options.host, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return { url: `http://${host}:${port}`, close: () => closeServer(server) }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: DaemonOptions,
): Promise<void> {
  const method = request.method ?? ''
  const target = request.url ?? ''
  options.record({ daemon: options.name, method, target, rawHeaders: request.rawHeaders })
  // A client that goes away has seen enough.
  response.on('error', () => request.destroy())
  const expects = request.headers.expect !== undefined
  let continued = false
  const sendContinue = (): void => {
    if (!continued) response.writeContinue()
    continued = true
  }
  let answer: Answer
  try {
    answer = await options.handle(callOf(request, sendContinue, expects))
  } catch (error) {
    if (request.destroyed && !request.complete) return
    answer =
      error instanceof UndecodableError
        ? errorPage(400, target.split('?', 1)[0] ?? '', error.message)
        : errorPage(500, target.split('?', 1)[0] ?? '', error instanceof Error ? error.message : undefined)
  }
  // Without this the answer could be lost: a socket that is closed while bytes are still coming is reset.
  const waits = expects && !continued
  if (!waits && !request.complete) await drain(request)
  try {
    send(response, method === 'HEAD', waits, answer)
  } catch (cause) {
    // A header that cannot be sent: something of the request is in it.
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    const message = cause instanceof Error ? cause.message : undefined
    send(response, method === 'HEAD', waits, errorPage(500, target.split('?', 1)[0] ?? '', message))
  }
}

function callOf(request: IncomingMessage, sendContinue: () => void, expects: boolean): Call {
  const target = request.url ?? ''
  const at = target.indexOf('?')
  const rawPath = at < 0 ? target : target.slice(0, at)
  const rawQuery = at < 0 ? '' : target.slice(at + 1)
  return {
    method: request.method ?? '',
    rawPath,
    path: canonicalPath(rawPath),
    rawQuery,
    query: parseParameters(rawQuery),
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress ?? '',
    sendContinue,
    async read(onBytes) {
      if (expects) sendContinue()
      const chunks: Buffer[] = []
      // Not `for await`: leaving that loop early would destroy the request, and with it the answer.
      await new Promise<void>((resolve, reject) => {
        request.on('data', (chunk: Buffer) => {
          try {
            onBytes(chunk.length)
            chunks.push(chunk)
          } catch (error) {
            request.removeAllListeners('data').resume()
            reject(error)
          }
        })
        request.once('end', resolve)
        request.once('error', reject)
        request.once('close', () => reject(new Error('the client went away')))
      })
      return Buffer.concat(chunks)
    },
  }
}

function drain(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(done, DRAIN_MS)
    request.once('end', done)
    request.once('close', done)
    request.resume()
  })
}

function send(response: ServerResponse, head: boolean, close: boolean, answer: Answer): void {
  const { status, headers, chunked } = answer
  const body = head ? Buffer.alloc(0) : Buffer.from(answer.body)
  response.sendDate = false
  // Neither Jetty nor Netty says `keep-alive` unless it was asked.
  response.removeHeader('Connection')
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (close) response.setHeader('Connection', 'close')
  response.statusCode = status
  if (chunked && !head) response.write(body)
  else response.setHeader(lengthName(headers), body.length)
  response.end(chunked ? undefined : body)
}

/** Netty writes header names in lower case, Jetty does not. */
function lengthName(headers: Answer['headers']): string {
  return 'connection' in headers ? 'content-length' : 'Content-Length'
}
