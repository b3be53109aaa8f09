import * as z from 'zod'
import { peer } from './values.ts'

/** Who may use the PROXY protocol; those who are listed have to. */
export interface ProxyProtocolSettings {
  readonly from: readonly string[]
}

const HOST = 'has to be a host with or without port, such as `nn.example.com` or `nn.example.com:9871`'

/** The `proxyProtocol:` block of a service. */
export const proxyProtocol: z.ZodType<ProxyProtocolSettings> = z.strictObject({
  from: z
    .array(peer, { error: 'has to be a list of addresses or ranges' })
    .min(1, { error: 'has to name the peers that send it' })
    .describe('Peers that begin each connection with a PROXY header (version 1 or 2). All others are cut.'),
})

/** The `hosts:` list of a service. */
export const hosts: z.ZodType<readonly string[]> = z
  .array(
    z
      .string({ error: HOST })
      .regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/, {
        error: HOST,
      })
      .meta({ title: 'host' }),
    { error: 'has to be a list of hosts' },
  )
  .min(1, { error: 'has to name a host, or be left out' })
