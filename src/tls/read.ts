import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** Something wrong with the content of a file, to be placed by who knows the file. `in` says in which of the two. */
export interface Flaw {
  readonly in: 'certificate' | 'key'
  readonly code: string
  readonly message: string
  readonly hint: string
}

/** When a certificate counts, in milliseconds since the epoch. */
export interface Validity {
  readonly validFrom: number
  readonly validTo: number
}

const BEGIN = '-----BEGIN CERTIFICATE-----'
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/**
 * Reads the certificates of a PEM file, in their order; what stands around them does not count.
 *
 * Shape: never empty; one flaw where there is none, or one of them cannot be read or has no end.
 */
export function readCertificates(bytes: Uint8Array): readonly X509Certificate[] | Flaw {
  const text = Buffer.from(bytes).toString('latin1')
  const blocks = text.match(CERTIFICATE) ?? []
  const begun = text.split(BEGIN).length - 1
  if (begun === 0) {
    const hint = `it has to hold \`${BEGIN}\`; from DER: \`openssl x509 -inform der -in FILE\``
    return flaw('certificate', 'certificate_not_pem', 'holds no certificate in PEM', hint)
  }
  if (begun > blocks.length) {
    const hint = 'it is cut off, or still being written: copy it anew, and move it into place as a whole'
    return flaw('certificate', 'certificate_malformed', 'holds a certificate without an end', hint)
  }
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    const hint = 'look at it with `openssl x509 -noout -text -in FILE`'
    return flaw('certificate', 'certificate_malformed', 'holds a certificate that cannot be read', hint)
  }
}

/** Reads a private key in PEM. No word of the key is in a flaw. */
export function readKey(bytes: Uint8Array): KeyObject | Flaw {
  const text = Buffer.from(bytes).toString('latin1')
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    const hint =
      'nobody is there to type a passphrase: `openssl pkey -in FILE -out PLAIN`, then `chmod 0600 PLAIN`'
    return flaw('key', 'key_encrypted', 'holds a key that is encrypted', hint)
  }
  if (!/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(text)) {
    const hint = 'it has to hold `-----BEGIN PRIVATE KEY-----`; from DER: `openssl pkey -inform der -in FILE`'
    return flaw('key', 'key_not_pem', 'holds no private key in PEM', hint)
  }
  try {
    return createPrivateKey(text)
  } catch {
    const hint = 'look at it with `openssl pkey -noout -check -in FILE`'
    return flaw('key', 'key_malformed', 'holds a private key that cannot be read', hint)
  }
}

/** What keeps a certificate and a key from being used together; null: nothing. */
export function pairFlaw(certificates: readonly X509Certificate[], key: KeyObject): Flaw | null {
  const [own] = certificates
  if (own === undefined || !own.checkPrivateKey(key)) {
    const hint =
      "name the key that the certificate was made for; of a chain the server's own certificate comes first"
    return flaw('key', 'key_mismatch', 'does not hold the key of the certificate', hint)
  }
  try {
    createSecureContext({
      cert: certificates.map(String).join(''),
      key: key.export({ type: 'pkcs8', format: 'pem' }),
    })
    return null
  } catch (error) {
    const why = error instanceof Error && 'reason' in error ? String(error.reason) : 'it cannot be used'
    const hint = 'make a new one, for example with a key of 2048 bits (RSA) or on the curve P-256'
    return flaw('certificate', 'certificate_refused', `holds a certificate that TLS refuses: ${why}`, hint)
  }
}

/** From when to when a certificate counts. */
export function validityOf(certificate: X509Certificate): Validity {
  return { validFrom: certificate.validFromDate.getTime(), validTo: certificate.validToDate.getTime() }
}

const flaw = (where: Flaw['in'], code: string, message: string, hint: string): Flaw => ({
  in: where,
  code,
  message,
  hint,
})
