import type { Socket } from 'node:net'

/** Told before each request that an answer is to come. */
export interface InterimFilter {
  expectAnswer(): void
}

const INTERIM = /^HTTP\/1\.[01] 100[ \r]/
const BEGINNING = 'HTTP/1.1 100 '
const END = '\r\n\r\n'
const MAX_INTERIM_BYTES = 8_192
const MAX_INTERIMS = 16

/**
 * Takes every `100 Continue` out of what a socket reads before an answer. DataNodes send one before each answer to
 * CREATE and APPEND, asked or not, and undici takes it for a protocol error. Keddah never asks for one: it has
 * answered the client's `Expect` itself.
 *
 * Shape: what comes after the first line that is no 100 passes untouched until the next request.
 */
export function swallowContinue(socket: Socket): InterimFilter {
  let isExpecting = false
  let seen = 0
  let held: Buffer | null = null
  const read = socket.read.bind(socket)

  /** What is left to be read; null: wait for more. */
  const filtered = (chunk: Buffer): Buffer | null => {
    let data = held === null ? chunk : Buffer.concat([held, chunk])
    held = null
    for (;;) {
      const start = data.toString('latin1', 0, BEGINNING.length)
      if (start.length < BEGINNING.length && isBeginning(start)) break
      const end = INTERIM.test(start) && seen < MAX_INTERIMS ? data.indexOf(END) : -2
      if (end === -1 && data.length < MAX_INTERIM_BYTES) break
      if (end < 0) {
        isExpecting = false
        return data
      }
      seen += 1
      data = data.subarray(end + END.length)
    }
    if (data.length > 0) held = data
    return null
  }

  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size)
    return isExpecting && Buffer.isBuffer(chunk) ? filtered(chunk) : chunk
  }
  return {
    expectAnswer() {
      isExpecting = true
      seen = 0
      held = null
    },
  }
}

/** Whether more bytes could make it a 100; the version may be 1.0 or 1.1. */
const isBeginning = (start: string): boolean =>
  BEGINNING.startsWith(start) || BEGINNING.replace('1.1', '1.0').startsWith(start)
