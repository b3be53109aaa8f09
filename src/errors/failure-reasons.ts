/** Why a request that may be right got no answer: an upstream, something else that is needed, or a defect. */
export const FAILURE_REASONS = {
  upstream_connect_refused: {
    status: 502,
    meaning: 'nothing listens at the upstream',
    remedy: 'start the daemon; `upstreams` names its HTTP address',
  },
  upstream_dns: {
    status: 502,
    meaning: 'the name of the upstream does not resolve',
    remedy: 'mend the name in `upstreams`, or the resolver',
  },
  upstream_tls: {
    status: 502,
    meaning: 'the upstream could not prove who it is, or the handshake failed',
    remedy: 'compare its certificate with `upstreamTls`: authority, name, dates; the log says what is wrong',
  },
  upstream_reset: {
    status: 502,
    meaning: 'the upstream closed the connection before it had answered',
    remedy: 'look at the log of the daemon',
  },
  upstream_reset_in_body: {
    status: 502,
    meaning: 'the same in the middle of its answer; the client sees a broken one, never a complete one',
    remedy: 'look at the log of the daemon',
  },
  upstream_protocol: {
    status: 502,
    meaning: 'the upstream did not answer in HTTP',
    remedy: 'name the HTTP port in `upstreams`, not the RPC or TLS port',
  },
  upstream_redirect_target: {
    status: 502,
    meaning: 'the upstream sends its client to a server that is not configured; the log names the server',
    remedy: 'name DataNodes with `dataNodes` and NameNodes with `nameNodes`; or set `redirects: pass`',
  },
  upstream_busy: {
    status: 503,
    meaning:
      'as many requests as `maxInFlight` are at the upstream, and none ended within `limits.queue.wait`',
    remedy: 'ask again after `Retry-After`; look whether the daemon is slow',
  },
  upstream_queue_full: {
    status: 503,
    meaning: 'the same, and `limits.queue.length` wait already',
    remedy: 'ask again after `Retry-After`; look whether the daemon is slow',
  },
  upstream_exhausted: {
    status: 503,
    meaning:
      'the machine of Keddah has no port, file descriptor or memory left for a connection to the upstream',
    remedy: 'raise `LimitNOFILE`; look at `ss -s`; lower `limits.connections` or `maxInFlight`',
  },
  upstream_standby: {
    status: 503,
    meaning: 'no server of a highly available pair is active',
    remedy: 'ask again after `Retry-After`; let one of the servers become active',
  },
  upstream_connect_timeout: {
    status: 504,
    meaning: 'the upstream took no connection in time',
    remedy: 'look at the network and the daemon',
  },
  upstream_headers_timeout: {
    status: 504,
    meaning: 'the upstream did not begin its answer in time',
    remedy: 'look at the daemon; raise `timeouts.upstreamHeaders` only if it is known to be slow',
  },
  upstream_body_timeout: {
    status: 504,
    meaning: 'the upstream stopped in the middle; an answer that has begun is cut',
    remedy: 'look at the daemon',
  },
  address_rate: {
    status: 429,
    meaning: 'more requests than `limits.requestsPerSecondPerAddress` from one address',
    remedy: 'ask again after `Retry-After`; raise the limit for hosts of many users',
  },
  user_rate: {
    status: 429,
    meaning: 'more requests than `limits.requestsPerSecondPerUser` of one user',
    remedy: 'ask again after `Retry-After`; raise the limit if the user needs more',
  },
  unavailable: {
    status: 503,
    meaning: 'something that is needed before the decision is not there, or has no room',
    remedy: 'ask again after `Retry-After`; the message says what it is',
  },
  internal_error: {
    status: 500,
    meaning: 'a defect of Keddah; nothing was forwarded',
    remedy: 'report it: the log has the error under the request id',
  },
} as const
