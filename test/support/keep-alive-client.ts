import { connect } from 'node:net'

/** One connection that asks one thing again and again. */
export interface KeepAliveClient {
  /** Resolves with the status of the answer; 0: the connection is closed. */
  ask(request: Buffer | string): Promise<number>
  hangUp(): void
}

/** Opens a connection to a listener. */
export async function openKeepAlive(url: string): Promise<KeepAliveClient> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let text = ''
  let isClosed = false
  let answer = (_status: number): void => {}
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
    answer(0)
  })
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    const [head = '', body] = text.split('\r\n\r\n', 2)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1])
    if (body?.length !== length) return
    text = ''
    answer(Number(head.split(' ', 2)[1]))
  })
  return {
    ask: (request) =>
      new Promise((resolve) => {
        if (isClosed) return resolve(0)
        answer = resolve
        socket.write(request)
      }),
    hangUp: () => socket.destroy(),
  }
}
