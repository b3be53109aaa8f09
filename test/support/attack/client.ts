import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, type Head, readAnswers, valuesOf } from './messages.ts'

/** No machine should need as long. */
const DEADLINE_MS = 20_000

/** Bytes: text is Latin-1. A list is sent piece by piece. */
export type Bytes = string | Buffer | readonly (string | Buffer)[]

/** One connection of an attacker. */
export interface Caller {
  readonly socket: Socket
  /** Everything that came back. */
  readonly received: string
  /** The server has ended the connection, in order or by a reset. */
  readonly isClosed: boolean
  write(bytes: string | Buffer): void
  /** Waits for this many whole answers, or for the end of the connection; gives what is there then. */
  answers(count: number): Promise<readonly Answer[]>
  /** Waits until the server closes. */
  closed(): Promise<void>
  /** Hangs up. */
  hangUp(): void
}

/** How answers are to be read: `bodiless` are the numbers of those that are for a HEAD. */
export interface CallOptions {
  readonly bodiless?: readonly number[]
}

/** Opens a connection. */
export async function call(url: string, options: CallOptions = {}): Promise<Caller> {
  const { hostname, port } = new URL(url)
  const { bodiless = [] } = options
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  let received = ''
  let isClosed = false
  const checks = new Set<() => void>()
  const changed = (): void => {
    for (const check of checks) check()
  }
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    changed()
  })
  // A reset is a way to close as well.
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
    changed()
  })
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`not within ${DEADLINE_MS} ms: ${condition.toString()}`))
      const timer = setTimeout(late, DEADLINE_MS)
      const check = (): void => {
        if (!condition()) return
        clearTimeout(timer)
        checks.delete(check)
        resolve()
      }
      checks.add(check)
      check()
    })
  await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()))
  const read = (): readonly Answer[] =>
    readAnswers(received, isClosed, (index) => !bodiless.includes(index)).answers
  return {
    socket,
    get received() {
      return received
    },
    get isClosed() {
      return isClosed
    },
    write(bytes) {
      if (!socket.destroyed) socket.write(bytes, 'latin1')
    },
    async answers(count) {
      await until(() => isClosed || read().length >= count)
      return read()
    },
    closed: () => until(() => isClosed),
    hangUp: () => socket.destroy(),
  }
}

/** What came of an attack. The first answer's parts, for most attacks have one; status 0 where there is none. */
export interface Reply extends Head {
  readonly status: number
  readonly body: string
  readonly answers: readonly Answer[]
  readonly interim: readonly number[]
  /** The server closed the connection. */
  readonly closed: boolean
  /** What came after the last whole answer. */
  readonly rest: string
  /** Every byte that came. */
  readonly received: string
  /** Keddah's word for a refusal; null where there is none. */
  readonly reason: string | null
}

/** `answers`: hang up after that many; without it the server has to close. Units: milliseconds between pieces. */
export interface SendOptions extends CallOptions {
  readonly answers?: number
  readonly pauseMs?: number
}

/** Sends bytes over a connection of their own and waits for what comes of it. */
export async function send(url: string, bytes: Bytes, options: SendOptions = {}): Promise<Reply> {
  const caller = await call(url, options)
  const pieces = typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes
  for (const [index, piece] of pieces.entries()) {
    if (index > 0 && options.pauseMs !== undefined) await sleep(options.pauseMs)
    caller.write(piece)
  }
  if (options.answers === undefined) await caller.closed()
  else await caller.answers(options.answers)
  const { isClosed, received } = caller
  caller.hangUp()
  const { bodiless = [] } = options
  const { answers, rest } = readAnswers(received, isClosed, (index) => !bodiless.includes(index))
  const [first] = answers
  return {
    first: first?.first ?? '',
    status: first?.status ?? 0,
    headers: first?.headers ?? [],
    body: first?.body ?? '',
    answers,
    interim: answers.flatMap(({ interim }) => interim),
    closed: isClosed,
    rest,
    received,
    reason: first === undefined ? null : (valuesOf(first, 'x-keddah-reason')[0] ?? null),
  }
}
