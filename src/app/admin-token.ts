import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { AdminToken } from '../admin/tokens.ts'
import { ConfigError, type Place } from '../errors.ts'
import { lockStateFolder, type StateLock } from './state-lock.ts'
import { unwritable } from './writable.ts'
import { writeWhole } from './write-whole.ts'

/** Name of the token file in the state folder, and of its holder in the audit. */
const TOKEN_FILE = 'admin.token'

/** Name of the file beside it that says where the admin listener is: settings may leave the port to the system. */
const URL_FILE = 'admin.url'

/** Name of the file with the certificate that the admin listener shows: that of the settings may be one it has refused. */
const CERTIFICATE_FILE = 'admin.crt'

const TOKEN_BYTES = 32

/** The token that the commands on this machine use: whoever may read the file is the user of this process. */
export interface LocalToken {
  readonly tokens: readonly AdminToken[]
  /**
   * Writes beside the token where it can be used, and the certificate in PEM that is shown there, null for none.
   * Errors: as those of `writeLocalToken`; no certificate is there then.
   */
  announce(url: string, certificate: string | null): void
  /** Takes the files away once the token means nothing any more, and gives the state folder back. */
  remove(): void
}

/**
 * Takes the state folder for this process, makes a token for the time of it and writes it there; the file has mode
 * 0600 and is never there half.
 *
 * Errors: `ERR_CONFIG_WRITE`, naming the setting `stateDir`: not to be written to, or in use by another process;
 * `place` is where the setting stands. Shape: `user` is whose rights the token gives.
 */
export async function writeLocalToken(
  stateDir: string,
  place: Place,
  user: string = processUser(),
): Promise<LocalToken> {
  const secret = randomBytes(TOKEN_BYTES).toString('base64url')
  const file = join(stateDir, TOKEN_FILE)
  const urlFile = join(stateDir, URL_FILE)
  const certificateFile = join(stateDir, CERTIFICATE_FILE)
  let lock: StateLock | null = null
  try {
    lock = await lockStateFolder(stateDir, place)
    writeWhole(file, `${secret}\n`)
  } catch (error) {
    lock?.release()
    if (error instanceof ConfigError) throw error
    throw unwritable('stateDir', stateDir, place, error)
  }
  const sha256 = createHash('sha256').update(secret).digest('hex')
  return {
    tokens: [{ name: TOKEN_FILE, sha256, user }],
    announce: (url, certificate) => {
      try {
        rmSync(certificateFile, { force: true })
        writeWhole(urlFile, `${url}\n`)
        if (certificate !== null) writeWhole(certificateFile, certificate)
      } catch (error) {
        throw unwritable('stateDir', stateDir, place, error)
      }
    },
    remove: () => {
      if (isStill(file, secret)) {
        rmSync(certificateFile, { force: true })
        rmSync(urlFile, { force: true })
        rmSync(file, { force: true })
      }
      lock.release()
    },
  }
}

/** Somebody may have taken the lock away by hand, and then another process the folder. */
function isStill(file: string, secret: string): boolean {
  try {
    return readFileSync(file, 'utf8').trim() === secret
  } catch {
    // Gone already, or not ours to read: nothing to take away.
    return false
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
