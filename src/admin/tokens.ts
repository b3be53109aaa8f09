import { createHash, timingSafeEqual } from 'node:crypto'

/** Who holds a token: the name under which it is known, and the user whose rights it gives. */
export interface AdminToken {
  readonly name: string
  /** SHA-256 of the token, in hexadecimal. */
  readonly sha256: string
  readonly user: string
}

/** Who is asking on the admin listener. */
export interface Admin {
  readonly name: string
  readonly user: string
}

/**
 * Finds whose token this is. Every token is compared, and in constant time, so that the time of the answer says
 * nothing about any of them.
 */
export function adminOfToken(token: string, tokens: readonly AdminToken[]): Admin | null {
  const digest = createHash('sha256').update(token).digest()
  let found: Admin | null = null
  for (const candidate of tokens) {
    const wanted = Buffer.from(candidate.sha256, 'hex')
    if (wanted.length === digest.length && timingSafeEqual(wanted, digest)) {
      found = { name: candidate.name, user: candidate.user }
    }
  }
  return found
}
