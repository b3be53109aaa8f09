import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { KeyPair } from '../../src/tls/material.ts'

/** Just enough DER for certificates (X.690, RFC 5280), so that no test needs a program or a key in the repository. */
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  const size = content.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts)
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value))
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const OID = {
  commonName: '550403',
  ecdsaSha256: '2a8648ce3d040302',
  basicConstraints: '551d13',
  subjectAltName: '551d11',
}
const nameOf = (common: string): Buffer =>
  sequence(der(0x31, sequence(oid(OID.commonName), text(0x0c, common))))
const timeOf = (time: number): Buffer =>
  text(0x18, new Date(time).toISOString().replaceAll(/[-:T]|\.\d+/g, ''))
const pem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replaceAll(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`

const DAY = 86_400_000

/** What a certificate says. `alt`: DNS names and addresses, as in `DNS:a` or `IP:127.0.0.1`; none: no such extension. */
export interface CertificateOptions {
  readonly name?: string
  readonly alt?: readonly string[]
  readonly from?: number
  readonly to?: number
}

/** A certificate with its key. */
export interface TestPair extends KeyPair {
  readonly privateKey: KeyObject
  readonly keyPem: string
}

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

function certificate(
  options: CertificateOptions,
  issuer: { name: string; key: KeyObject } | null,
  isCa: boolean,
): TestPair {
  const { name = 'keddah test', alt = [], from = Date.now() - DAY, to = Date.now() + 90 * DAY } = options
  const key = newKey()
  const names = alt.map((entry) => {
    const [kind, value = ''] = entry.split(/:(.*)/s)
    return kind === 'DNS' ? text(0x82, value) : der(0x87, Buffer.from(value.split('.').map(Number)))
  })
  const extension = (id: string, ...value: readonly Buffer[]): Buffer =>
    sequence(oid(id), der(0x04, sequence(...value)))
  const extensions = [
    ...(isCa ? [extension(OID.basicConstraints, der(0x01, Buffer.from([0xff])))] : []),
    ...(names.length === 0 ? [] : [extension(OID.subjectAltName, ...names)]),
  ]
  const algorithm = sequence(oid(OID.ecdsaSha256))
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(timeOf(from), timeOf(to)),
    nameOf(name),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  )
  const signature = sign('sha256', body, issuer?.key ?? key)
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' })
  return {
    certificate: pem(sequence(body, algorithm, der(0x03, Buffer.from([0]), signature))),
    key: { reveal: () => Buffer.from(keyPem) },
    validFrom: from,
    validTo: to,
    privateKey: key,
    keyPem,
  }
}

/** An authority, and what it issues. */
export class TestAuthority {
  readonly pair: TestPair
  readonly #name: string

  /** `issuer` null: it vouches for itself. */
  constructor(name = 'keddah test authority', issuer: TestAuthority | null = null) {
    this.#name = name
    const above = issuer === null ? null : { name: issuer.#name, key: issuer.pair.privateKey }
    this.pair = certificate({ name }, above, true)
  }

  get certificate(): string {
    return this.pair.certificate
  }

  /** A certificate for a server on the loopback, unless told otherwise. */
  issue(options: CertificateOptions = {}): TestPair {
    const alt = ['DNS:localhost', 'IP:127.0.0.1']
    return certificate({ alt, ...options }, { name: this.#name, key: this.pair.privateKey }, false)
  }
}

/** A certificate that vouches for itself. */
export const selfSigned = (options: CertificateOptions = {}): TestPair => certificate(options, null, false)

/** Writes files below a folder; keys (`….key`) are for their owner alone. */
export function makePemFolder(files: Readonly<Record<string, string>>): {
  readonly folder: string
  readonly remove: () => void
} {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-pem-'))
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content, { mode: name.endsWith('.key') ? 0o600 : 0o644 })
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The same, gone after the test. */
export function writePems(files: Readonly<Record<string, string>>): string {
  const { folder, remove } = makePemFolder(files)
  onTestFinished(remove)
  return folder
}
