import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { AdminToken } from '../admin/tokens.ts'
import { ConfigError, type Place, type Problem } from '../errors.ts'

/** Name of the token file in the state folder, and of its holder in the audit. */
const TOKEN_FILE = 'admin.token'

const TOKEN_BYTES = 32

/** The token that the commands on this machine use: whoever may read the file is the user of this process. */
export interface LocalToken {
  readonly tokens: readonly AdminToken[]
  /** Takes the file away once the token means nothing any more. */
  remove(): void
}

/**
 * Makes a token for the time of this process and writes it into the state folder, which is made if it is not there
 * (mode 0700); the file has mode 0600 and is never there half.
 *
 * Errors: `ERR_CONFIG_WRITE`, naming the setting `stateDir`; `place` is where it stands.
 */
export function writeLocalToken(stateDir: string, place: Place): LocalToken {
  const secret = randomBytes(TOKEN_BYTES).toString('base64url')
  const file = join(stateDir, TOKEN_FILE)
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    writeWhole(file, `${secret}\n`)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `cannot write \`${file}\` (stateDir): ${why}`
    const hint = 'let `stateDir` be a folder that the user of this process may write to'
    const problem: Problem = { ...place, severity: 'error', code: 'state_dir', message, hint }
    throw new ConfigError('ERR_CONFIG_WRITE', message, { problems: [problem], cause })
  }
  const sha256 = createHash('sha256').update(secret).digest('hex')
  return {
    tokens: [{ name: TOKEN_FILE, sha256, user: processUser() }],
    remove: () => {
      if (isStill(file, secret)) rmSync(file, { force: true })
    },
  }
}

/** Another process may have taken over the folder meanwhile. */
function isStill(file: string, secret: string): boolean {
  try {
    return readFileSync(file, 'utf8').trim() === secret
  } catch {
    // Gone already, or not ours to read: nothing to take away.
    return false
  }
}

/** Written beside it, brought to the disk, then renamed over it. */
function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const descriptor = openSync(temporary, 'wx', 0o600)
    try {
      writeSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** The name of the user of this process; in a container without an account for it, the number. */
function processUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.geteuid?.() ?? 'unknown')
  }
}
