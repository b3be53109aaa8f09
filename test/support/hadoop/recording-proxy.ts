import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A forward proxy that lets TLS through to where clients want it, and notes where that is. */
export interface RecordingProxy {
  /** Arguments of `java` that make every HTTP client in it use the proxy, for the loopback address as well. */
  readonly flags: readonly string[]
  /** First line of what each connection asked for, such as `CONNECT host:port`. */
  readonly asked: ReadonlySet<string>
  stop(): Promise<void>
}

function carry(client: Socket, asked: Set<string>): void {
  client.on('error', () => client.destroy())
  client.once('data', (head: Buffer) => {
    const [line = ''] = head.toString('latin1').split('\r\n')
    const [, host, port] = /^CONNECT ([^ :]+):(\d+) HTTP/.exec(line) ?? []
    asked.add(line.replace(/ HTTP\/1\.1$/, ''))
    if (host === undefined) return client.destroy()
    const server = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(server).pipe(client)
    })
    server.on('error', () => client.destroy())
    client.on('close', () => server.destroy())
  })
}

/** Starts it on the loopback address. What is not TLS is noted, and goes no further. */
export async function startRecordingProxy(): Promise<RecordingProxy> {
  const asked = new Set<string>()
  const server = createServer((client) => carry(client, asked)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    flags: [
      ...['http', 'https'].flatMap((scheme) => [
        `-D${scheme}.proxyHost=127.0.0.1`,
        `-D${scheme}.proxyPort=${port}`,
      ]),
      '-Dhttp.nonProxyHosts=',
    ],
    asked,
    async stop() {
      server.close()
      await once(server, 'close')
    },
  }
}
