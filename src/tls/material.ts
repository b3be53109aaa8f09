import { createHash } from 'node:crypto'

/** Bytes that show themselves nowhere: only `reveal` gives them out. */
export interface Hidden {
  reveal(): Uint8Array
}

/**
 * A certificate with its key, read and found to belong together.
 *
 * Shape: `certificate` is PEM, the own certificate first, then those of the authorities between it and the root, if
 * any; `key` is PEM. `validFrom` and `validTo` are those of the own certificate, in milliseconds since the epoch.
 */
export interface KeyPair {
  readonly certificate: string
  readonly key: Hidden
  readonly validFrom: number
  readonly validTo: number
}

/**
 * What a listener shows and asks for.
 *
 * Shape: `clientCa` is PEM, null where no client shows a certificate; with `optional` a client may show one, and then it
 * has to be good. `names` are further pairs for clients that ask for a name (SNI), hosts in lower case, `*.` for one
 * label. `print` is equal where nothing differs.
 */
export interface ServerTls {
  readonly pair: KeyPair
  readonly clientCa: string | null
  readonly clientAuth: 'none' | 'optional' | 'required'
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly names: readonly { readonly hosts: readonly string[]; readonly pair: KeyPair }[]
  readonly print: string
}

/**
 * What a connection to a server shows and asks for. The server is always verified.
 *
 * Shape: `ca` is PEM, null: the authorities that Node knows; `serverName` null: the host of the address.
 */
export interface ClientTls {
  readonly ca: string | null
  readonly pair: KeyPair | null
  readonly serverName: string | null
  readonly print: string
}

/** A hash of everything in it; of the keys nothing but the hash comes out. */
export function printOf(parts: Omit<ServerTls, 'print'> | Omit<ClientTls, 'print'>): string {
  const hash = createHash('sha256').update(JSON.stringify(parts))
  const pairs = 'names' in parts ? [parts.pair, ...parts.names.map(({ pair }) => pair)] : [parts.pair]
  for (const pair of pairs) if (pair !== null) hash.update(pair.key.reveal())
  return hash.digest('base64')
}

/** Every pair of a listener, the one for everybody first. */
export function pairsOf({ pair, names }: ServerTls): readonly KeyPair[] {
  return [pair, ...names.map((name) => name.pair)]
}
