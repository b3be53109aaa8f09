import { request } from 'node:http'
import { Duplex } from 'node:stream'
import { AnswerParser } from '../../src/http/upstream/answer-parser.ts'
import { UnavailableError } from '../../src/errors.ts'

/** What a parser makes of the bytes of an upstream: an answer, or nothing that may be used. */
export interface Read {
  readonly status: number
  /** Flat, names folded. */
  readonly headers: readonly string[]
  readonly body: string
}

/** An answer as our parser tells of it. `hasMore`: bytes came behind it. */
export interface Told extends Read {
  readonly hasMore: boolean
}

const fold = (headers: readonly string[]): string[] =>
  headers.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text))

/**
 * Reads an answer by our parser, from pieces that come one after the other, and then the end of the connection.
 * Null: refused, or cut short.
 */
export function tell(method: string, pieces: readonly Buffer[]): Told | null {
  let status = 0
  let headers: string[] = []
  let body = ''
  let isComplete = false
  let hasMore = false
  let isLastSeen = false
  const parser = new AnswerParser(method, {
    onHead: (head) => {
      if (status !== 0) throw new Error('two heads')
      status = head.status
      headers = fold(head.headers)
    },
    onData: (piece, isLast) => {
      if (isLastSeen) throw new Error('a piece behind the last')
      isLastSeen = isLast
      body += piece.toString('latin1')
    },
    onComplete: (isClean) => {
      if (isComplete) throw new Error('two ends')
      isComplete = true
      hasMore = !isClean
    },
  })
  try {
    for (const piece of pieces) {
      if (piece.length === 0) continue
      if (parser.isOver) hasMore = true
      else parser.feed(piece)
    }
    if (isComplete) return { status, headers, body, hasMore }
    // An answer that ends with its connection has nothing behind it.
    return parser.end() ? { status, headers, body, hasMore: false } : null
  } catch (error) {
    if (error instanceof UnavailableError && error.code === 'ERR_UPSTREAM_PROTOCOL') return null
    throw error
  }
}

/** Reads an answer by Node's own client, which has llhttp inside. Null: refused, or cut short. */
export function readByNode(method: string, bytes: Buffer): Promise<Read | null> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done()
        if (socket.readableEnded || isFed) return
        isFed = true
        socket.push(bytes)
        socket.push(null)
      },
    })
    let isFed = false
    const sent = request({ method, host: 'nn', createConnection: () => socket })
    const give = (read: Read | null): void => {
      resolve(read)
      sent.destroy()
    }
    sent.on('error', () => give(null))
    let hasResponse = false
    sent.on('close', () => {
      if (!hasResponse) give(null)
    })
    sent.on('upgrade', () => give(null))
    sent.on('response', (response) => {
      hasResponse = true
      response.on('close', () => give(null))
      let body = ''
      response.on('data', (piece: Buffer) => (body += piece.toString('latin1')))
      response.on('error', () => give(null))
      response.on('end', () =>
        give(
          response.complete
            ? { status: response.statusCode ?? 0, headers: fold(response.rawHeaders), body }
            : null,
        ),
      )
    })
    sent.end()
  })
}
