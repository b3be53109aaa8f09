import { ConfigError, type Place, type Problem } from '../errors.ts'
import type { Inputs } from './inputs.ts'
import { Secret } from './secret.ts'

const MAX_SECRET_BYTES = 65_536
const GROUP_READS = 0o040
const OTHERS_MAY = 0o077 & ~GROUP_READS
const MIN_LOCATOR_BYTES = 32

/**
 * Reads a file with a secret. It counts only where it belongs to this user or to root, nobody but its owner may change
 * it, and nobody else may read it but a group that this process is in: so Kubernetes hands secrets to a user without
 * rights (`fsGroup`), and Debian its keys (`ssl-cert`).
 *
 * Shape: what is wrong goes to `problems`, each at `place`; then the secret is empty.
 */
export function readSecretFile(
  secretFile: string,
  place: Place,
  inputs: Inputs,
  problems: Problem[],
  what = 'secret',
): Secret {
  const refuse = (code: string, message: string, hint: string | null): Secret => {
    problems.push({ ...place, severity: 'error', code, message, hint })
    return new Secret(new Uint8Array())
  }
  try {
    const { bytes, mode, uid, gid } = inputs.read(secretFile, MAX_SECRET_BYTES)
    const shown = `the ${what} file \`${secretFile}\``
    if ((mode & OTHERS_MAY) !== 0)
      return refuse(
        'secret_mode',
        `${shown} may be used by others than its owner`,
        `chmod 0600 ${secretFile}`,
      )
    if ((mode & GROUP_READS) !== 0 && !isOwnGroup(gid))
      return refuse(
        'secret_mode',
        `${shown} may be read by a group that this process is not in`,
        `chmod 0600 ${secretFile}`,
      )
    if (uid !== 0 && uid !== process.geteuid?.())
      return refuse(
        'secret_owner',
        `${shown} belongs to another user`,
        'let it belong to the user of this process',
      )
    if (bytes.toString('latin1').trim() === '')
      return refuse('secret_empty', `${shown} is empty`, `write the ${what} into it`)
    return new Secret(bytes)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return refuse(
      error.problems[0]?.code ?? 'file_unreadable',
      error.message,
      error.problems[0]?.hint ?? null,
    )
  }
}

const isOwnGroup = (gid: number): boolean =>
  gid === process.getegid?.() || process.getgroups?.().includes(gid) === true

/** Reads the secret of locators, which nobody chooses by hand: line ends at its end do not count. */
export function readLocatorSecret(file: string, place: Place, inputs: Inputs, problems: Problem[]): Secret {
  const before = problems.length
  const secret = readSecretFile(file, place, inputs, problems, 'locator secret')
  const { length } = Buffer.from(secret.reveal())
    .toString('latin1')
    .replace(/[\r\n]+$/, '')
  if (problems.length === before && length < MIN_LOCATOR_BYTES)
    problems.push({
      ...place,
      severity: 'error',
      code: 'secret_short',
      message: `the locator secret file \`${file}\` has ${length} bytes, and ${MIN_LOCATOR_BYTES} are needed`,
      hint: `openssl rand -hex 32 > ${file}`,
    })
  return secret
}
