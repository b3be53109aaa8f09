import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const VALID_MS = 36_000_000

/** Signs and reads the `hadoop.auth` cookie of one daemon; each daemon has a key of its own. */
export interface CookieSigner {
  /** The value of a `Set-Cookie` header; null for a name that no header can hold. */
  issue(user: string): string | null
  /** The user of a `Cookie` header; null where there is none, it is forged, or its time is over. */
  user(header: string | undefined): string | null
}

/**
 * Shape: `type` is `simple` for the NameNode and `simple-dt` for the ResourceManager.
 * Source: org.apache.hadoop.security.authentication.server.AuthenticationFilter#createAuthCookie,
 * org.apache.hadoop.security.authentication.util.Signer.
 */
export function createCookieSigner(type: string): CookieSigner {
  const key = randomBytes(32)
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  return {
    issue(user) {
      if (!/^[\x21-\x7e]+$/.test(user) || user.includes('"')) return null
      const token = `u=${user}&p=${user}&t=${type}&e=${Date.now() + VALID_MS}`
      return `hadoop.auth="${token}&s=${sign(token).toString('base64')}"; Path=/; HttpOnly`
    },
    user(header) {
      for (const part of (header ?? '').split(';')) {
        const found = /^\s*hadoop\.auth="?(?<token>[^"]*)&s=(?<signature>[^"&]*)"?\s*$/.exec(part)?.groups
        const given = Buffer.from(found?.['signature'] ?? '', 'base64')
        const token = found?.['token'] ?? ''
        const wanted = sign(token)
        if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) continue
        const fields = new Map(token.split('&').map((field) => [field.slice(0, 1), field.slice(2)]))
        if (Number(fields.get('e')) > Date.now()) return fields.get('u') ?? null
      }
      return null
    },
  }
}
