import { readdirSync, readFileSync } from 'node:fs'
import type { KeddahProcess } from '../support/keddah.ts'

/** What a process holds. Units: bytes. */
export interface ProcessState {
  readonly descriptors: number
  readonly resident: number
  readonly heap: number
  readonly connections: number
  readonly inFlight: number
  readonly queued: number
  readonly defects: number
}

/** Reads it from the system and from the metrics of the process. */
export async function stateOf({ pid, admin }: KeddahProcess): Promise<ProcessState> {
  const text = await (await fetch(`${admin}/metrics`, { headers: { Connection: 'close' } })).text()
  const metric = (name: string): number => {
    const values = text
      .split('\n')
      .flatMap((line) => (new RegExp(`^${name}(?:\\{| )`).test(line) ? [line] : []))
    return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    resident: residentOf(pid),
    heap: metric('process_heap_bytes'),
    connections: metric('keddah_connections'),
    inFlight: metric('keddah_in_flight_requests'),
    queued: metric('keddah_queued_requests'),
    defects: metric('keddah_defects_total'),
  }
}

/** Resident memory of a process, in bytes. */
export function residentOf(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) * 1_024
}
