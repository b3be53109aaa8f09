import { randomBytes } from 'node:crypto'
import { type Answer, ask, type AskOptions, locationOf, webHdfs } from './ask.ts'
import { Load } from './load.ts'

const OCTETS = { 'Content-Type': 'application/octet-stream' }

/** Sends the second step where the first one has led to; what is no redirect is the answer. */
async function second(first: Answer, method: string, options: AskOptions = {}): Promise<Answer> {
  if (first.status !== 307) return first
  const { origin, pathname, search } = locationOf(first)
  return ask(origin, method, pathname + search, options)
}

/** Writes a file as alice in two steps. Whatever is there is replaced. */
async function put(base: string, path: string, body: Buffer): Promise<Answer> {
  const first = await ask(base, 'PUT', webHdfs(path, 'op=CREATE&overwrite=true&user.name=alice'))
  return second(first, 'PUT', { headers: OCTETS, body })
}

/** Reads a file as alice in two steps, or what is known about its contents. */
export async function get(base: string, path: string, op: 'OPEN' | 'GETFILECHECKSUM'): Promise<Answer> {
  return second(await ask(base, 'GET', webHdfs(path, `op=${op}&user.name=alice`)), 'GET')
}

/** Kinds of operations that callers of `loadOfFiles` make. */
export const KINDS = 7

/** Callers of WebHDFS with every kind of request, each with a folder of its own in /user/alice. */
export async function loadOfFiles(base: string, label: string, callers: number): Promise<Load> {
  const folder = (caller: number): string => `/user/alice/${label}-${caller}`
  const metadata = (method: string, path: string, query: string): Promise<Answer> =>
    ask(base, method, webHdfs(path, `op=${query}&user.name=alice`))
  for (let caller = 0; caller < callers; caller += 1)
    await put(base, `${folder(caller)}/fixed`, Buffer.from('what every round reads'))
  return new Load(callers, {
    LISTSTATUS: (caller) => metadata('GET', folder(caller), 'LISTSTATUS'),
    MKDIRS: (caller, round) => metadata('PUT', `${folder(caller)}/d${round}`, 'MKDIRS'),
    CREATE: (caller, round) => put(base, `${folder(caller)}/f${round}`, randomBytes(2_000)),
    OPEN: (caller) => get(base, `${folder(caller)}/fixed`, 'OPEN'),
    SETPERMISSION: (caller) => metadata('PUT', `${folder(caller)}/fixed`, 'SETPERMISSION&permission=640'),
    GETFILECHECKSUM: (caller) => get(base, `${folder(caller)}/fixed`, 'GETFILECHECKSUM'),
    DELETE: (caller, round) => metadata('DELETE', `${folder(caller)}/f${round}`, 'DELETE'),
  })
}
