import * as z from 'zod'
import { oneOf, path, positiveDuration, text } from './values.ts'

/** The secret behind the links that stand for DataNodes. Without `secretFile` one is made at the start. */
export interface LocatorSettings {
  readonly secretFile?: string | undefined
  readonly previousSecretFile?: string | undefined
  readonly lifetime: number
}

/** Where a service may lead its clients. Lists that are left out are read from Hadoop's own files. */
export interface RedirectSettings {
  readonly redirects: 'rewrite' | 'pass' | 'refuse'
  readonly dataNodes?: readonly string[] | undefined
  readonly nameNodes?: readonly string[] | undefined
}

/** The part of the settings about links, for the whole process. */
export const locator: z.ZodType<LocatorSettings> = z.strictObject({
  secretFile: path
    .optional()
    .describe(
      'File with the secret, at least 32 bytes; the same on every instance that a client may reach. Left out: a random one, so that links end with the process.',
    ),
  previousSecretFile: path
    .optional()
    .describe('File with the secret before it, whose links still count; for changing it.'),
  lifetime: positiveDuration
    .prefault('1h')
    .describe('How long a link may be followed, from the first step on; long reads come back to it.'),
})

const NAME_NODE = 'has to be an address with a port, such as `nn1.example.com:8020`, or a name service'

/** The keys of a service. */
export const redirects: z.ZodObject<{
  redirects: z.ZodType<RedirectSettings['redirects']>
  dataNodes: z.ZodType<RedirectSettings['dataNodes']>
  nameNodes: z.ZodType<RedirectSettings['nameNodes']>
}> = z.strictObject({
  redirects: oneOf(['rewrite', 'pass', 'refuse'])
    .prefault('rewrite')
    .describe(
      'What becomes of links to other servers in headers and WebHDFS: `rewrite` lets clients reach DataNodes through this listener alone, `pass` leaves every one as it is, `refuse` keeps contents of files from being read or written.',
    ),
  dataNodes: z
    .array(text, { error: 'has to be a list of names, addresses or ranges' })
    .min(1, { error: 'has to name a DataNode, or be left out' })
    .optional()
    .describe(
      'DataNodes that may be sent to: names, addresses or ranges, each with a port or without. Left out: what the NameNode names, on the ports in `hdfs-site.xml`.',
    ),
  nameNodes: z
    .array(
      z
        .string({ error: NAME_NODE })
        .regex(/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]:\d{1,5}|[A-Za-z0-9._-]+:\d{1,5})$/, {
          error: NAME_NODE,
        })
        .meta({ title: 'address or name service' }),
      { error: 'has to be a list of addresses or name services' },
    )
    .min(1, { error: 'has to name a NameNode, or be left out' })
    .optional()
    .describe(
      'What DataNodes may be told to connect to (`namenoderpcaddress`). Left out: the NameNodes and name services in `hdfs-site.xml` and `fs.defaultFS`.',
    ),
})
