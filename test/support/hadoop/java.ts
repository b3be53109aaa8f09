import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownsPort } from './ports.ts'
import { until } from './wait.ts'

/** The program, found on the PATH. */
export const JAVA = 'java'

/** Where Java programs of one version find jars, configuration and a place for logs. */
export interface JavaHome {
  readonly classPath: string
  readonly confDir: string
  readonly logDir: string
  /** Further arguments of `java` itself; absent: none. */
  readonly flags?: readonly string[]
}

/**
 * WebHDFS answers 500 and the ResourceManager does not start without the opening (Java 17); the rest makes small
 * processes that start fast.
 */
const JAVA_FLAGS: readonly string[] = [
  '--add-opens=java.base/java.lang=ALL-UNNAMED',
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.net.preferIPv4Stack=true',
  '-Dfile.encoding=UTF-8',
]

export const javaArguments = (home: JavaHome, mainClass: string, args: readonly string[]): string[] => [
  ...JAVA_FLAGS,
  ...(home.flags ?? []),
  `-Dhadoop.log.dir=${home.logDir}`,
  '-cp',
  `${home.classPath}:${home.confDir}`,
  mainClass,
  ...args,
]

/**
 * The environment of a Java process: `HADOOP_USER_NAME` is who it is in simple mode. No `HADOOP_*` of the caller's
 * gets through; names outside ASCII need a UTF-8 locale.
 */
export const javaEnvironment = (user: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: process.env['HOME'] ?? '/',
  ...(process.env['JAVA_HOME'] === undefined ? {} : { JAVA_HOME: process.env['JAVA_HOME'] }),
  LC_ALL: 'C.UTF-8',
  HADOOP_USER_NAME: user,
})

/** A daemon that was started here. */
export interface Daemon {
  readonly name: string
  readonly pid: number
  /** Waits until the process itself listens on the ports and `ask`, if given, says true. */
  ready(ports: readonly number[], ask?: () => Promise<boolean>): Promise<void>
  /** SIGTERM by pid, and waits until it is gone; SIGKILL when it does not go. */
  stop(): Promise<void>
  /** SIGKILL by pid, and waits until it is gone. */
  kill(): Promise<void>
  /** SIGSTOP: it hangs with every connection open, until `resume`. */
  pause(): void
  resume(): void
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a daemon as root; its log is `<name>.log`, written afresh. */
export function startDaemon(
  home: JavaHome,
  name: string,
  mainClass: string,
  args: readonly string[] = [],
): Daemon {
  const file = join(home.logDir, `${name}.log`)
  const log = openSync(file, 'w')
  const child = spawn(JAVA, javaArguments(home, mainClass, args), {
    cwd: home.logDir,
    env: javaEnvironment('root'),
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const { pid } = child
  if (pid === undefined) throw new Error(`java for the ${name} could not be started`)
  running.add(child)
  child.once('exit', () => running.delete(child))
  const gone = (): boolean => child.exitCode !== null || child.signalCode !== null
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (gone()) return
    const exited = once(child, 'exit')
    child.kill(signal)
    const killer = setTimeout(() => child.kill('SIGKILL'), 30_000)
    await exited
    clearTimeout(killer)
  }
  return {
    name,
    pid,
    async ready(ports, ask = () => Promise.resolve(true)) {
      try {
        await until(`the ${name} to be ready`, async () => {
          if (gone())
            throw new Error(`the ${name} has ended with ${String(child.exitCode ?? child.signalCode)}`)
          return ports.every((port) => ownsPort(pid, port)) && (await ask()) ? true : null
        })
      } catch (cause) {
        throw new Error(`${String(cause)}\n--- end of ${file}:\n${tail(file)}`, { cause })
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  }
}

const tail = (file: string): string => readFileSync(file, 'utf8').split('\n').slice(-60).join('\n')
