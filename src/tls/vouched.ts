import type { X509Certificate } from 'node:crypto'
import { readCertificates } from './read.ts'

/** As many as OpenSSL would follow is of no use here: chains have two or three. */
const MAX_DEPTH = 10

/**
 * Reports whether authorities still vouch for a certificate that was verified when its connection began, under others.
 *
 * What was shown then is walked anew: each certificate signed by the next, all of them good at the moment, up to one
 * that is listed now and has signed itself. Whatever is in doubt is not vouched for: a new handshake may say otherwise.
 *
 * Shape: `authorities` is PEM, null for none.
 * Source: RFC 5280 section 6.1.
 */
export function isVouchedFor(certificate: X509Certificate, authorities: string | null): boolean {
  const listed = authorities === null ? [] : readCertificates(Buffer.from(authorities))
  if ('code' in listed) return false
  const roots = listed.filter((root) => hasIssued(root, root))
  let at: X509Certificate | undefined = isCurrent(certificate) ? certificate : undefined
  for (let depth = 0; at !== undefined && depth < MAX_DEPTH; depth += 1) {
    const link: X509Certificate = at
    if (roots.some((root) => hasIssued(root, link))) return true
    const issuer = link.issuerCertificate
    at = issuer !== undefined && hasIssued(issuer, link) ? issuer : undefined
  }
  return false
}

const hasIssued = (issuer: X509Certificate, certificate: X509Certificate): boolean =>
  issuer.ca && isCurrent(issuer) && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)

const isCurrent = ({ validFromDate, validToDate }: X509Certificate): boolean => {
  const now = Date.now()
  return validFromDate.getTime() <= now && now <= validToDate.getTime()
}
