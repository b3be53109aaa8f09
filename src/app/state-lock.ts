import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type Place, type Problem } from '../errors.ts'
import { writeWhole } from './write-whole.ts'

/** Is left behind on purpose: taking a lock away while another process opens it would give it to both. */
export const LOCK_FILE = 'keddah.lock'

const PID_FILE = 'keddah.pid'

/** Of two that start at the same moment one may have to wait for the other to step back. Milliseconds. */
const PATIENCE_MS = 2_000

const SQLITE_BUSY = 5

/** A state folder that no other process has while this one has it. */
export interface StateLock {
  release(): void
}

/**
 * Takes the state folder for this process, and makes it where it is not there (mode 0700).
 *
 * The lock is one of the system and ends with the process, however that ends: there is nothing stale to be told from
 * something live, no process number that somebody else may have by now, and it holds between containers. Node has no
 * call for such a lock of its own, but its SQLite has one on an empty file.
 * Errors: `ERR_CONFIG_WRITE` where another process has it, naming that process; `place` is where `stateDir` stands.
 * Those of the file system as they are.
 */
export async function lockStateFolder(stateDir: string, place: Place): Promise<StateLock> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const file = join(stateDir, LOCK_FILE)
  // Made here, since SQLite would let others read it, and reading is enough to lock.
  closeSync(openSync(file, 'a', 0o600))
  // Only who serves needs it: other commands start faster without.
  const { DatabaseSync } = await import('node:sqlite')
  const lock = new DatabaseSync(file, { timeout: PATIENCE_MS })
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    const pidFile = join(stateDir, PID_FILE)
    writeWhole(pidFile, `${process.pid}\n`)
    return {
      release: () => {
        if (!lock.isOpen) return
        rmSync(pidFile, { force: true })
        lock.close()
      },
    }
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)
      throw inUse(stateDir, place, error)
    throw error
  }
}

function inUse(stateDir: string, place: Place, cause: unknown): ConfigError {
  const pid = holderOf(stateDir)
  const holder = pid === null ? 'another running instance' : `the running instance with process id ${pid}`
  const message = `\`${stateDir}\` (stateDir) is in use by ${holder}`
  const hint = `${pid === null ? 'end that one' : `end process ${pid}`}, or give this instance a \`stateDir\` of its own`
  const problem: Problem = { ...place, severity: 'error', code: 'state_dir_in_use', message, hint }
  return new ConfigError('ERR_CONFIG_WRITE', message, { problems: [problem], cause })
}

/** Null in the moment between lock and file, and where it is not for us to read. */
function holderOf(stateDir: string): string | null {
  try {
    return /^\d+/.exec(readFileSync(join(stateDir, PID_FILE), 'utf8'))?.[0] ?? null
  } catch {
    return null
  }
}
