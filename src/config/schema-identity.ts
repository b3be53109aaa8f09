import * as z from 'zod'
import { count, oneOf, path, peer, text } from './values.ts'

/** Believes `user.name`. */
export interface PseudoSettings {
  readonly kind: 'pseudo'
}

/**
 * Believes a header of a proxy in front that proves itself by a secret, by a client certificate, or by both.
 *
 * Shape: `secretHeader` and `secretFile` are there together; `secretFile` is absolute once the settings are loaded.
 */
export interface TrustedHeaderSettings {
  readonly kind: 'trustedHeader'
  readonly header: string
  readonly peers: string[]
  readonly secretHeader?: string | undefined
  readonly secretFile?: string | undefined
  readonly certificateNames?: readonly string[] | undefined
}

/**
 * Who is calling. The order of `authenticators` is the order in which they are asked.
 *
 * Shape: `defaultRealm` is what DEFAULT of `auth_to_local` takes off; null: as krb5.conf says, and once the settings are
 * loaded none.
 */
export interface IdentitySettings {
  readonly authenticators: (PseudoSettings | TrustedHeaderSettings)[]
  readonly anonymousUser: string | null
  readonly defaultRealm: string | null
  readonly delegationParameter: 'refuse' | 'strip'
}

/** What wins over Hadoop's own keys about groups; undefined: Hadoop's key counts. */
export interface GroupsSettings {
  readonly provider?: 'unix' | 'static' | undefined
  readonly cacheSeconds?: number | undefined
  readonly negativeCacheSeconds?: number | undefined
  readonly overrides?: Record<string, string[]> | undefined
}

const HEADER = 'has to be the name of a header: letters, digits and `-`'
const header = z
  .string({ error: HEADER })
  .regex(/^[A-Za-z0-9-]{1,64}$/, { error: HEADER })
  .meta({ title: 'header name' })

const pseudo = z
  .strictObject({
    kind: z.literal('pseudo').describe('Believes the `user.name` of the query: anybody can be anybody.'),
  })
  .meta({ title: 'pseudo' })

const CERTIFICATE_NAME = 'has to be a name as certificates have it, such as `gateway.example.com`'
const PROOF = 'needs `secretHeader` and `secretFile`, or `certificateNames`, or all three'

const trustedHeader = z
  .strictObject({
    kind: z
      .literal('trustedHeader')
      .describe(
        'Believes a header of a listed peer that also proves itself: by a secret, a certificate, or both.',
      ),
    header: header.describe('Header with the user or principal.'),
    peers: z
      .array(peer, { error: 'has to be a list of addresses or ranges' })
      .min(1, { error: 'has to name the peers that are believed' })
      .describe('Peers that are believed.'),
    secretHeader: header.optional().describe('Header with the shared secret.'),
    secretFile: path
      .optional()
      .describe(
        'File with the shared secret; nobody but its owner may read it (mode 0600); docs/tls.md has an exception for files of root.',
      ),
    certificateNames: z
      .array(
        z
          .string({ error: CERTIFICATE_NAME })
          .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9 ._-]{0,251}[A-Za-z0-9_])?$/, { error: CERTIFICATE_NAME })
          .meta({ title: 'name' }),
        { error: 'has to be a list of names' },
      )
      .min(1, { error: 'has to name a certificate' })
      .optional()
      .describe(
        "Names of which the peer's client certificate has to have one: as a DNS name; only without any DNS name, as its common name.",
      ),
  })
  .superRefine(({ secretHeader, secretFile, certificateNames }, context) => {
    const isWhole = (secretHeader === undefined) === (secretFile === undefined)
    if (!isWhole || (secretFile === undefined && certificateNames === undefined))
      context.addIssue({ code: 'custom', message: PROOF })
  })
  .meta({ title: 'trustedHeader' })

const REALM = 'has to be a realm such as `EXAMPLE.COM`, or null'
const USER = 'has to be the name of a user, or null'

/** The `identity:` block. */
export const identity: z.ZodType<IdentitySettings> = z.strictObject({
  authenticators: z
    .array(
      z.discriminatedUnion('kind', [pseudo, trustedHeader], {
        error: 'has to be `pseudo` or `trustedHeader`',
      }),
      { error: 'has to be a list of authenticators' },
    )
    .default([])
    .describe(
      'Ways to say who is calling, asked in this order. Without any, every request is answered with 401.',
    ),
  anonymousUser: z
    .string({ error: USER })
    .min(1, { error: USER })
    .nullable()
    .default(null)
    .meta({ title: 'user' })
    .describe(
      'Who a request without credentials is from, decided like any user; Hadoop has `dr.who`. `null`: 401.',
    ),
  defaultRealm: z
    .string({ error: REALM })
    .regex(/^[\x21-\x2e\x30-\x3f\x41-\x7e]{1,255}$/, { error: REALM })
    .nullable()
    .default(null)
    .meta({ title: 'realm' })
    .describe(
      'Realm that `DEFAULT` of `hadoop.security.auth_to_local` takes off. `null`: `default_realm` of the krb5.conf that `KRB5_CONFIG` of the environment names, else of `/etc/krb5.conf`; none where there is no such file (D-20).',
    ),
  delegationParameter: oneOf(['refuse', 'strip'])
    .prefault('refuse')
    .describe('What happens to a `delegation` parameter, which is never an identity here.'),
})

const SECONDS = 10 * 365 * 86_400
const OVERRIDES = 'has to be lists of groups by user, such as `alice: [staff]`'

/** The `groups:` block. */
export const groups: z.ZodType<GroupsSettings> = z.strictObject({
  provider: oneOf(['unix', 'static'])
    .optional()
    .describe(
      '`unix` asks `id`, `static` nobody but `overrides`. Left out: `hadoop.security.group.mapping` of core-site.xml.',
    ),
  cacheSeconds: count(1, SECONDS)
    .optional()
    .describe(
      'Age at which groups are asked for again. Left out: `hadoop.security.groups.cache.secs`, else 300.',
    ),
  negativeCacheSeconds: count(0, SECONDS)
    .optional()
    .describe(
      'How long "no groups" is believed. Left out: `hadoop.security.groups.negative-cache.secs`, else 30.',
    ),
  overrides: z
    .record(text, z.array(text, { error: OVERRIDES }), { error: OVERRIDES })
    .optional()
    .meta({ title: 'lists of groups by user' })
    .describe(
      'Groups of named users, whatever the provider says. Left out: `hadoop.user.group.static.mapping.overrides`.',
    ),
})
