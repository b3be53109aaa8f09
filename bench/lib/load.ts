import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { installed } from './programs.ts'
import { LOAD_CORE, PATH } from './started.ts'

const AUTOCANNON = resolve(import.meta.dirname, '../node_modules/autocannon/autocannon.js')
const MAX_OUTPUT = 64 * 2 ** 20

/** Runs a program on the core of the load generator, and gives what it prints. */
export async function runPinned(command: string, args: readonly string[]): Promise<string> {
  const pinned = installed('taskset')
    ? ['taskset', '-c', String(LOAD_CORE), command, ...args]
    : [command, ...args]
  const { stdout } = await promisify(execFile)(pinned[0] ?? command, pinned.slice(1), {
    maxBuffer: MAX_OUTPUT,
  })
  return stdout
}

/** What a closed loop found. Latencies in milliseconds. */
interface Load {
  readonly requests: { total: number; average: number }
  readonly latency: { p99: number }
  readonly non2xx: number
  readonly errors: number
}

/** So many connections, each with one request at a time. Fails where one answer was not the right one. */
export async function closedLoop(url: string, seconds: number, connections: number): Promise<Load> {
  const target = `${url}${PATH}&user.name=alice`
  const args = [AUTOCANNON, '-j', '-c', String(connections), '-d', String(seconds), target]
  const result = JSON.parse(await runPinned(process.execPath, args)) as Load
  if (result.non2xx || result.errors)
    throw new Error(`${url}: ${result.non2xx} wrong answers, ${result.errors} errors`)
  return result
}
