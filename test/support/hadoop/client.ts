import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { JAVA, javaArguments, javaEnvironment, type JavaHome } from './java.ts'

/** How a client program ended. */
export interface Ended {
  readonly status: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a program to its end; `input` is its whole stdin. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; input?: Buffer } = {},
): Promise<Ended> {
  const child = spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.on('error', () => child.stdin.destroy()) // it may end without reading what it was given
  child.stdin.end(options.input)
  const [status]: unknown[] = await once(child, 'close')
  return {
    status: typeof status === 'number' ? status : null,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString('utf8'),
  }
}

/** Runs a Java client as `user` to its end; 1–2 s a run. */
export const runClient = (
  home: JavaHome,
  user: string,
  mainClass: string,
  args: readonly string[],
  input?: Buffer,
): Promise<Ended> =>
  runProgram(JAVA, javaArguments(home, mainClass, args), {
    env: javaEnvironment(user),
    ...(input === undefined ? {} : { input }),
  })

/** Runs a Java client and answers its stdout. Errors: it did not end with 0. */
export async function succeedClient(
  home: JavaHome,
  user: string,
  mainClass: string,
  args: readonly string[],
): Promise<Buffer> {
  const { status, stdout, stderr } = await runClient(home, user, mainClass, args)
  if (status === 0) return stdout
  throw new Error(`${mainClass} ${args.join(' ')} ended with ${status}\n${stdout.toString('utf8')}${stderr}`)
}
