import type { Socket } from 'node:net'

/** Told before each request that an answer is to come. */
export interface InterimFilter {
  expectAnswer(): void
}

/** 101 is no interim answer but the end of HTTP; undici knows what to make of it. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r]/
const SAMPLE = 'HTTP/1.1 100 '
const END = '\r\n\r\n'
const MAX_INTERIM_BYTES = 8_192
const MAX_INTERIMS = 16

/**
 * Takes every interim answer (1xx) out of what a socket reads before an answer. DataNodes send a `100 Continue` before
 * each answer to CREATE and APPEND, asked or not, and undici takes it for a protocol error. Keddah never asks for one:
 * it has answered the client's `Expect` itself.
 *
 * Shape: what comes with the first head that is not interim passes untouched until the next request.
 */
export function swallowInterim(socket: Socket): InterimFilter {
  let isExpecting = false
  let seen = 0
  let held: Buffer | null = null
  const read = socket.read.bind(socket)

  /** What is left to be read; null: wait for more. */
  const filtered = (chunk: Buffer): Buffer | null => {
    let data = held === null ? chunk : Buffer.concat([held, chunk])
    held = null
    for (;;) {
      const start = data.toString('latin1', 0, SAMPLE.length)
      // With too few bytes to tell, it depends on whether more could make it one.
      if (start.length < SAMPLE.length && INTERIM.test(start + SAMPLE.slice(start.length))) break
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
