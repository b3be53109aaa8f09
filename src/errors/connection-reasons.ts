/** Why a connection ended before it could bring a request: there is no answer, and the client sees no more than that. */
export const CONNECTION_REASONS = {
  too_many: {
    meaning: 'as many connections as `limits.connections` are open',
    remedy: 'look who holds them; raise the limit, and `LimitNOFILE` with it',
  },
  too_many_from_address: {
    meaning: 'as many connections as `limits.connectionsPerAddress` are open from that address',
    remedy: 'raise the limit for a host of many users; list a proxy under `trustedProxies`',
  },
  proxy_peer: {
    meaning: 'the peer is not one of `proxyProtocol.from`',
    remedy: 'let clients come through the proxy, or list its address',
  },
  proxy_header: {
    meaning: 'the connection does not begin with a PROXY header that can be believed',
    remedy: 'switch the PROXY protocol on in the proxy (`send-proxy-v2`), for health checks too',
  },
  proxy_timeout: {
    meaning: 'the PROXY header was not complete in time (`timeouts.headers`)',
    remedy: 'switch the PROXY protocol on in the proxy; look at the network',
  },
  exhausted: {
    meaning: 'the system could not accept it: no memory, or no file descriptor in all of the machine',
    remedy: 'look at the memory and the open files of the machine; lower `limits.connections`',
  },
  tls_not_tls: {
    meaning: 'the client does not speak TLS, most likely plain HTTP',
    remedy: 'ask by `https://`',
  },
  tls_no_shared_parameters: {
    meaning: 'client and listener have no version, cipher or protocol (HTTP/1.1) in common',
    remedy: 'use a client that speaks TLS 1.2 or 1.3 with forward secrecy; look at `tls.minVersion`',
  },
  tls_client_certificate_missing: {
    meaning: 'the client showed no certificate, and `tls.clientAuth` is `required`',
    remedy: 'give the client a certificate of an authority in `tls.clientCaFile`',
  },
  tls_client_certificate: {
    meaning: 'the certificate of the client is not good: another authority, expired, or not for clients',
    remedy: 'compare it with `tls.clientCaFile` (`openssl verify -CAfile …`)',
  },
  tls_aborted: {
    meaning: 'the client hung up during the handshake; many do so if they do not believe the certificate',
    remedy: 'let clients know the authority, and ask by a name that the certificate has',
  },
  tls_timeout: {
    meaning: 'the handshake was not over in time (`timeouts.headers`)',
    remedy: 'look at the network',
  },
  tls_protocol: {
    meaning: 'the client sent something that has no place in a handshake',
    remedy: 'use another client; somebody may be probing',
  },
} as const

/** A word of the table: a label of `keddah_connections_refused_total`, and the same in the log. Stable. */
export type ConnectionReason = keyof typeof CONNECTION_REASONS
