import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import type { AuditEntry } from '../../src/telemetry/audit.ts'
import { createTelemetry } from '../../src/telemetry/telemetry.ts'
import { openDoor } from '../support/door.ts'
import { readRequests, type WireRequest } from '../support/wire/messages.ts'

/** No connection needs as long to end, once its client has said all. */
const DEADLINE_MS = 15_000
/** So many turns of the loop without a byte: everything here is in one process, so nothing is on its way any more. */
const QUIET_TURNS = 10
/** So long without a byte, while a request is at work: it waits for the rest of one. */
const STUCK_MS = 150

/** What the upstream does with the `index`th request of a round. */
export type Answering = (index: number, request: WireRequest, socket: Socket) => void

/** What came of the bytes of one client. */
export interface Outcome {
  readonly received: string
  /** The connection was reset: what came last may be incomplete, and is known to be. */
  readonly isReset: boolean
  /** What the upstream was sent, by connection, in the order in which requests began. */
  readonly reached: readonly WireRequest[]
  readonly reachedBytes: string
  readonly decided: readonly AuditEntry[]
  /** Promises that did not hold on the way. */
  readonly faults: readonly string[]
}

/**
 * Without `answering` each request gets an answer that says which one it is for; `isEarly`: before its body is
 * complete. `waitsForEnd`: the client has asked for the end of the connection and waits for it; others half close it
 * once they hear no more.
 */
export interface RoundOptions {
  readonly answering?: Answering
  readonly isEarly?: boolean
  readonly waitsForEnd: boolean
}

/** A listener and an upstream in this process, with everything that passes between them and the clients. */
export interface Arena {
  /** What is refused elsewhere is sent on here, and links elsewhere are handed out. */
  readonly isObserving: boolean
  round(pieces: readonly string[], options: RoundOptions): Promise<Outcome>
  /** How often something was thrown that should not have been. */
  defects(): Promise<number>
  close(): Promise<void>
}

interface Link {
  bytes: string
  /** Bytes of requests of earlier rounds. */
  readTo: number
  answered: number
  readonly began: number[]
}

/** Opens one. */
export async function openArena(enforcement: 'enforce' | 'observe' = 'enforce'): Promise<Arena> {
  const decided: AuditEntry[] = []
  let activity = 0
  let answering: Answering | null = null
  let isEarly = false
  let begun = 0
  let answered = 0
  let faults: string[] = []
  const links = new Map<Socket, Link>()
  const told = (socket: Socket, link: Link): void => {
    const { messages, violation } = readRequests(link.bytes.slice(link.readTo), { skipsEmptyLines: false })
    if (violation !== null && faults.length === 0) faults.push(`the upstream was sent ${violation}`)
    while (link.began.length < messages.length) link.began.push(begun++)
    for (const request of messages.slice(link.answered)) {
      if (!request.isComplete && !isEarly) break
      link.answered += 1
      if (answering === null) socket.write(`HTTP/1.1 200 OK\r\n${echo(request, answered)}`)
      else answering(answered, request, socket)
      answered += 1
    }
  }
  const upstream = createServer({ noDelay: true }, (socket) => {
    const link: Link = { bytes: '', readTo: 0, answered: 0, began: [] }
    links.set(socket, link)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      activity += 1
      link.bytes += chunk.toString('latin1')
      told(socket, link)
    })
    socket.on('close', () => (activity += 1))
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const telemetry = createTelemetry({
    version: '0',
    log: { level: 'silent', destination: { write() {} } },
    audit: { file: null, allows: 'all', bufferLines: 1_000 },
  })
  telemetry.audit.record = (entry) => void decided.push(entry)
  const door = await openDoor({
    enforcement,
    upstreams: [`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`],
    dependencies: { telemetry },
  })

  const metric = async (name: string): Promise<number> => {
    const text = await telemetry.metrics.text()
    const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)$`, 'm').exec(text)?.[1]
    if (value === undefined) throw new Error(`no metric ${name}`)
    return Number(value)
  }

  const quiet = async (): Promise<void> => {
    for (let turns = 0, seen = activity; turns < QUIET_TURNS; turns += 1) {
      await turn()
      if (seen !== activity) turns = 0
      seen = activity
    }
  }

  /** Until all is answered, or what is at work waits for bytes that nobody will send. */
  const settled = async (): Promise<void> => {
    let since = performance.now()
    for (let seen = -1; performance.now() - since < STUCK_MS; await sleep(2)) {
      await quiet()
      if (seen !== activity) since = performance.now()
      seen = activity
      if ((await metric('keddah_in_flight_requests')) === 0) return
    }
  }

  const reachedNow = (): WireRequest[] => {
    const all: [number, WireRequest][] = []
    for (const { bytes, readTo, began } of links.values()) {
      const { messages } = readRequests(bytes.slice(readTo), { skipsEmptyLines: false })
      all.push(...messages.map((request, at): [number, WireRequest] => [began[at] ?? 0, request]))
    }
    return all.sort(([one], [other]) => one - other).map(([, request]) => request)
  }

  const forget = (): void => {
    for (const [socket, link] of links) {
      if (socket.destroyed) links.delete(socket)
      link.readTo = link.bytes.length
      link.answered = 0
      link.began.length = 0
    }
    decided.length = 0
    begun = 0
    answered = 0
    faults = []
  }

  return {
    isObserving: enforcement === 'observe',
    async round(pieces, { answering: next = null, isEarly: early = false, waitsForEnd }) {
      forget()
      answering = next
      isEarly = early
      const client = connect({ port: Number(new URL(door.url).port), host: '127.0.0.1', noDelay: true })
      let received = ''
      let isReset = false
      let isClosed = false
      client.on('data', (chunk) => {
        activity += 1
        received += chunk.toString('latin1')
      })
      client.on('error', () => (isReset = true))
      const closed = new Promise<void>((resolve) =>
        client.on('close', () => {
          isClosed = true
          activity += 1
          resolve()
        }),
      )
      await new Promise<void>((resolve) => client.once('connect', resolve))
      for (const piece of pieces) {
        if (client.writable) client.write(piece, 'latin1')
        await turn()
        await turn()
      }
      if (!waitsForEnd) {
        await settled()
        if (!isClosed) client.end()
      }
      const timer = setTimeout(() => {
        faults.push(`the connection did not end within ${DEADLINE_MS} ms`)
        client.destroy()
      }, DEADLINE_MS)
      await closed
      clearTimeout(timer)
      await quiet()
      const reachedBytes = [...links.values()].map(({ bytes, readTo }) => bytes.slice(readTo)).join('')
      return { received, isReset, reached: reachedNow(), reachedBytes, decided: [...decided], faults }
    },
    defects: () => metric('keddah_defects_total'),
    async close() {
      await door.stop()
      await telemetry.close()
      upstream.close()
      for (const socket of links.keys()) socket.destroy()
    },
  }
}

/** Every second one in chunks. */
function echo({ method }: WireRequest, index: number): string {
  const text = `seen ${index}`
  if (method === 'HEAD') return `Content-Length: ${text.length}\r\n\r\n`
  return index % 2 === 0
    ? `Content-Length: ${text.length}\r\n\r\n${text}`
    : `Transfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
}
