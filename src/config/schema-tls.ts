import * as z from 'zod'
import { oneOf, path } from './values.ts'

/** Files of a certificate and its key; absolute once the settings are loaded. */
interface PairSettings {
  readonly certFile: string
  readonly keyFile: string
}

/** TLS of a listener, as written. */
export interface TlsSettings extends PairSettings {
  readonly clientCaFile?: string | undefined
  readonly clientAuth: 'none' | 'optional' | 'required'
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly names: readonly (PairSettings & { readonly hosts: readonly string[] })[]
}

/** TLS to the upstreams of a service, as written. */
export interface UpstreamTlsSettings {
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly serverName?: string | undefined
}

const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
const NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`)
const PATTERN = new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`)
const HOST = 'has to be a host name such as `nn.example.com`, or `*.example.com`'
const SERVER_NAME = 'has to be a host name such as `nn.example.com`'

const CERT_FILE =
  'File with the certificate in PEM; those of the authorities between it and the root follow it.'
const KEY_FILE =
  'File with its private key in PEM, not encrypted; nobody but its owner may read it (mode 0600); docs/tls.md has an exception for files of root.'

const name = z.strictObject({
  hosts: z
    .array(
      z
        .string({ error: HOST })
        .regex(PATTERN, { error: HOST })
        .meta({ title: 'host name' })
        .transform((host) => host.toLowerCase()),
      { error: 'has to be a list of host names' },
    )
    .min(1, { error: 'has to name a host' })
    .describe('Host names that clients ask for; `*.example.com` stands for every name one label below.'),
  certFile: path.describe(CERT_FILE),
  keyFile: path.describe(KEY_FILE),
})

const minVersion = oneOf(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Oldest version that is spoken.')

/** TLS of the admin listener, as written. Who may use it is a matter of tokens. */
export type AdminTlsSettings = Pick<TlsSettings, 'certFile' | 'keyFile' | 'minVersion'>

/** The `tls:` block of the admin listener. */
export const adminTls: z.ZodType<AdminTlsSettings> = z.strictObject({
  certFile: path.describe(CERT_FILE),
  keyFile: path.describe(KEY_FILE),
  minVersion,
})

/** The `tls:` block of a listener. */
export const tls: z.ZodType<TlsSettings> = z
  .strictObject({
    certFile: path.describe(CERT_FILE),
    keyFile: path.describe(KEY_FILE),
    clientCaFile: path
      .optional()
      .describe('File with the authorities, in PEM, whose client certificates are good.'),
    clientAuth: oneOf(['none', 'optional', 'required'])
      .default('none')
      .describe('Whether clients show a certificate; one that is not good is refused, wanted or not.'),
    minVersion,
    names: z
      .array(name, { error: 'has to be a list of certificates with their hosts' })
      .default([])
      .describe(
        'Certificates for clients that ask for a name (SNI). Whoever asks for another gets `certFile`.',
      ),
  })
  .superRefine(({ clientAuth, clientCaFile }, context) => {
    if ((clientAuth === 'none') === (clientCaFile === undefined)) return
    const message =
      clientCaFile === undefined
        ? `needs \`clientCaFile\` with \`clientAuth: ${clientAuth}\``
        : 'has `clientCaFile`, and with `clientAuth: none` nobody is asked for a certificate'
    context.addIssue({ code: 'custom', message })
  })

/** The `upstreamTls:` block of a service. */
export const upstreamTls: z.ZodType<UpstreamTlsSettings> = z
  .strictObject({
    caFile: path
      .optional()
      .describe(
        'File with the authorities, in PEM, that may vouch for the upstreams. Left out: those that Node knows.',
      ),
    certFile: path
      .optional()
      .describe('File with the certificate that Keddah shows, in PEM. Left out: none.'),
    keyFile: path.optional().describe(KEY_FILE),
    serverName: z
      .string({ error: SERVER_NAME })
      .regex(NAME, { error: SERVER_NAME })
      .optional()
      .meta({ title: 'host name' })
      .describe('Name that the certificate of an upstream has to have. Left out: the host of its address.'),
  })
  .superRefine(({ certFile, keyFile }, context) => {
    if ((certFile === undefined) !== (keyFile === undefined))
      context.addIssue({ code: 'custom', message: 'needs `certFile` and `keyFile` together' })
  })
