/**
 * One base class, four kinds, one registry of codes. An error knows what went wrong and who erred; what is answered
 * is for the edges (`http/`, `admin/`, `cli/`), by the registry of reasons and by exit codes. A refusal is not an
 * error: it is a `Decision`. `docs/errors.md` mirrors both registries, and a test keeps them equal.
 */

import type { ProtocolReason } from './errors/reasons.ts'

type ErrorKind = 'config' | 'authentication' | 'protocol' | 'unavailable'

/** Every code that is ever thrown: who erred (`kind`), what it means, and what the reader can do. */
export const ERROR_CODES = {
  ERR_CONFIG_READ: {
    kind: 'config',
    meaning: 'a file could not be read: missing, not a file, no permission or over the size limit',
    remedy: 'check the path and its permissions; raise `hadoop.maxFileBytes` for a large policy',
  },
  ERR_CONFIG_SETTINGS: {
    kind: 'config',
    meaning: 'the settings file is malformed, has an unknown key or a value of the wrong type',
    remedy: 'mend the named key; `docs/configuration.md` lists all of them',
  },
  ERR_CONFIG_WRITE: {
    kind: 'config',
    meaning: 'a file that Keddah writes cannot be written, or another instance has its folder',
    remedy: 'let the process write there, or name another file or folder; the message says why',
  },
  ERR_CONFIG_STATE: {
    kind: 'config',
    meaning: 'a file of the state folder is torn, or is not one that Keddah has written',
    remedy: 'put a copy back, or remove the file; the message says what is lost then',
  },
  ERR_CONFIG_GROUPS: {
    kind: 'config',
    meaning: 'a key about groups names a provider that this version lacks, or has a value it cannot use',
    remedy: 'mend the named key; or choose a provider with `groups:` in the settings',
  },
  ERR_CONFIG_LISTEN: {
    kind: 'config',
    meaning: 'an address to listen on is taken, is none of this machine, or may not be used',
    remedy:
      'taken: choose another port, or end the program that holds it; not of this machine: name an address that it has, or `0.0.0.0`; not allowed: choose a port from 1024 on',
  },
  ERR_CONFIG_WORKERS: {
    kind: 'config',
    meaning: 'every worker ended before it could take up settings and policy',
    remedy: 'look into the log for why they ended; what was in force before still is',
  },
  ERR_POLICY_XML: {
    kind: 'config',
    meaning: 'a Hadoop configuration file is not well-formed, has a DOCTYPE or the wrong root element',
    remedy: 'mend the file at the named line; the old policy stays in force until then',
  },
  ERR_POLICY_EXPANSION: {
    kind: 'config',
    meaning: 'a `${…}` expansion goes deeper than 20 rounds',
    remedy: 'remove the cycle or shorten the chain of references',
  },
  ERR_POLICY_CIDR: {
    kind: 'config',
    meaning: 'an entry of a host list is not an address, a range or a name',
    remedy: 'write ranges as `10.0.0.0/8`, separated by commas',
  },
  ERR_POLICY_KEYS: {
    kind: 'config',
    meaning: 'with `hadoop.strict: true`: a policy key is unknown, repeated, old or without a value',
    remedy: 'mend the named key; `keddah policy lint` says what Hadoop understands',
  },
  ERR_POLICY_STATIC_GROUPS: {
    kind: 'config',
    meaning: '`hadoop.user.group.static.mapping.overrides` cannot be read',
    remedy: 'write `user=group,group`, entries separated by `;`',
  },
  ERR_POLICY_AUTH_TO_LOCAL: {
    kind: 'config',
    meaning: 'a rule of `hadoop.security.auth_to_local` is malformed or needs an expression only Java has',
    remedy: 'mend the named rule; look-around, back-references and possessive quantifiers are not available',
  },
  ERR_POLICY_RANGER: {
    kind: 'config',
    meaning:
      "Ranger's policies, roles or a service definition cannot be read or cannot be taken as they stand, or could not be downloaded",
    remedy: 'mend what is named, in Ranger Admin or in the file; the old policies stay in force until then',
  },
  ERR_AUTHN_REQUIRED: {
    kind: 'authentication',
    meaning: 'the request carries no credentials that any configured authenticator takes',
    remedy: 'send credentials for one of the challenges; or set `identity.anonymousUser`',
  },
  ERR_AUTHN_INVALID: {
    kind: 'authentication',
    meaning: 'credentials were sent, and they are wrong',
    remedy: 'correct the user name, secret or ticket',
  },
  ERR_AUTHN_PRINCIPAL: {
    kind: 'authentication',
    meaning: 'a principal is malformed, or no rule of `auth_to_local` makes it a user',
    remedy: 'use another principal, or add a rule',
  },
  ERR_HTTP_TARGET: {
    kind: 'protocol',
    meaning: 'the request target cannot be canonicalised without a guess',
    remedy: 'send a plain path: no `..` above the root, no `;`, no encoded slash, no double encoding',
  },
  ERR_HTTP_PARAMETER: {
    kind: 'protocol',
    meaning: 'a query parameter is ambiguous, malformed or not allowed here',
    remedy: 'send each identity parameter once, in its documented spelling',
  },
  ERR_HTTP_LOCATOR: {
    kind: 'protocol',
    meaning: 'the sealed target of a second step cannot be followed',
    remedy: 'ask the NameNode again, as the same user, and follow its answer unchanged',
  },
  ERR_HTTP_FRAMING: {
    kind: 'protocol',
    meaning: 'the message framing or a header is malformed, doubled or not supported',
    remedy: 'send HTTP/1.1 with one Host, and one of Content-Length or chunked',
  },
  ERR_HTTP_UPGRADE: {
    kind: 'protocol',
    meaning: 'a change of protocol that is not allowed there, or a WebSocket handshake that is none',
    remedy: 'open WebSockets on routes with `upgrade: true` only, from pages of a listed origin',
  },
  ERR_HTTP_HOST: {
    kind: 'protocol',
    meaning: 'the request is for a host that is not served on this connection',
    remedy: 'ask by a host of `hosts`, and by the name that the TLS connection was opened for',
  },
  ERR_HTTP_LIMIT: {
    kind: 'protocol',
    meaning: 'the request is larger than a limit allows',
    remedy: 'send fewer or shorter headers, parameters or form fields',
  },
  ERR_HTTP_FORM: {
    kind: 'protocol',
    meaning: 'a form body on a route that takes none',
    remedy: 'send parameters in the query, and data with a content type of its own',
  },
  ERR_HTTP_BODY: {
    kind: 'protocol',
    meaning: 'the body names the resource of the request, and can be read in two ways or not at all',
    remedy: 'send one JSON or XML document in UTF-8 that names its queue once',
  },
  ERR_HTTP_FORWARDED: {
    kind: 'protocol',
    meaning: 'a trusted proxy sent a forwarded address that is not an address',
    remedy: 'let the proxy overwrite `X-Forwarded-For` with plain addresses',
  },
  ERR_UPSTREAM_CONNECT: {
    kind: 'unavailable',
    meaning: 'no connection to the upstream could be made',
    remedy: 'check that the daemon runs and that `upstreams` names its HTTP address',
  },
  ERR_UPSTREAM_TLS: {
    kind: 'unavailable',
    meaning: 'no TLS connection to the upstream that can be trusted',
    remedy:
      'check `upstreamTls`: the authority (`caFile`), the name (`serverName`), and the dates of its certificate',
  },
  ERR_UPSTREAM_TIMEOUT: {
    kind: 'unavailable',
    meaning: 'the upstream did not answer in time',
    remedy: 'look at the daemon; raise the upstream timeouts only if it is known to be slow',
  },
  ERR_UPSTREAM_RESET: {
    kind: 'unavailable',
    meaning: 'the upstream closed the connection before its answer was complete',
    remedy: 'look at the log of the daemon',
  },
  ERR_UPSTREAM_PROTOCOL: {
    kind: 'unavailable',
    meaning: 'what the upstream sent is not HTTP',
    remedy: 'check that `upstreams` names the HTTP port, not the RPC or TLS port',
  },
  ERR_UPSTREAM_REDIRECT: {
    kind: 'unavailable',
    meaning: 'an upstream sends its client to a server that is not configured',
    remedy: 'look at the log for the server; name DataNodes with `dataNodes`, NameNodes with `nameNodes`',
  },
  ERR_UPSTREAM_BUSY: {
    kind: 'unavailable',
    meaning: 'as many requests as allowed are in flight to this upstream',
    remedy: 'retry after the named seconds',
  },
  ERR_UPSTREAM_STANDBY: {
    kind: 'unavailable',
    meaning: 'no server of a highly available pair is active',
    remedy: 'retry after the named seconds; let one of the servers become active',
  },
  ERR_GROUPS_PROVIDER: {
    kind: 'unavailable',
    meaning: 'a group provider failed',
    remedy: 'check the provider; where a decision depends on a group the request is refused meanwhile',
  },
} as const

/** A code of the registry. */
export type ErrorCode = keyof typeof ERROR_CODES

type CodeOf<K extends ErrorKind> = {
  [C in ErrorCode]: (typeof ERROR_CODES)[C]['kind'] extends K ? C : never
}[ErrorCode]

/**
 * Where something stands in the operator's files.
 *
 * Shape: `file` is empty where it is unknown; `line` and `column` count from 1, null where they are; `key` is the
 * property or settings key, null where none is concerned.
 */
export interface Place {
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly key: string | null
}

/**
 * One thing wrong in one place of one file.
 *
 * Shape: `code` is a stable snake_case word for the problem; `hint` is what to write instead, null where nothing
 * better can be said.
 */
export interface Problem extends Place {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

/** What every error of ours has in common: a code of the registry, and the cause where there is one. */
export abstract class KeddahError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C

  constructor(code: C, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.name = new.target.name
  }
}

/**
 * The operator's files are wrong. Carries all problems found, not only the first.
 *
 * Shape: `problems` is never empty; when none are given, the message itself is the one problem.
 */
export class ConfigError extends KeddahError<CodeOf<'config'>> {
  readonly problems: readonly Problem[]

  constructor(
    code: CodeOf<'config'>,
    message: string,
    details: { problems?: readonly Problem[]; file?: string; cause?: unknown } = {},
  ) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause })
    this.problems = details.problems?.length
      ? details.problems
      : [
          {
            file: details.file ?? '',
            line: null,
            column: null,
            key: null,
            severity: 'error',
            code: code.toLowerCase().replace(/^err_/, ''),
            message,
            hint: null,
          },
        ]
  }
}

/** The caller could not be authenticated; the edge adds every challenge that could help. */
export class AuthenticationError extends KeddahError<CodeOf<'authentication'>> {}

/**
 * The caller's bytes cannot be taken as they are.
 *
 * Shape: `reason` is a word of the registry of reasons; it goes to the metric, the log and the client.
 */
export class ProtocolError extends KeddahError<CodeOf<'protocol'>> {
  readonly reason: ProtocolReason

  constructor(code: CodeOf<'protocol'>, reason: ProtocolReason, message: string, options?: ErrorOptions) {
    super(code, message, options)
    this.reason = reason
  }
}

/** A dependency is not there. `retryable` says that nothing was done upstream and asking again may help. */
export class UnavailableError extends KeddahError<CodeOf<'unavailable'>> {
  readonly retryable: boolean

  constructor(
    code: CodeOf<'unavailable'>,
    message: string,
    details: { retryable: boolean; cause?: unknown },
  ) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause })
    this.retryable = details.retryable
  }
}
