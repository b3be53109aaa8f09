import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { loadSettings } from '../../../src/config/settings.ts'
import { expiryByService, expiryWarnings } from '../../../src/config/tls-dates.ts'
import { ConfigError, type Problem } from '../../../src/errors.ts'
import { selfSigned, TestAuthority, writePems } from '../../support/certificates.ts'
import { brief, policyOf, rejection, setUp } from './support.ts'

const authority = new TestAuthority()
const pair = authority.issue()
const other = authority.issue()
const GOOD = { 'a.crt': pair.certificate, 'a.key': pair.keyPem, 'ca.crt': authority.certificate }

const DAY = 86_400_000
const TLS = '{ certFile: a.crt, keyFile: a.key }'
const settingsOf = (tls: string, more = ''): string => `services:
  - name: nn
    kind: namenode
    listen: 127.0.0.1:0
    upstreams: ['https://nn1:9871']
    tls: ${tls}
${more}`

/** What is wrong with settings beside these files. */
function problemsOf(files: Readonly<Record<string, string>>, yaml = settingsOf(TLS)): readonly Problem[] {
  const folder = writePems({ ...files, 'keddah.yaml': yaml })
  try {
    loadSettings(join(folder, 'keddah.yaml'))
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const vague = error.problems.find(
      ({ message, hint }) => !`${message}${hint}`.includes(folder) || hint?.includes('FILE') === true,
    )
    if (vague !== undefined) throw new Error(`which file: ${JSON.stringify(vague)}`, { cause: error })
    return error.problems
  }
}

describe('certificates and keys that cannot be used', () => {
  const der = Buffer.from(pair.certificate.replaceAll(/-----[^-]+-----|\n/g, ''), 'base64').toString('latin1')
  const encrypted = pair.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  const legacy =
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAA==\n-----END RSA PRIVATE KEY-----\n'
  const torn = pair.certificate.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA')

  test.each([
    ['a certificate that is not there', { 'a.key': pair.keyPem }, 'file_missing certFile'],
    ['a key that is not there', { 'a.crt': pair.certificate }, 'file_missing keyFile'],
    ['a certificate in DER', { ...GOOD, 'a.crt': der }, 'certificate_not_pem certFile'],
    ['an empty certificate', { ...GOOD, 'a.crt': '' }, 'certificate_not_pem certFile'],
    [
      'a key in the place of the certificate',
      { ...GOOD, 'a.crt': pair.keyPem },
      'certificate_not_pem certFile',
    ],
    ['a torn certificate', { ...GOOD, 'a.crt': torn }, 'certificate_malformed certFile'],
    [
      'a certificate that is cut off',
      { ...GOOD, 'a.crt': pair.certificate.slice(0, 200) },
      'certificate_malformed certFile',
    ],
    [
      'a chain whose second certificate is cut off',
      { ...GOOD, 'a.crt': pair.certificate + authority.certificate.slice(0, 200) },
      'certificate_malformed certFile',
    ],
    ['an empty key', { ...GOOD, 'a.key': '' }, 'secret_empty keyFile'],
    ['a certificate in the place of the key', { ...GOOD, 'a.key': pair.certificate }, 'key_not_pem keyFile'],
    ['an encrypted key', { ...GOOD, 'a.key': encrypted }, 'key_encrypted keyFile'],
    ['an encrypted key of the old kind', { ...GOOD, 'a.key': legacy }, 'key_encrypted keyFile'],
    ['a torn key', { ...GOOD, 'a.key': pair.keyPem.replace('MIGH', 'AAAA') }, 'key_malformed keyFile'],
    ['the key of another certificate', { ...GOOD, 'a.key': other.keyPem }, 'key_mismatch keyFile'],
    [
      'a chain in the wrong order',
      { ...GOOD, 'a.crt': authority.certificate + pair.certificate },
      'key_mismatch keyFile',
    ],
  ])('%s', (_, files, wanted) => {
    const [code, key] = wanted.split(' ')
    expect(brief(problemsOf(files))).toEqual([
      `${code} services[0].tls.${key} 6:${key === 'certFile' ? 22 : 38}`,
    ])
  })

  test('no problem shows anything of a key', () => {
    for (const files of [
      { ...GOOD, 'a.key': other.keyPem },
      { ...GOOD, 'a.key': `x${pair.keyPem.slice(9)}` },
    ])
      expect(JSON.stringify(problemsOf(files))).not.toContain(files['a.key'].split('\n')[1])
  })

  // Everybody on the machine could speak in the server's name.
  test('a key that others may read is refused', () => {
    const folder = writePems({ ...GOOD, 'keddah.yaml': settingsOf(TLS) })
    chmodSync(join(folder, 'a.key'), 0o644)
    expect(() => loadSettings(join(folder, 'keddah.yaml'))).toThrow(/may be used by others/)
  })

  test('all of them are told at once, for each service, its upstreams and the admin listener', () => {
    const yaml = settingsOf(
      '{ certFile: 1, keyFile: 2, clientCaFile: 3, clientAuth: required, names: [{ hosts: [a], certFile: 4, keyFile: 5 }] }',
      `    upstreamTls: { caFile: 6, certFile: 7, keyFile: 8 }
admin: { tls: { certFile: 9, keyFile: 10 } }
`,
    ).replaceAll(/File: (\d+)/g, "File: '$1'")
    const keys = problemsOf({}, yaml).map(({ key, code }) => `${key?.replace('services[0].', '')} ${code}`)
    expect(keys.toSorted()).toEqual(
      [
        'tls.certFile',
        'tls.keyFile',
        'tls.clientCaFile',
        'tls.names[0].certFile',
        'tls.names[0].keyFile',
        'upstreamTls.caFile',
        'upstreamTls.certFile',
        'upstreamTls.keyFile',
        'admin.tls.certFile',
        'admin.tls.keyFile',
      ]
        .map((key) => `${key} file_missing`)
        .toSorted(),
    )
  })

  test('one for another host than its name says is refused, and a host that is named twice', () => {
    const names = (...hosts: string[]): string =>
      settingsOf(
        `{ certFile: a.crt, keyFile: a.key, names: [{ hosts: [${hosts.join(', ')}], certFile: a.crt, keyFile: a.key }] }`,
      )
    expect(problemsOf(GOOD, names('localhost'))).toEqual([])
    expect(problemsOf(GOOD, names('nn.example.com')).map(({ code }) => code)).toEqual(['certificate_host'])
    expect(problemsOf(GOOD, names("'*.localhost'")).map(({ code }) => code)).toEqual(['certificate_host'])
    expect(() =>
      loadSettings(join(writePems({ ...GOOD, 'k.yaml': names('localhost', 'LOCALHOST') }), 'k.yaml')),
    ).toThrow(/another certificate is named for it/)
  })
})

describe('settings that contradict themselves', () => {
  const load = (yaml: string) => (): unknown =>
    loadSettings(join(writePems({ ...GOOD, 'k.yaml': yaml }), 'k.yaml'))

  test.each([
    [
      'clientAuth without authorities',
      'needs `clientCaFile`',
      settingsOf('{ certFile: a.crt, keyFile: a.key, clientAuth: required }'),
    ],
    [
      'authorities without clientAuth',
      'nobody is asked for a certificate',
      settingsOf('{ certFile: a.crt, keyFile: a.key, clientCaFile: ca.crt }'),
    ],
    [
      'half a pair',
      'needs `certFile` and `keyFile` together',
      settingsOf(TLS, '    upstreamTls: { certFile: a.crt }\n'),
    ],
    [
      'TLS to upstreams of which none has it',
      'none of the `upstreams`',
      settingsOf(TLS, '    upstreamTls: { caFile: ca.crt }\n').replace('https:', 'http:'),
    ],
    ['an old version', 'minVersion', settingsOf('{ certFile: a.crt, keyFile: a.key, minVersion: TLSv1.1 }')],
    [
      'names of certificates that nobody asks for',
      'no service asks',
      settingsOf(
        TLS,
        'identity: { authenticators: [{ kind: trustedHeader, header: X-U, peers: [127.0.0.1], certificateNames: [a] }] }\n',
      ),
    ],
    [
      'a trusted header without any proof',
      'needs `secretHeader` and `secretFile`',
      settingsOf(
        TLS,
        'identity: { authenticators: [{ kind: trustedHeader, header: X-U, peers: [127.0.0.1] }] }\n',
      ),
    ],
    [
      // OpenSSL takes a name with a dot in front for every name below it.
      'a name that would stand for others',
      'certificateNames[0]',
      settingsOf(
        '{ certFile: a.crt, keyFile: a.key, clientCaFile: ca.crt, clientAuth: required }',
        'identity: { authenticators: [{ kind: trustedHeader, header: X-U, peers: [127.0.0.1], certificateNames: [.example.com] }] }\n',
      ),
    ],
    [
      'an upstream that is the listener itself',
      'this very service',
      settingsOf(TLS).replace('127.0.0.1:0', '127.0.0.1:443').replace('nn1:9871', '127.0.0.1'),
    ],
  ])('%s', (_, wanted, yaml) => {
    expect(load(yaml)).toThrow(wanted)
  })

  test('good ones load', () => {
    expect(
      load(settingsOf('{ certFile: a.crt, keyFile: a.key, clientCaFile: ca.crt, clientAuth: optional }')),
    ).not.toThrow()
  })
})

describe('dates', () => {
  const filesFor = (dated: { certificate: string; keyPem: string }): Readonly<Record<string, string>> => ({
    'keddah.yaml': `hadoop: { confDir: conf }\n${settingsOf(TLS)}`,
    'a.crt': dated.certificate,
    'a.key': dated.keyPem,
  })
  const start = async (dated: { certificate: string; keyPem: string }): ReturnType<typeof setUp> => {
    process.umask(0o077)
    onTestFinished(() => void process.umask(0o022))
    return setUp(filesFor(dated))
  }

  test('a certificate that has expired, or is not valid yet, refuses the start', async () => {
    const expired = await rejection(start(selfSigned({ to: Date.now() - DAY })))
    expect(brief(expired?.problems ?? [])).toEqual(['certificate_expired services[0].tls.certFile 7:12'])
    const early = await rejection(start(selfSigned({ from: Date.now() + DAY })))
    expect(brief(early?.problems ?? [])).toEqual(['certificate_not_yet_valid services[0].tls.certFile 7:12'])
  })

  test('one that expires within thirty days is told, and when the first of a service does', async () => {
    const to = Math.floor(Date.now() / 1_000) * 1_000 + 29 * DAY
    const { refresher } = await start(selfSigned({ to }))
    const { settings } = refresher.current()
    const date = new Date(to).toISOString()
    expect(expiryWarnings(settings, Date.now())).toEqual([
      `the certificate of \`services[0].tls.certFile\` expires on ${date}`,
    ])
    expect(expiryWarnings(settings, to + 1)[0]).toContain('has expired on')
    expect(expiryWarnings(settings, to - 31 * DAY)).toEqual([])
    expect([...expiryByService(settings)]).toEqual([['nn', to]])
  })

  test('a refresh with one that has expired keeps the old one', async () => {
    const { refresher, folder, write } = await start(pair)
    write(filesFor(selfSigned({ to: Date.now() - DAY })))
    const result = await refresher.refresh('signal', 'all')
    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_CONFIG_SETTINGS' } })
    expect(refresher.current().settings.services[0]?.tls?.pair.certificate).toBe(pair.certificate)
    writeFileSync(join(folder, 'a.crt'), other.certificate)
    expect(await refresher.refresh('signal', 'all')).toMatchObject({ ok: false })
    writeFileSync(join(folder, 'a.key'), other.keyPem)
    expect(await refresher.refresh('signal', 'all')).toMatchObject({ ok: true, changed: true })
  })

  // Nobody looked after the certificate. To take somebody's right away must work all the same.
  test('one that expires while it is in force does not keep a policy from being changed', async () => {
    const dated = selfSigned({ to: Date.now() + DAY })
    const { refresher, write, acl } = await start(dated)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * DAY })
    onTestFinished(() => void vi.useRealTimers())
    write({ 'conf/hadoop-policy.xml': policyOf('bob') })
    expect(await refresher.refresh('watch', 'all')).toMatchObject({ ok: true })
    expect(acl()).toBe('bob')
  })

  test('a certificate that is replaced is a change that the watch takes up', async () => {
    const { refresher, write } = await start(pair)
    expect(await refresher.refreshIfChanged('watch')).toBeNull()
    write(filesFor(other))
    expect(await refresher.refreshIfChanged('watch')).toMatchObject({ ok: true, changed: true })
  })
})
