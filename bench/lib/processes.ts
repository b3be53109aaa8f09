import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { installed } from './programs.ts'

const TICKS_PER_SECOND = Number(spawnSync('getconf', ['CLK_TCK']).stdout.toString().trim() || 100)

/** A program of one contender: every process below `child` counts for its CPU time. */
export interface Program {
  readonly child: ChildProcess
  stop(): Promise<void>
}

/** A TCP port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** Starts `command` pinned to one core, so that proxy and load generator do not take turns on the same one. */
export function startPinned(core: number, command: string, args: readonly string[], cwd: string): Program {
  return installed('taskset')
    ? start('taskset', ['-c', String(core), command, ...args], cwd)
    : start(command, args, cwd)
}

/** Starts `command` on whatever cores there are. */
export function start(command: string, args: readonly string[], cwd: string): Program {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-2000)))
  child.once('exit', (code) => {
    if (code) console.error(`${command} ended with ${code}\n${stderr}`)
  })
  return {
    child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

/** Waits until something answers on `url`, whatever its status. */
export async function waitForHttp(url: string, seconds = 20): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const answered = await fetch(url).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    )
    if (answered) return
    if (Date.now() > deadline) throw new Error(`nothing answers on ${url}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

/** User and system CPU seconds of a process and all its live descendants, from /proc. */
export function cpuSeconds(pid: number): number {
  const ticks = (id: number): number => {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  }
  const walk = (id: number): number => ticks(id) + childrenOf(id).reduce((sum, child) => sum + walk(child), 0)
  return walk(pid) / TICKS_PER_SECOND
}

/** Bytes that a process and its live descendants have in memory now, and the most that they ever had. */
export function memory(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  const below = childrenOf(pid).map(memory)
  return {
    now: kilobytes('VmRSS') * 1_024 + below.reduce((sum, { now }) => sum + now, 0),
    peak: kilobytes('VmHWM') * 1_024 + below.reduce((sum, { peak }) => sum + peak, 0),
  }
}
