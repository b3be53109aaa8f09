import * as z from 'zod'
import { SWITCHABLE } from '../policy/divergences.ts'
import { groups, type GroupsSettings, identity, type IdentitySettings } from './schema-identity.ts'
import { adminTls, type AdminTlsSettings } from './schema-tls.ts'
import { permissions, type PermissionSettings } from './schema-permissions.ts'
import { locator, type LocatorSettings } from './schema-redirects.ts'
import { type ServiceSettings, services } from './schema-services.ts'
import {
  count,
  duration,
  flag,
  type ListenAddress,
  listenAddress,
  oneOf,
  path,
  peer,
  positiveDuration,
  size,
  text,
} from './values.ts'

/** Where Hadoop's files are and how they are read. `confDir` undefined: the environment, else the usual place. */
export interface HadoopSettings {
  readonly confDir?: string | undefined
  readonly policyFile: string
  readonly maxFileBytes: number
  readonly strict: boolean
  readonly xinclude: boolean
}

/** The settings as written, checked, with defaults; paths are not resolved and secrets not read yet. */
export interface WrittenSettings extends PermissionSettings {
  readonly hadoop: HadoopSettings
  readonly stateDir: string
  readonly workers: number | 'auto'
  readonly authorization: 'enforce' | 'asHadoop'
  readonly parity: 'none' | 'all' | string[]
  readonly admin: {
    readonly listen: ListenAddress
    readonly tokens: readonly { readonly name: string; readonly sha256: string; readonly user: string }[]
    readonly tls?: AdminTlsSettings | undefined
  }
  readonly identity: IdentitySettings
  readonly groups: GroupsSettings
  readonly trustedProxies: readonly string[]
  readonly cache: { readonly max: number }
  readonly audit: {
    readonly file: string | null
    readonly allows: 'all' | 'none' | number
    readonly bufferLines: number
    readonly rangerFile: string | null
    readonly rangerExcludeUsers: readonly string[]
  }
  readonly log: { readonly level: string }
  readonly drain: { readonly delay: number; readonly deadline: number }
  readonly watch: { readonly enabled: boolean; readonly debounce: number; readonly poll: number }
  readonly locator: LocatorSettings
  readonly services: readonly ServiceSettings[]
}

/** Where Hadoop's files are when neither the settings nor the environment say. */
export const DEFAULT_CONF_DIR = '/etc/hadoop/conf'

const FILE_NAME = 'has to be the name of a file in `hadoop.confDir`'

const hadoop: z.ZodType<HadoopSettings> = z.strictObject({
  confDir: path
    .optional()
    .meta({ title: 'path', default: DEFAULT_CONF_DIR })
    .describe(
      'Folder with core-site.xml and the policy. Left out: `HADOOP_CONF_DIR` of the environment, if set.',
    ),
  policyFile: z
    .string({ error: FILE_NAME })
    .regex(/^[^/\\\0]+$/, { error: FILE_NAME })
    .default('hadoop-policy.xml')
    .meta({ title: 'file name' })
    .describe("Name of the policy file in that folder, as Hadoop's `hadoop.policy.file`."),
  maxFileBytes: size('512MiB').prefault('64MiB').describe('Largest file that is read.'),
  strict: flag
    .default(false)
    .describe('Whether unknown, repeated and empty keys are errors; otherwise they are warnings.'),
  xinclude: flag
    .default(false)
    .describe('Whether `xi:include` of files in the same folder is followed; otherwise it is an error.'),
})

const SHA256 = 'has to be a SHA-256 in hexadecimal, 64 digits'

const admin = z.strictObject({
  listen: listenAddress.prefault('127.0.0.1:9480').describe('Address of metrics, health and the admin API.'),
  tokens: z
    .array(
      z.strictObject({
        name: text.describe('Name of the holder, for the record.'),
        sha256: z
          .string({ error: SHA256 })
          .regex(/^[0-9A-Fa-f]{64}$/, { error: SHA256 })
          .meta({ title: 'SHA-256' })
          .describe('SHA-256 of the token, in hexadecimal; the token itself stands nowhere.'),
        user: text.describe('User whose rights the token gives.'),
      }),
      { error: 'has to be a list of tokens' },
    )
    .default([])
    .describe('Who may use the admin API, besides the holder of `admin.token` in `stateDir`.'),
  tls: adminTls.optional().describe('TLS on the admin listener. Left out: plain HTTP.'),
})

const AUDIT_FILE = 'has to be a path, `-` for stdout, or null for none'
const SHARE = 'has to be `all`, `none` or a number from 0 to 1'

const audit = z.strictObject({
  file: z
    .string({ error: AUDIT_FILE })
    .regex(/^[^\0]+$/, { error: AUDIT_FILE })
    .nullable()
    .default('-')
    .meta({ title: 'path' })
    .describe('File for the audit lines; `-` is stdout, `null` is none.'),
  allows: z
    .union(
      [
        z.enum(['all', 'none'], { error: SHARE }),
        z.number({ error: SHARE }).min(0, { error: SHARE }).max(1, { error: SHARE }),
      ],
      { error: SHARE },
    )
    .default('all')
    .meta({ title: '`all`, `none` or a share from 0 to 1' })
    .describe('Which allows are recorded. Refusals always are.'),
  bufferLines: count(1, 10_000_000)
    .default(10_000)
    .describe('Lines that may wait to be written; beyond them lines are dropped and counted, allows first.'),
  rangerFile: z
    .string({ error: AUDIT_FILE })
    .regex(/^[^\0]+$/, { error: AUDIT_FILE })
    .nullable()
    .default(null)
    .meta({ title: 'path' })
    .describe(
      "File for what Ranger's plugins would record, in their field names; `-` is stdout, `null` is none.",
    ),
  rangerExcludeUsers: z
    .array(text, { error: 'has to be a list of users' })
    .default(['hbase', 'hive'])
    .describe(
      'Users of whom `rangerFile` has nothing at HDFS but refusals by a service, as Ranger ships it.',
    ),
})

const watch = z.strictObject({
  enabled: flag
    .default(true)
    .describe('Whether a change of these settings or of `hadoop.confDir` is taken up by itself.'),
  debounce: duration.prefault('100ms').describe('Quiet time after a change before the files are read.'),
  poll: positiveDuration
    .prefault('2s')
    .describe('How often files are looked at where the file system does not tell of changes.'),
})

const drain = z.strictObject({
  delay: duration
    .prefault('0s')
    .describe('Time from SIGTERM until no connection is taken any more; `/readyz` says 503 meanwhile.'),
  deadline: duration.prefault('30s').describe('Time after that for what is in flight; then it is cut.'),
})
const MAX_WORKERS = 64
const WORKERS = `has to be a whole number from 1 to ${MAX_WORKERS}, or \`auto\``

const PARITY = `has to be \`none\`, \`all\` or a list of ${SWITCHABLE.map((id) => `\`${id}\``).join(', ')}`

/** The whole file. */
export const settingsSchema: z.ZodType<WrittenSettings> = z.strictObject({
  hadoop: hadoop.prefault({}).describe("Hadoop's own files."),
  stateDir: path
    .default('/var/lib/keddah')
    .describe('Folder for what Keddah itself writes, such as `admin.token`, `admin.url` and `admin.crt`.'),
  workers: z
    .union(
      [
        z.literal('auto', { error: WORKERS }),
        z.int({ error: WORKERS }).min(1, { error: WORKERS }).max(MAX_WORKERS, { error: WORKERS }),
      ],
      { error: WORKERS },
    )
    .default(1)
    .meta({ title: 'number or `auto`' })
    .describe(
      'Threads that answer requests; `auto` is one a core. 1: the main thread itself, and no other one is started.',
    ),
  authorization: oneOf(['enforce', 'asHadoop'])
    .default('enforce')
    .describe('`asHadoop`: nothing is checked unless `hadoop.security.authorization` is true (D-6).'),
  parity: z
    .union([z.enum(['none', 'all'], { error: PARITY }), z.array(oneOf(SWITCHABLE), { error: PARITY })], {
      error: PARITY,
    })
    .default('none')
    .meta({ title: '`none`, `all` or a list' })
    .describe(
      "Divergences that follow Hadoop's behaviour instead of ours; `docs/divergences.md` numbers them.",
    ),
  admin: admin.prefault({}).describe('The admin listener.'),
  identity: identity.prefault({}).describe('Who is calling.'),
  groups: groups.prefault({}).describe("Groups of users; what is left out is read from Hadoop's files."),
  trustedProxies: z
    .array(peer, { error: 'has to be a list of addresses or ranges' })
    .default([])
    .describe('Peers whose `X-Forwarded-For` and `Forwarded` are believed. Without any: none.'),
  cache: z
    .strictObject({
      max: count(0, 10_000_000)
        .default(50_000)
        .describe('Decisions that are remembered, for each policy in force; 0 remembers none.'),
    })
    .prefault({})
    .describe('The cache of decisions.'),
  audit: audit.prefault({}).describe('The record of decisions.'),
  log: z
    .strictObject({
      level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
        .default('info')
        .describe('Least important level that is logged, to stderr.'),
    })
    .prefault({})
    .describe('The log of the process.'),
  drain: drain.prefault({}).describe('How it ends at SIGTERM; the second one ends it at once.'),
  watch: watch.prefault({}).describe('The file watch.'),
  locator: locator.prefault({}).describe('The links that lead to DataNodes through Keddah.'),
  ...permissions,
  services,
})
