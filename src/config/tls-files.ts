import type { X509Certificate } from 'node:crypto'
import { ConfigError, type Place, type Problem } from '../errors.ts'
import { type ClientTls, type KeyPair, printOf, type ServerTls } from '../tls/material.ts'
import { type Flaw, pairFlaw, readCertificates, readKey, validityOf } from '../tls/read.ts'
import type { Inputs } from './inputs.ts'
import type { TlsSettings, UpstreamTlsSettings } from './schema-tls.ts'
import { Secret } from './secret.ts'
import { readSecretFile } from './secret-file.ts'

const MAX_PEM_BYTES = 4_194_304

const EMPTY_PAIR: KeyPair = { certificate: '', key: new Secret(new Uint8Array()), validFrom: 0, validTo: 0 }

/**
 * Reads the files of the TLS settings and checks that they can be used together. Whether a certificate counts at the
 * moment is asked elsewhere (`tls-dates.ts`), since it depends on what is in force already.
 *
 * What is wrong goes to `problems`, each naming the file and the line of the settings; what is given back then must not
 * be used.
 */
export class TlsFiles {
  readonly #inputs: Inputs
  readonly #absolute: (path: string) => string
  readonly #placeOf: (key: string) => Place
  readonly #problems: Problem[]

  constructor(
    inputs: Inputs,
    absolute: (path: string) => string,
    placeOf: (key: string) => Place,
    problems: Problem[],
  ) {
    this.#inputs = inputs
    this.#absolute = absolute
    this.#placeOf = placeOf
    this.#problems = problems
  }

  /** TLS of a listener. `key` is where it stands, such as `admin.tls`. */
  server(written: TlsSettings, key: string): ServerTls {
    const { certFile, keyFile, clientCaFile, clientAuth, minVersion } = written
    const pair = this.#pair(certFile, keyFile, key)
    const clientCa =
      clientCaFile === undefined ? null : this.#authorities(clientCaFile, `${key}.clientCaFile`)
    const names = written.names.map(({ hosts, ...files }, index) => {
      const at = `${key}.names[${index}]`
      const own = this.#pair(files.certFile, files.keyFile, at, hosts)
      return { hosts, pair: own }
    })
    this.#findRepeated(written, key)
    const tls = { pair, clientCa, clientAuth, minVersion, names }
    return { ...tls, print: printOf(tls) }
  }

  /** TLS to upstreams. */
  client(written: UpstreamTlsSettings, key: string): ClientTls {
    const { caFile, certFile, keyFile, serverName = null } = written
    const ca = caFile === undefined ? null : this.#authorities(caFile, `${key}.caFile`)
    const pair = certFile === undefined || keyFile === undefined ? null : this.#pair(certFile, keyFile, key)
    const tls = { ca, pair, serverName }
    return { ...tls, print: printOf(tls) }
  }

  #pair(certFile: string, keyFile: string, at: string, hosts: readonly string[] = []): KeyPair {
    const places = { certificate: `${at}.certFile`, key: `${at}.keyFile` }
    const files = { certificate: this.#absolute(certFile), key: this.#absolute(keyFile) }
    const certificates = this.#certificates(files.certificate, places.certificate)
    const before = this.#problems.length
    const secret = readSecretFile(files.key, this.#placeOf(places.key), this.#inputs, this.#problems, 'key')
    if (this.#problems.length > before) return EMPTY_PAIR
    const key = readKey(secret.reveal())
    const say = (flaw: Flaw): void => this.#add(flaw, files[flaw.in], places[flaw.in])
    if ('code' in key) say(key)
    const [own] = certificates
    if (own === undefined || 'code' in key) return EMPTY_PAIR
    const flaw = pairFlaw(certificates, key)
    if (flaw !== null) say(flaw)
    for (const host of hosts) if (!isFor(own, host)) say(notFor(host))
    return { certificate: certificates.map(String).join(''), key: secret, ...validityOf(own) }
  }

  #authorities(path: string, key: string): string {
    return this.#certificates(this.#absolute(path), key).map(String).join('')
  }

  /** Empty where the file cannot be used. */
  #certificates(file: string, key: string): readonly X509Certificate[] {
    try {
      const read = readCertificates(this.#inputs.read(file, MAX_PEM_BYTES).bytes)
      if (!('code' in read)) return read
      this.#add(read, file, key)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      for (const { code, message, hint } of error.problems)
        this.#problems.push({
          ...this.#placeOf(key),
          severity: 'error',
          code,
          message: `\`${file}\` ${message}`,
          hint,
        })
    }
    return []
  }

  #findRepeated({ names }: TlsSettings, key: string): void {
    const seen = new Set<string>()
    for (const [index, { hosts }] of names.entries())
      for (const [at, host] of hosts.entries()) {
        if (seen.has(host)) {
          const place = this.#placeOf(`${key}.names[${index}].hosts[${at}]`)
          const message = `\`${host}\`: another certificate is named for it`
          this.#problems.push({
            ...place,
            severity: 'error',
            code: 'repeated',
            message,
            hint: 'each has to be different',
          })
        }
        seen.add(host)
      }
  }

  #add({ code, message, hint }: Omit<Flaw, 'in'>, file: string, key: string): void {
    const shown = hint.replaceAll('FILE', file)
    this.#problems.push({
      ...this.#placeOf(key),
      severity: 'error',
      code,
      message: `\`${file}\` ${message}`,
      hint: shown,
    })
  }
}

/** A pattern stands for names: one of them is as good as any other. */
const isFor = (certificate: X509Certificate, host: string): boolean =>
  certificate.checkHost(host.replace(/^\*/, 'any')) !== undefined

const notFor = (host: string): Flaw => ({
  in: 'certificate',
  code: 'certificate_host',
  message: `holds a certificate that is not for \`${host}\``,
  hint: 'name a certificate that has it as a DNS name (`openssl x509 -noout -ext subjectAltName -in FILE`)',
})
