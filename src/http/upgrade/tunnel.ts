import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Ongoing } from '../exchange.ts'

/** How a tunnel ended: in order, by a side that hung up, by silence, or because it was given up from here. */
export type TunnelEnd = 'closed' | 'client_gone' | 'upstream_gone' | 'idle' | 'abandoned'

/**
 * Two connections that carry the bytes of each other, and nothing else: no byte is read or changed. Each side is read no
 * faster than the other one takes it; an end is passed on, and the other direction goes on.
 *
 * Shape: `idleMs` is the longest silence in both directions, `halfMs` the same once one side has ended. `onEnd` is called
 * once; then the upstream is closed, or about to be, and the client is left to whoever is told.
 */
export class Tunnel implements Ongoing {
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #halfMs: number
  readonly #onEnd: (end: TunnelEnd) => void
  #idle: NodeJS.Timeout
  #isOver = false

  constructor(
    client: Socket,
    upstream: Socket,
    times: { readonly idleMs: number; readonly halfMs: number },
    onEnd: (end: TunnelEnd) => void,
  ) {
    this.#client = client
    this.#upstream = upstream
    this.#halfMs = Math.min(times.halfMs, times.idleMs)
    this.#onEnd = onEnd
    this.#idle = setTimeout(() => this.#end('idle'), times.idleMs)
    // Else Node answers an end with one of its own, and what was still to be said is lost.
    upstream.allowHalfOpen = true
    this.#carry(client, upstream, 'client_gone')
    this.#carry(upstream, client, 'upstream_gone')
  }

  /** Takes what the upstream has sent with its answer. */
  begin(early: Buffer): void {
    if (early.length > 0) this.#client.write(early)
    this.#client.resume()
    this.#upstream.resume()
  }

  abandon(): void {
    this.#end('abandoned')
  }

  #carry(from: Socket, to: Socket, gone: TunnelEnd): void {
    from.on('data', (bytes: Buffer) => {
      this.#idle.refresh()
      if (to.write(bytes)) return
      from.pause()
      to.once('drain', () => from.resume())
    })
    from.on('end', () => {
      to.end()
      clearTimeout(this.#idle)
      if (!this.#isOver) this.#idle = setTimeout(() => this.#end('idle'), this.#halfMs)
      this.#check()
    })
    from.on('finish', () => this.#check())
    from.on('error', () => this.#end(gone))
    from.on('close', () => this.#end(gone))
  }

  /** Both sides have said all, and have been told all. */
  #check(): void {
    const isDone = ({ readableEnded, writableFinished }: Socket): boolean => readableEnded && writableFinished
    if (isDone(this.#client) && isDone(this.#upstream)) this.#end('closed')
  }

  #end(end: TunnelEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#idle)
    if (end === 'closed') this.#upstream.destroy()
    else abort(this.#upstream)
    this.#onEnd(end)
  }
}

/** By a reset, which nobody takes for an end in order. TLS has none of its own. */
function abort(socket: Socket): void {
  if (socket instanceof TLSSocket || socket.destroyed) socket.destroy()
  else socket.resetAndDestroy()
}
