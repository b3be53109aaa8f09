import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'

/** What came of one connection: the answer as Latin-1, and the code of an error, null where there was none. */
export interface TlsReply {
  readonly text: string
  readonly status: number
  readonly error: string | null
  readonly isResumed: boolean
  readonly socket: TLSSocket
}

/** Sends bytes over a TLS connection of their own, and waits until the server ends it. */
export function sendTls(url: string, bytes: string, options: ConnectionOptions = {}): Promise<TlsReply> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let text = ''
    let error: string | null = null
    let isResumed = false
    const socket = connect(
      { host: hostname, port: Number(port), servername: 'localhost', ...options },
      () => {
        isResumed = socket.isSessionReused()
        socket.write(bytes, 'latin1')
      },
    )
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', (failure: NodeJS.ErrnoException) => (error = failure.code ?? failure.message))
    socket.on('close', () =>
      resolve({ text, error, isResumed, socket, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0) }),
    )
  })
}
