import { ConfigError, type Place, type Problem } from '../errors.ts'
import type { Inputs } from './inputs.ts'
import { Secret } from './secret.ts'

const MAX_SECRET_BYTES = 65_536
const GROUP_READS = 0o040
const OTHERS_MAY = 0o077
const MIN_LOCATOR_BYTES = 32

/**
 * Reads a file with a secret. It counts only where it belongs to this user or to root, and nobody but its owner may use
 * it; one of root's may be read by a group that this process is in: so Kubernetes hands secrets to a user without rights
 * (`fsGroup`), and Debian its keys (`ssl-cert`).
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
    const flaw = flawOf({ mode, uid, gid }, { uid: process.geteuid?.() ?? -1, groups: ownGroups() })
    if (flaw === 'others')
      return refuse(
        'secret_mode',
        `${shown} may be used by others than its owner`,
        `chmod 0600 ${secretFile}`,
      )
    if (flaw === 'owner')
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

const ownGroups = (): readonly number[] => [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])]

/**
 * What is wrong with who may use a secret file: `others` may, or it has the wrong `owner`; null: nothing. A group of the
 * process may read what belongs to root: whoever is not root cannot change that, and has no other way to read it.
 */
export function flawOf(
  file: { readonly mode: number; readonly uid: number; readonly gid: number },
  self: { readonly uid: number; readonly groups: readonly number[] },
): 'others' | 'owner' | null {
  const isShared = file.uid === 0 && self.uid !== 0 && self.groups.includes(file.gid)
  if ((file.mode & (isShared ? OTHERS_MAY & ~GROUP_READS : OTHERS_MAY)) !== 0) return 'others'
  return file.uid === 0 || file.uid === self.uid ? null : 'owner'
}

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
