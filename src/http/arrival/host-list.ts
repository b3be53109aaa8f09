/**
 * The hosts that requests to one service may name.
 *
 * Shape: entries with a port stand for that port alone, others for any. Upper and lower case are the same; a dot at the
 * end of a name is not left out: `nn.` is another text than `nn`, and what is not listed is not served.
 */
export class HostList {
  readonly #entries: ReadonlySet<string>
  readonly #defaultPort: string

  /** `isSecure`: the port that a `Host` without one means is 443, else 80. */
  constructor(entries: readonly string[], isSecure: boolean) {
    this.#entries = new Set(entries.map((entry) => entry.toLowerCase()))
    this.#defaultPort = isSecure ? '443' : '80'
  }

  /** `host` is the value of the header, which has been found to be well-formed. */
  includes(host: string): boolean {
    const folded = host.toLowerCase()
    const { name, port } = splitHost(folded)
    return this.#entries.has(name) || this.#entries.has(`${name}:${port ?? this.#defaultPort}`)
  }
}

/** A host and its port; null where it names none. */
export function splitHost(host: string): { readonly name: string; readonly port: string | null } {
  const [, name = host, port = null] = /^(.*?)(?::(\d+))?$/.exec(host) ?? []
  return { name, port }
}
