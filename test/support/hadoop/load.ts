import { randomBytes } from 'node:crypto'
import { type Answer, ask, type AskOptions, locationOf, webHdfs } from './ask.ts'
import { until } from './wait.ts'

/** One operation of a caller, both steps of it where it has two. Units: milliseconds of `performance.now()`. */
export interface Attempt {
  readonly what: string
  readonly begun: number
  readonly ended: number
  /** `ok`, or what came instead. */
  readonly outcome: string
  readonly retryAfter: string | undefined
}

type Operation = (base: string, folder: string, number: number) => Promise<Answer>

const OCTETS = { 'Content-Type': 'application/octet-stream' }
const FIXED = Buffer.from('what every caller reads')

/** Every kind of request, each such that it may be made again whatever became of those before. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  LISTSTATUS: (base, folder) => ask(base, 'GET', webHdfs(folder, 'op=LISTSTATUS&user.name=alice')),
  MKDIRS: (base, folder, number) =>
    ask(base, 'PUT', webHdfs(`${folder}/d${number}`, 'op=MKDIRS&user.name=alice')),
  CREATE: (base, folder, number) => put(base, `${folder}/f${number}`, randomBytes(2_000)),
  OPEN: (base, folder) => get(base, `${folder}/fixed`, 'OPEN'),
  SETPERMISSION: (base, folder) =>
    ask(base, 'PUT', webHdfs(`${folder}/fixed`, 'op=SETPERMISSION&permission=640&user.name=alice')),
  GETFILECHECKSUM: (base, folder) => get(base, `${folder}/fixed`, 'GETFILECHECKSUM'),
  DELETE: (base, folder, number) =>
    ask(base, 'DELETE', webHdfs(`${folder}/f${number}`, 'op=DELETE&user.name=alice')),
}

/** Sends one step where the first one has led to; what is no redirect is the answer. */
async function second(first: Answer, method: string, options: AskOptions = {}): Promise<Answer> {
  if (first.status !== 307) return first
  const { origin, pathname, search } = locationOf(first)
  return ask(origin, method, pathname + search, options)
}

/** Writes a file as alice in two steps. Whatever is there is replaced. */
export async function put(base: string, path: string, body: Buffer): Promise<Answer> {
  const first = await ask(base, 'PUT', webHdfs(path, 'op=CREATE&overwrite=true&user.name=alice'))
  return second(first, 'PUT', { headers: OCTETS, body })
}

/** Reads a file as alice in two steps, or what is known about its contents. */
export async function get(base: string, path: string, op: 'OPEN' | 'GETFILECHECKSUM'): Promise<Answer> {
  return second(await ask(base, 'GET', webHdfs(path, `op=${op}&user.name=alice`)), 'GET')
}

/** Callers that never pause, each with a folder of its own below /user/alice. */
export class Load {
  readonly #attempts: Attempt[] = []
  readonly #callers: Promise<void>[]
  #isOver = false

  private constructor(base: string, folders: readonly string[]) {
    this.#callers = folders.map((folder) => this.#call(base, folder))
  }

  static async start(base: string, label: string, callers: number): Promise<Load> {
    const folders = Array.from({ length: callers }, (_, index) => `/user/alice/${label}-${index}`)
    for (const folder of folders) await put(base, `${folder}/fixed`, FIXED)
    return new Load(base, folders)
  }

  /** Waits until every kind of operation has been made `times` times from now on, well or not. */
  async more(times: number): Promise<void> {
    const from = this.#attempts.length
    await until('the callers to go on', () => {
      const made = this.#attempts.slice(from)
      const isEnough = Object.keys(OPERATIONS).every(
        (name) => made.filter(({ what }) => what === name).length >= times,
      )
      return isEnough ? true : null
    })
  }

  /** Lets every caller come to its end. */
  async stop(): Promise<readonly Attempt[]> {
    this.#isOver = true
    await Promise.all(this.#callers)
    return this.#attempts
  }

  async #call(base: string, folder: string): Promise<void> {
    for (let number = 0; ; number += 1)
      for (const [what, operation] of Object.entries(OPERATIONS)) {
        if (this.#isOver) return
        this.#attempts.push(await attempt(what, () => operation(base, folder, number)))
      }
  }
}

async function attempt(what: string, operation: () => Promise<Answer>): Promise<Attempt> {
  const begun = performance.now()
  try {
    const { status, headers, text } = await operation()
    const outcome = status < 300 ? 'ok' : `${status} ${text.slice(0, 300)}`
    const retryAfter = [headers['retry-after']].flat()[0]
    return { what, begun, ended: performance.now(), outcome, retryAfter }
  } catch (error) {
    return { what, begun, ended: performance.now(), outcome: String(error), retryAfter: undefined }
  }
}
