import * as z from 'zod'
import { upstreamTls, type UpstreamTlsSettings } from './schema-tls.ts'
import { flag, oneOf, path, positiveDuration, size, text } from './values.ts'

/** Policies of files: the JSON of Ranger's download. `roles` undefined: there are none. */
export interface RangerFileSettings {
  readonly kind: 'file'
  readonly policies: string
  readonly roles?: string | undefined
}

/**
 * Policies of Ranger Admin.
 *
 * Shape: `urls` are tried in turn; `user` and `passwordFile` are there together. What is undefined: `appId` the type of
 * the service, `clusterName` none, `pluginHost` the name of this machine, `cacheDir` a folder in `stateDir`.
 */
export interface RangerAdminSettings {
  readonly kind: 'admin'
  readonly urls: readonly string[]
  readonly secure: boolean
  readonly appId?: string | undefined
  readonly clusterName?: string | undefined
  readonly pluginHost?: string | undefined
  readonly user?: string | undefined
  readonly passwordFile?: string | undefined
  readonly tls?: UpstreamTlsSettings | undefined
  readonly pollInterval: number
  readonly timeouts: { readonly connect: number; readonly read: number; readonly download: number }
  readonly deltas: boolean
  readonly maxBytes: number
  readonly cacheDir?: string | undefined
}

/**
 * Ranger for one component, as written.
 *
 * Shape: `enabled` undefined: as the mode has it; `serviceName` and `source` undefined: Ranger is not installed;
 * `onNoPolicies` undefined: as usual for the component.
 */
export interface RangerSettings {
  readonly enabled?: boolean | undefined
  readonly serviceName?: string | undefined
  readonly serviceDefFile?: string | undefined
  readonly onNoPolicies?: 'native' | 'deny' | undefined
  readonly superUsers: readonly string[]
  readonly superGroups: readonly string[]
  readonly source?: RangerFileSettings | RangerAdminSettings | undefined
}

const file = z
  .strictObject({
    kind: z.literal('file').describe('Policies of a file, taken up when it changes.'),
    policies: path.describe(
      "File with the policies: the JSON of Ranger's download, or a cache file of its plugins.",
    ),
    roles: path.optional().describe('File with the roles, in the same form. Left out: there are none.'),
  })
  .meta({ title: 'file' })

const URL_PHRASE =
  'has to be the address of Ranger Admin, such as `https://ranger.example.com:6182`, without user, query and fragment'

const adminUrl = z
  .string({ error: URL_PHRASE })
  .meta({ title: 'URL' })
  .transform((written, context) => {
    const url = URL.parse(written)
    const isPlain = /^https?:\/\/[^/?#@\\\s]+(?:\/[A-Za-z0-9._~/-]*)?$/i.test(written)
    if (url !== null && isPlain && url.port !== '0') return url.href.replace(/\/+$/, '')
    context.addIssue({ code: 'custom', message: URL_PHRASE })
    return z.NEVER
  })

const APP_ID = 'has to be a name of at most 63 letters, digits, `.`, `-` or `_`'
const HOST = 'has to be the name of a machine'
const LABEL = 'has to be a text of at most 255 characters without line ends'
const TOGETHER = 'needs `user` and `passwordFile` together'
const IN_CLEAR = 'sends a password, which takes `https://`, or an address of this machine'

const admin = z
  .strictObject({
    kind: z.literal('admin').describe('Policies of Ranger Admin, asked for again and again.'),
    urls: z
      .array(adminUrl, { error: 'has to be a list of URLs' })
      .min(1, { error: 'has to name Ranger Admin' })
      .describe('Addresses of Ranger Admin; when one fails the next one is asked, and kept.'),
    secure: flag
      .default(false)
      .describe('Whether the download is asked for that takes authentication (`/service/plugins/secure/…`).'),
    appId: z
      .string({ error: APP_ID })
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, { error: APP_ID })
      .optional()
      .meta({ title: 'name' })
      .describe('What Ranger Admin lists as the plugin. Left out: the type of the service, such as `hdfs`.'),
    clusterName: z
      .string({ error: LABEL })
      .regex(/^\P{Cc}{1,255}$/u, { error: LABEL })
      .optional()
      .meta({ title: 'text' })
      .describe('Name of the cluster that Ranger Admin lists it under. Left out: none.'),
    pluginHost: z
      .string({ error: HOST })
      .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/, { error: HOST })
      .optional()
      .meta({ title: 'host name' })
      .describe('Name of this machine in the list of plugins. Left out: what the system says.'),
    user: z
      .string({ error: 'has to be a user name without `:`' })
      .regex(/^[^:\p{Cc}]+$/u, { error: 'has to be a user name without `:`' })
      .optional()
      .meta({ title: 'user' })
      .describe('User for basic authentication. Left out: none.'),
    passwordFile: path
      .optional()
      .describe('File with the password of `user`; nobody but its owner may read it (mode 0600).'),
    tls: upstreamTls.optional().describe('How `https://` addresses are verified, and what they are shown.'),
    pollInterval: positiveDuration
      .prefault('30s')
      .describe(
        'Time between two downloads, give or take a tenth; after failures longer, up to five minutes.',
      ),
    timeouts: z
      .strictObject({
        connect: positiveDuration.prefault('10s').describe('Longest time until there is a connection.'),
        read: positiveDuration.prefault('30s').describe('Longest silence after that.'),
        download: positiveDuration.prefault('2m').describe('Longest time of one download as a whole.'),
      })
      .prefault({})
      .describe('Times after which one attempt is given up.'),
    deltas: flag
      .default(false)
      .describe('Whether Ranger Admin may send what has changed instead of all policies.'),
    maxBytes: size('512MiB').prefault('64MiB').describe('Largest download that is taken, unpacked.'),
    cacheDir: path
      .optional()
      .describe('Folder for the policies that were downloaded last. Left out: `ranger` in `stateDir`.'),
  })
  .superRefine(({ user, passwordFile, urls }, context) => {
    if ((user === undefined) !== (passwordFile === undefined))
      context.addIssue({ code: 'custom', message: TOGETHER })
    else if (user !== undefined && !urls.every(isHidden))
      context.addIssue({ code: 'custom', path: ['user'], message: IN_CLEAR })
  })
  .meta({ title: 'admin' })

/** Whether what is sent there can be read by nobody on the way. */
const isHidden = (url: string): boolean =>
  url.startsWith('https:') || /^http:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])(?=[:/]|$)/.test(url)

const SERVICE_NAME = 'has to be the name of a service of Ranger: letters, digits, `-`, `_`, `.` or blanks'

/** The `ranger:` block of a component. */
export const ranger: z.ZodType<RangerSettings> = z.strictObject({
  enabled: flag
    .optional()
    .describe(
      "Whether Ranger's policies decide. Left out: in security mode, unless the cluster was upgraded. `keddah ranger enable` switches it.",
    ),
  serviceName: z
    .string({ error: SERVICE_NAME })
    .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9 ._-]{0,253}[A-Za-z0-9._-])?$/, { error: SERVICE_NAME })
    .optional()
    .meta({ title: 'name' })
    .describe('Name of the service in Ranger; policies of another one are refused.'),
  serviceDefFile: path
    .optional()
    .describe(
      'File with the service definition, as JSON, for policies that come without one. Left out: ours.',
    ),
  onNoPolicies: oneOf(['native', 'deny'])
    .optional()
    .describe(
      'What counts while no policies have come: the permissions of the component, or a refusal. Left out: `native` for HDFS and Yarn, else `deny`.',
    ),
  superUsers: z
    .array(text, { error: 'has to be a list of users' })
    .default([])
    .describe('Users whom no policy stops, besides those that the service names in Ranger.'),
  superGroups: z
    .array(text, { error: 'has to be a list of groups' })
    .default([])
    .describe('The same for groups.'),
  source: z
    .discriminatedUnion('kind', [file, admin], { error: 'has to be a source of kind `file` or `admin`' })
    .optional()
    .describe('Where the policies come from.'),
})
