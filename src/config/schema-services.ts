import { isIP } from 'node:net'
import * as z from 'zod'
import { SERVICE_KINDS, type ServiceKind } from '../routes/kinds.ts'
import { readNamedResource } from '../routes/named-resource.ts'
import { readPattern } from '../routes/pattern.ts'
import type { CustomRoute } from '../routes/table.ts'
import type { Component } from '../policy/components.ts'
import { limits, type LimitSettings } from './schema-limits.ts'
import { componentName } from './schema-permissions.ts'
import { hosts, proxyProtocol, type ProxyProtocolSettings } from './schema-doors.ts'
import { tls, type TlsSettings, upstreamTls, type UpstreamTlsSettings } from './schema-tls.ts'
import { upgrades, type UpgradeSettings } from './schema-upgrades.ts'
import { redirects, type RedirectSettings } from './schema-redirects.ts'
import { type AvailabilitySettings, highAvailability } from './schema-availability.ts'
import {
  count,
  duration,
  flag,
  type ListenAddress,
  listenAddress,
  oneOf,
  positiveDuration,
} from './values.ts'

/** The times of a service, in milliseconds. */
interface TimeoutSettings {
  readonly headers: number
  readonly body: number
  readonly connect: number
  readonly upstreamHeaders: number
  readonly idle: number
  readonly tunnel: number
}

/** One daemon with Keddah in front. `upstreams` undefined: read from Hadoop's own files; `component`: by its kind. */
export interface ServiceSettings extends RedirectSettings {
  readonly name: string
  readonly kind: ServiceKind
  readonly component?: Component | undefined
  readonly listen: ListenAddress
  readonly upstreams?: readonly string[] | undefined
  readonly externalUrl?: string | undefined
  readonly pageLinks: 'rewrite' | 'pass'
  readonly enforcement: 'enforce' | 'observe'
  readonly routes: readonly CustomRoute[]
  readonly timeouts: TimeoutSettings
  readonly maxInFlight: number
  readonly limits: LimitSettings
  readonly tls?: TlsSettings | undefined
  readonly upstreamTls?: UpstreamTlsSettings | undefined
  readonly proxyProtocol?: ProxyProtocolSettings | undefined
  readonly hosts?: readonly string[] | undefined
  readonly revokeOnRefresh: boolean
  readonly upgrades: UpgradeSettings
  readonly highAvailability: AvailabilitySettings
}

const OPEN = 'exempt'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const
const UPSTREAM =
  'has to be an `http://` or `https://` address with nothing behind the port, such as `http://nn1:9870`'

/** The address without a trailing slash; a sentence about it where it cannot be used. */
function readUpstream(written: string): { url: string } | { flaw: string } {
  const url = URL.parse(written)
  if (url === null) return { flaw: UPSTREAM }
  const rest =
    url.username + url.password + url.search + url.hash + (url.pathname === '/' ? '' : url.pathname)
  const isBare = rest === '' && /^https?:\/\/[^/?#@\\\s]+\/?$/i.test(written)
  // A URL takes short, octal and hexadecimal forms of IPv4 for the address they might mean: `127.` would be 0.0.0.127.
  const isAsWritten = isIP(url.hostname) !== 4 || written.includes(`//${url.hostname}`)
  return isBare && isAsWritten && url.port !== '0' ? { url: url.origin } : { flaw: UPSTREAM }
}

const origin = z
  .string({ error: UPSTREAM })
  .meta({ title: 'URL' })
  .transform((written, context) => {
    const read = readUpstream(written)
    if ('url' in read) return read.url
    context.addIssue({ code: 'custom', message: read.flaw })
    return z.NEVER
  })

const RESOURCE = 'has to be a map of texts, such as `{topic: "{topic}"}`'
const ACCESS = 'has to be an access type, such as `publish`'
const KEY = 'has to be the key of a policy, such as `security.client.protocol.acl`, or `exempt`'

const customRoute: z.ZodType<CustomRoute> = z
  .strictObject({
    path: z
      .string({ error: 'has to be a path such as `/api/{name}`' })
      .regex(/^\/[^\s?#\\]*$/, { error: 'has to be a path such as `/api/{name}`', abort: true })
      .superRefine((path, context) => {
        const read = readPattern(path)
        if ('flaw' in read) context.addIssue({ code: 'custom', message: read.flaw })
      })
      .meta({ title: 'pattern' })
      .describe('Path to match; `{name}` stands for one segment, a trailing `{path}` for all that follows.'),
    methods: z
      .array(oneOf(METHODS), { error: 'has to be a list of methods' })
      .min(1, { error: 'has to name a method' })
      .describe('Methods that are allowed on it; others are answered with 405.'),
    service: z
      .string({ error: KEY })
      .regex(/^(?:exempt|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+)$/, { error: KEY })
      .meta({ title: 'policy key' })
      .describe('Policy key that decides; `exempt` asks nothing.')
      .transform((key) => (key === OPEN ? null : key)),
    surface: oneOf(['webhdfs', 'rest', 'kms', 'page'])
      .prefault('rest')
      .describe('How a refusal looks: RemoteException of WebHDFS, of the REST services, of KMS, or a page.'),
    takesForm: flag.default(false).describe('Whether a form body may be sent; it never carries identity.'),
    upgrade: flag.default(false).describe('Whether a GET may make a WebSocket of its connection.'),
    resource: z
      .record(z.string(), z.string({ error: RESOURCE }), { error: RESOURCE })
      .optional()
      .meta({ title: 'map by resource' })
      .describe(
        'What it is about, by the resources of the service definition of Ranger, such as `topic: "{topic}"`: `{name}` is what the path has there, `{query.name}` a parameter. Left out: nobody knows, and `unknownOp` of the component counts.',
      ),
    access: z
      .string({ error: ACCESS })
      .min(1, { error: ACCESS })
      .optional()
      .meta({ title: 'access type' })
      .describe('What is done to `resource`, in the words of the service definition, such as `publish`.'),
  })
  .superRefine(({ path, resource, access }, context) => {
    if ((resource === undefined) !== (access === undefined)) {
      const [there, missing] = access === undefined ? ['resource', 'access'] : ['access', 'resource']
      context.addIssue({ code: 'custom', path: [there], message: `takes \`${missing}\` beside it` })
    }
    if (resource === undefined || 'flaw' in readPattern(path)) return
    const read = readNamedResource(path, resource, access ?? '')
    if ('flaw' in read) context.addIssue({ code: 'custom', path: ['resource'], message: read.flaw })
  })
  .superRefine(({ methods, upgrade }, context) => {
    if (!upgrade || methods.includes('GET')) return
    context.addIssue({ code: 'custom', path: ['upgrade'], message: 'takes a route with the method GET' })
  })

const timeouts: z.ZodType<TimeoutSettings> = z.strictObject({
  headers: positiveDuration.prefault('10s').describe('Longest time until the head of a request is complete.'),
  body: positiveDuration.prefault('60s').describe('Longest silence while a body flows, in either direction.'),
  connect: positiveDuration.prefault('5s').describe('Longest time to connect to an upstream.'),
  upstreamHeaders: positiveDuration
    .prefault('120s')
    .describe('Longest time until an upstream starts to answer.'),
  idle: duration
    .prefault('60s')
    .describe('How long an idle connection of a client is kept open; `0s` closes it after each answer.'),
  tunnel: positiveDuration.prefault('1h').describe('Longest silence of a WebSocket, in both directions.'),
})

const NAME = 'has to be a name of at most 63 letters, digits, `-` or `_`'

/** The list of services. */
export const services: z.ZodType<readonly ServiceSettings[]> = z
  .array(
    z.strictObject({
      name: z
        .string({ error: NAME })
        .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, { error: NAME })
        .meta({ title: 'name' })
        .describe('Name of the service in metrics, audit and log; each one once, `admin` is taken.'),
      kind: oneOf(SERVICE_KINDS).describe(
        'Daemon behind it, which decides on the routes and their policy keys.',
      ),
      component: componentName
        .optional()
        .describe(
          'Component whose permissions are verified (`mode`). Left out: by the kind; none for `kms` and `custom`.',
        ),
      listen: listenAddress.describe('Address to listen on; port 0 takes a free one.'),
      upstreams: z
        .array(origin, { error: 'has to be a list of URLs' })
        .min(1, { error: 'has to name an upstream, or be left out' })
        .optional()
        .describe(
          'Addresses of the daemon. Left out: read from `hdfs-site.xml`, `yarn-site.xml` or `mapred-site.xml`.',
        ),
      enforcement: oneOf(['enforce', 'observe'])
        .prefault('enforce')
        .describe('`observe` forwards everything, and audits and counts what would have been refused.'),
      routes: z
        .array(customRoute, { error: 'has to be a list of routes' })
        .prefault([])
        .describe('Routes of a `custom` service, in the order in which they are tried.'),
      timeouts: timeouts.prefault({}).describe('Times after which a connection is given up.'),
      maxInFlight: count(1, 1_000_000)
        .default(1_024)
        .describe('Requests in flight to one upstream; more wait in `limits.queue`.'),
      limits: limits.prefault({}).describe('What is taken at most, and how slowly.'),
      tls: tls.optional().describe('TLS on the listener. Left out: plain HTTP.'),
      upstreamTls: upstreamTls
        .optional()
        .describe('How `https://` upstreams are verified, and what they are shown.'),
      proxyProtocol: proxyProtocol
        .optional()
        .describe('The PROXY protocol: who is in front says who is calling. Left out: it is not spoken.'),
      hosts: hosts
        .optional()
        .describe('Hosts that requests may name; others are answered with 404. Left out: any.'),
      ...redirects.shape,
      pageLinks: oneOf(['rewrite', 'pass'])
        .prefault('rewrite')
        .describe(
          'What becomes of links on HTML pages of the daemon: `rewrite` leads those that name an upstream here to Keddah, `pass` leaves pages as they are.',
        ),
      externalUrl: origin
        .optional()
        .describe(
          'Address of this listener for browsers: links on pages of other services that name an upstream of this one lead there. Left out: they stay as they are.',
        ),
      upgrades: upgrades.prefault({}).describe('WebSockets, on routes that take them.'),
      revokeOnRefresh: flag
        .default(true)
        .describe(
          'Whether a refresh cuts tunnels, uploads and downloads in flight that have lost their right.',
        ),
      highAvailability: highAvailability
        .prefault({})
        .describe('How the active one of several servers is found, and when a request is sent once more.'),
    }),
    { error: 'has to be a list of services' },
  )
  .min(1, { error: 'has to name a service' })
  .describe('The daemons that are protected, one listener for each.')
