import { ConfigError, type Problem } from '../errors.ts'
import { type KeyPair, pairsOf } from '../tls/material.ts'
import type { Settings } from './settings.ts'

const WARN_MS = 30 * 86_400_000

/** A certificate of the settings: `key` is the setting that names its file, `owner` the service, or `admin`. */
interface Used {
  readonly owner: string
  readonly key: string
  readonly pair: KeyPair
}

/**
 * Refuses certificates that have expired, or do not count yet.
 *
 * One that is in force already is no reason: with it clients complain, but a change of the policy must not wait for a
 * new certificate.
 * Errors: `ERR_CONFIG_SETTINGS`, a problem for each.
 */
export function requireValidDates(settings: Settings, inForce: Settings | undefined, now: number): void {
  const known = new Set(inForce === undefined ? [] : used(inForce).map(({ pair }) => pair.certificate))
  const problems = used(settings).flatMap(({ key, pair }): Problem[] => {
    const flaw = flawOf(pair, now)
    if (flaw === null || known.has(pair.certificate)) return []
    return [{ ...settings.placeOf(key), severity: 'error', ...flaw }]
  })
  const [first] = problems
  if (first === undefined) return
  throw new ConfigError('ERR_CONFIG_SETTINGS', `${settings.file}: ${first.message}`, { problems })
}

/** One sentence for each certificate that has expired, or will within thirty days. */
export function expiryWarnings(settings: Settings, now: number): string[] {
  return used(settings).flatMap(({ key, pair }) => {
    if (pair.validTo > now + WARN_MS) return []
    const verb = pair.validTo > now ? 'expires' : 'has expired'
    return [`the certificate of \`${key}\` ${verb} on ${dateText(pair.validTo)}`]
  })
}

/** When the first certificate of each service expires, in milliseconds since the epoch; `admin` is the admin listener. */
export function expiryByService(settings: Settings): ReadonlyMap<string, number> {
  const first = new Map<string, number>()
  for (const { owner, pair } of used(settings))
    first.set(owner, Math.min(first.get(owner) ?? Infinity, pair.validTo))
  return first
}

function used({ admin, services }: Settings): Used[] {
  const listeners = [
    { owner: 'admin', at: 'admin', tls: admin.tls },
    ...services.map(({ name, tls }, index) => ({ owner: name, at: `services[${index}]`, tls })),
  ]
  const shown = listeners.flatMap(({ owner, at, tls }) =>
    (tls === null ? [] : pairsOf(tls)).map((pair, index): Used => {
      const part = index === 0 ? '' : `.names[${index - 1}]`
      return { owner, key: `${at}.tls${part}.certFile`, pair }
    }),
  )
  const sent = services.flatMap(({ name, upstreamTls }, index): Used[] => {
    const pair = upstreamTls?.pair ?? null
    return pair === null ? [] : [{ owner: name, key: `services[${index}].upstreamTls.certFile`, pair }]
  })
  return [...shown, ...sent]
}

function flawOf(
  { validFrom, validTo }: KeyPair,
  now: number,
): Pick<Problem, 'code' | 'message' | 'hint'> | null {
  if (now > validTo)
    return {
      code: 'certificate_expired',
      message: `the certificate has expired on ${dateText(validTo)}`,
      hint: 'have it renewed',
    }
  if (now < validFrom)
    return {
      code: 'certificate_not_yet_valid',
      message: `the certificate counts from ${dateText(validFrom)} on`,
      hint: "look at this machine's clock, or wait",
    }
  return null
}

const dateText = (time: number): string => new Date(time).toISOString()
