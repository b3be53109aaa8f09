/** Why a connection ended before it could bring a request: there is no answer, and the client sees no more than that. */
const CONNECTION_REASONS = {
  too_many: {
    meaning: 'as many connections as `limits.connections` are open',
    remedy: 'look who holds them; raise the limit, and `LimitNOFILE` with it',
  },
  too_many_from_address: {
    meaning: 'as many connections as `limits.connectionsPerAddress` are open from that address',
    remedy: 'raise the limit for a host of many users; list a proxy under `trustedProxies`',
  },
} as const

/** A word of the table: a label of `keddah_connections_refused_total`, and the same in the log. Stable. */
export type ConnectionReason = keyof typeof CONNECTION_REASONS
