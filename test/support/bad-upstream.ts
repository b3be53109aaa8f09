import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What an upstream does with a connection: called when it is accepted, and with all bytes so far when some came. */
export interface Misdeed {
  readonly onConnect?: (socket: Socket) => void
  readonly onBytes?: (socket: Socket, bytes: string) => void
}

/** An upstream that does with each connection what it is told to do. */
export interface BadUpstream {
  readonly url: string
  /** Does this from now on. */
  behave(misdeed: Misdeed): void
  /** Connections that are open. */
  open(): number
  close(): Promise<void>
}

/** Starts one on a free port of the loopback. */
export async function startBadUpstream(): Promise<BadUpstream> {
  let misdeed: Misdeed = {}
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let bytes = ''
    const { onConnect, onBytes } = misdeed
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    if (onBytes !== undefined)
      socket.on('data', (chunk) => {
        bytes += chunk.toString('latin1')
        onBytes(socket, bytes)
      })
    onConnect?.(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave: (next) => (misdeed = next),
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Answers the head of a request, once, and then does something else. */
export const once = (answer: string, then: (socket: Socket) => void = () => {}): Misdeed => {
  const answered = new WeakSet<Socket>()
  return {
    onBytes: (socket, bytes) => {
      if (!bytes.includes('\r\n\r\n') || answered.has(socket)) return
      answered.add(socket)
      if (answer === '') then(socket)
      else socket.write(answer, 'latin1', () => then(socket))
    },
  }
}

/** Sends bytes one by one, for ever. */
export const drip = (socket: Socket, bytes: string, everyMs = 20): void => {
  let at = 0
  const timer = setInterval(() => socket.write(bytes[at++ % bytes.length] ?? ''), everyMs)
  socket.on('close', () => clearInterval(timer))
}
