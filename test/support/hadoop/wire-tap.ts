import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Stands before one server and carries every byte unread; what clients sent is kept. */
export interface WireTap {
  readonly port: number
  /** What each connection brought, from its first byte on; empty: nobody came, or nobody said anything. */
  sent(): readonly Buffer[]
  stop(): Promise<void>
}

/** Content types of TLS records. Source: RFC 8446, 5.1. */
const RECORD_TYPES: readonly number[] = [20, 21, 22, 23]

/** Whether `bytes` are nothing but whole TLS records, and at least one of them. */
export function isTlsAlone(bytes: Buffer): boolean {
  let at = 0
  while (
    at + 5 <= bytes.length &&
    RECORD_TYPES.includes(bytes.readUInt8(at)) &&
    bytes.readUInt8(at + 1) === 3
  )
    at += 5 + bytes.readUInt16BE(at + 3)
  return at > 0 && at === bytes.length
}

/** Starts one on the loopback address before the server at `upstream`. */
export async function startWireTap(upstream: string): Promise<WireTap> {
  const open = new Set<Socket>()
  const heard: Buffer[][] = []
  const server = createServer((client) => {
    const chunks: Buffer[] = []
    heard.push(chunks)
    client.on('data', (chunk: Buffer) => chunks.push(chunk))
    const behind = connect(Number(new URL(upstream).port), '127.0.0.1')
    client.pipe(behind).pipe(client)
    for (const [socket, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      open.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => open.delete(socket))
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    sent: () => heard.map((chunks) => Buffer.concat(chunks)).filter(({ length }) => length > 0),
    async stop() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}
