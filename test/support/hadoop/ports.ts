import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:net'

/** Below the range from which the kernel takes ports for outgoing connections, so that none is taken in between. */
const LOWEST = 15_000
const HIGHEST = 32_000

async function tryListen(port: number): Promise<Server | null> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  } catch {
    return null // taken; the caller tries another one
  }
}

/** Free ports of the loopback address, all different. They are free now, not reserved: see `ownsPort`. */
async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; server: Server }[] = []
  while (held.length < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    const server = await tryListen(port)
    if (server !== null) held.push({ port, server })
  }
  for (const { server } of held) {
    server.close()
    await once(server, 'close')
  }
  return held.map(({ port }) => port)
}

/** Free ports by name. */
export async function namedPorts<const Name extends string>(
  names: readonly Name[],
): Promise<Readonly<Record<Name, number>>> {
  const numbers = await freePorts(names.length)
  return Object.fromEntries(names.map((name, index) => [name, numbers[index]])) as Record<Name, number>
}

/** Inodes of the sockets that listen on `port`. Source: proc(5), /proc/net/tcp; state 0A is LISTEN. */
function listeners(port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${wanted}`))
    .map((fields) => fields[9] ?? '')
  return new Set(inodes)
}

/**
 * Whether the process `pid` itself listens on `port`. A daemon whose port was taken ends with BindException, and a
 * test that only looks whether the port answers would then talk to somebody else's daemon.
 */
export function ownsPort(pid: number, port: number): boolean {
  const inodes = listeners(port)
  if (inodes.size === 0) return false
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const target = readLink(`/proc/${pid}/fd/${fd}`)
      return inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '-')
    })
  } catch {
    return false // the process is gone
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // closed between the listing and now
  }
}
