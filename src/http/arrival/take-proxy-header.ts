import type { Socket } from 'node:net'
import { readProxyHeader } from './proxy-protocol.ts'

/** How it went: whom the header names (null: the sender itself), or why it cannot be taken. */
type Outcome = { readonly source: string | null } | 'proxy_header' | 'proxy_timeout'

/**
 * Takes the PROXY header off a connection, in however many pieces it comes; what is behind it stays to be read by the
 * next one. Calls back once, and not at all where the other side has hung up before.
 */
export function takeProxyHeader(socket: Socket, timeoutMs: number, done: (outcome: Outcome) => void): void {
  let bytes: Buffer = Buffer.alloc(0)
  const late = setTimeout(() => end('proxy_timeout'), timeoutMs)
  const hangUp = (): void => void socket.destroy()
  const stop = (): void => clearTimeout(late)
  const end = (outcome: Outcome): void => {
    stop()
    socket.off('readable', read).off('error', hangUp).off('end', hangUp).off('close', stop)
    done(outcome)
  }
  const read = (): void => {
    for (;;) {
      const chunk: unknown = socket.read()
      if (!Buffer.isBuffer(chunk)) return
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
      const header = readProxyHeader(bytes)
      if (header.kind === 'more') continue
      if (header.kind === 'header' && bytes.length > header.length)
        socket.unshift(bytes.subarray(header.length))
      end(header.kind === 'header' ? { source: header.source } : 'proxy_header')
      return
    }
  }
  // Nobody else listens yet.
  socket.on('readable', read).on('error', hangUp).on('end', hangUp).on('close', stop)
}
