/** Why a message cannot be taken: its framing, its headers, its size and its pace. */
export const MESSAGE_REASONS = {
  malformed: {
    status: 400,
    meaning: 'the bytes are no HTTP request, or not a strict one',
    remedy: 'send HTTP/1.1 as the RFC has it: lines end in CR LF, no blank before a colon',
  },
  http_version: {
    status: 505,
    meaning: 'the version is neither HTTP/1.1 nor HTTP/1.0',
    remedy: 'speak HTTP/1.1',
  },
  method_not_allowed: {
    status: 405,
    meaning: 'the path is listed with other methods, which `Allow` names; TRACE and CONNECT never are',
    remedy: 'use one of those methods',
  },
  method_unknown: {
    status: 501,
    meaning: 'the method is none that is spoken here',
    remedy: 'use a method of the daemon that stands behind',
  },
  host: { status: 400, meaning: '`Host` is missing, or no name or address', remedy: 'send one `Host`' },
  host_unknown: {
    status: 404,
    meaning: 'the host is not one of `hosts` of this service',
    remedy: 'ask by a listed name, or list it',
  },
  host_mismatch: {
    status: 421,
    meaning: 'the request names another host than the TLS handshake',
    remedy: 'open a connection for each host; list proxies in front under `trustedProxies`',
  },
  duplicate_header: {
    status: 400,
    meaning: 'a header that counts once came twice',
    remedy: 'send it once; let proxies overwrite it, not add it',
  },
  header_value: {
    status: 400,
    meaning: 'the value of a header has a control character',
    remedy: 'send printable values',
  },
  connection: {
    status: 400,
    meaning: 'the header `Connection` is malformed',
    remedy: 'list names of headers, separated by commas',
  },
  connection_nomination: {
    status: 400,
    meaning: '`Connection` names a header that Keddah reads or sets',
    remedy: 'name hop-by-hop headers only',
  },
  upgrade: {
    status: 400,
    meaning: 'the protocol would be changed (WebSocket, HTTP/2 in clear text) where no route allows it',
    remedy: 'speak HTTP/1.1; a route of your own takes WebSockets with `upgrade: true`',
  },
  websocket: {
    status: 400,
    meaning: 'the WebSocket handshake is malformed, or something was sent before it was over',
    remedy: 'send one `Sec-WebSocket-Key` of 16 bytes, and wait for the 101',
  },
  websocket_version: {
    status: 426,
    meaning: 'a WebSocket of another version than 13',
    remedy: 'send `Sec-WebSocket-Version: 13`',
  },
  origin: {
    status: 403,
    meaning: 'a page of another site would open a WebSocket',
    remedy: 'list the origin of the page in `upgrades.origins` of the service',
  },
  expectation: {
    status: 417,
    meaning: 'an `Expect` other than `100-continue`',
    remedy: 'leave the header out',
  },
  body_not_allowed: { status: 400, meaning: 'a GET or HEAD with a body', remedy: 'send no body' },
  content_length: {
    status: 400,
    meaning: '`Content-Length` is no number',
    remedy: 'send the length in digits',
  },
  length_and_chunked: {
    status: 400,
    meaning: 'both `Content-Length` and `Transfer-Encoding`',
    remedy: 'send one of the two',
  },
  chunked_in_1_0: {
    status: 400,
    meaning: '`Transfer-Encoding` in HTTP/1.0',
    remedy: 'speak HTTP/1.1, or send a length',
  },
  no_length: {
    status: 400,
    meaning: 'the last transfer coding is not `chunked`, so the body has no end',
    remedy: 'send `chunked` last, or a length',
  },
  transfer_coding: {
    status: 501,
    meaning: 'a transfer coding other than `chunked`',
    remedy: 'send the body plainly; a content coding may stay',
  },
  too_many_headers: { status: 431, meaning: 'more headers than `limits.headers`', remedy: 'send fewer' },
  headers_too_large: {
    status: 431,
    meaning: 'a head over `limits.headerBytes`',
    remedy: 'send fewer cookies, or shorter ones',
  },
  chunk_extensions_too_large: { status: 413, meaning: 'chunks with long extensions', remedy: 'send none' },
  body_too_large: {
    status: 413,
    meaning: 'a body over `limits.bodyBytes`',
    remedy: 'send less at once; raise the limit where large files are usual',
  },
  request_timeout: {
    status: 408,
    meaning: 'the head or the body of the request did not come in time',
    remedy: 'look at the network; raise `timeouts.headers` or `timeouts.body` for slow clients',
  },
  body_too_slow: {
    status: 408,
    meaning: 'the body came more slowly than `limits.minBodyRate`',
    remedy: 'look at the network; lower the limit for slow clients',
  },
  forwarded_address: {
    status: 400,
    meaning: 'a trusted proxy sent an address that is none',
    remedy: 'let the proxy overwrite `X-Forwarded-For` with plain addresses',
  },
  forwarded_header: {
    status: 400,
    meaning: 'a trusted proxy sent a `Forwarded` that is malformed',
    remedy: 'let the proxy overwrite it',
  },
  forwarded_conflict: {
    status: 400,
    meaning: '`Forwarded` and `X-Forwarded-For` of a trusted proxy disagree',
    remedy: 'let the proxy send one of the two',
  },
} as const
