import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Version of a program, or null when it cannot be run; `java` prints its own on stderr. */
function versionOf(program: string, argument: string): string | null {
  const { status, stdout, stderr } = spawnSync(program, [argument], { encoding: 'utf8' })
  return status === 0 ? stdout + stderr : null
}

/**
 * Why the real daemons cannot run here, with the way out; null where they can.
 * Java: Hadoop 3.3 and 3.4 need 11 at least; from 23 on `Subject.getSubject` is gone, which they call. Tried: 17.
 */
export function whyNoHadoop(): string | null {
  const java = versionOf('java', '-version')
  const major = Number(/version "(?:1\.)?(\d+)/.exec(java ?? '')?.[1])
  if (java === null) return 'java not found; install a JDK 17'
  if (!(major >= 11 && major <= 22)) return `java ${major} found; Hadoop needs 11 to 22, install a JDK 17`
  if (versionOf('mvn', '--version') === null) return 'mvn not found; install maven and a JDK 17'
  if (!existsSync('/proc/self/net/tcp')) {
    return 'no /proc/net/tcp; run this on Linux, the tests must know whose sockets they talk to'
  }
  return null
}

/** Why the PyPI package `hdfs` cannot be set up here; null where it can. */
export function whyNoPython(): string | null {
  const found = spawnSync('python3', ['-m', 'pip', '--version'], { encoding: 'utf8' })
  return found.status === 0 ? null : 'python3 with pip not found; install python3-pip'
}
