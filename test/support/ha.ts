import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a stand-in behaves; `lost` hangs up on every request that is no probe, and `retriable` is active but starting. */
export type PlayedRole = 'active' | 'standby' | 'retriable' | 'safemode' | 'lost'

/** A stand-in for one server of a pair: what it was asked, without the probes, and the probes. */
export interface PairServer {
  readonly url: string
  role: PlayedRole
  /** Method, target and body of each request that is no probe, in the order in which they were complete. */
  readonly received: { method: string; target: string; body: string }[]
  /** Bodies of requests that may have been carried out. */
  readonly done: string[]
  readonly probes: { target: string; headers: IncomingMessage['headers'] }[]
  /** How probes are answered instead of as Hadoop does. */
  probeAnswer: ((request: IncomingMessage, response: ServerResponse) => void) | null
  /** Answers a request as the active one; `standbyAnswer` as the other. */
  activeAnswer: (request: IncomingMessage, response: ServerResponse) => void
  standbyAnswer: (request: IncomingMessage, response: ServerResponse) => void
  /** Cuts all connections and listens no more, as if the process were killed. */
  readonly kill: () => Promise<void>
  /** Listens again on the same port. */
  readonly start: () => Promise<void>
}

const remote = (exception: string, message: string): string =>
  JSON.stringify({
    RemoteException: { exception, javaClassName: `org.apache.hadoop.ipc.${exception}`, message },
  })

/** Says in Hadoop's words that another server is to be asked. */
export const STANDBY_BODY: string = remote(
  'StandbyException',
  'Operation category READ is not supported in state standby. Visit https://s.apache.org/sbnn-error',
)

export function answerJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(body)
}

function answerProbe(role: PlayedRole, response: ServerResponse): void {
  if (role === 'standby') response.writeHead(405, { 'Content-Type': 'text/html' }).end('I am not Active!')
  else response.end('I am Active!\n')
}

/** A standby NameNode sends who wants to write to a DataNode, as an active one does, where the write then fails. */
function answerAsStandby(request: IncomingMessage, response: ServerResponse): void {
  if (!/[?&]op=CREATE\b/.test(request.url ?? '')) return answerJson(response, 403, STANDBY_BODY)
  response
    .writeHead(307, { Location: `http://datanode.invalid:9864${request.url}`, 'Content-Length': 0 })
    .end()
}

/** A standby ResourceManager that knows another one, or none: it sends callers there, or to itself. */
export const sendTo =
  (active: string | null) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const target = request.url ?? ''
    if (active !== null) response.writeHead(307, { Location: `${active}${target}` })
    else response.writeHead(307, { Refresh: `7;url=http://localhost:8088${target}?next.refresh.interval=1` })
    response.end(
      active === null
        ? 'Can not find any active RM. Will retry in next 7 seconds.\n'
        : `This is standby RM. The redirect url is: ${target}\n`,
    )
  }

const EXCEPTIONS = { retriable: 'RetriableException', safemode: 'SafeModeException' } as const

/** Starts a stand-in; the name is in its answers. */
export async function startPairServer(name: string, role: PlayedRole): Promise<PairServer> {
  let server: Server
  let port = 0
  const self: PairServer = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    role,
    received: [],
    done: [],
    probes: [],
    probeAnswer: null,
    activeAnswer: (_, response) => answerJson(response, 200, JSON.stringify({ server: name })),
    standbyAnswer: answerAsStandby,
    kill: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    start: () =>
      new Promise((resolve) => {
        server = createServer(handle)
        server.listen(port, '127.0.0.1', () => {
          port = (server.address() as AddressInfo).port
          resolve()
        })
      }),
  }
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const target = request.url ?? ''
    const isProbe = /^\/(?:isActive|jmx|ws\/v1\/cluster\/info)(?:\?|$)/.test(target)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (isProbe) {
        self.probes.push({ target, headers: request.headers })
        if (self.probeAnswer === null) answerProbe(self.role, response)
        else self.probeAnswer(request, response)
        return
      }
      const body = Buffer.concat(chunks).toString('latin1')
      self.received.push({ method: request.method ?? '', target, body })
      if (self.role === 'lost' || self.role === 'active') self.done.push(body)
      if (self.role === 'lost') request.socket.destroy()
      else if (self.role === 'standby') self.standbyAnswer(request, response)
      else if (self.role === 'active') self.activeAnswer(request, response)
      else answerJson(response, 403, remote(EXCEPTIONS[self.role], `${name}: not yet`))
    })
  }
  await self.start()
  return self
}
