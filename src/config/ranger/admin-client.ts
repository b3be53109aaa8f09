import type { ClientTls } from '../../tls/material.ts'
import type { Secret } from '../secret.ts'
import { download, type Downloaded, type DownloadLimits } from './download.ts'
import { RangerFailure } from './failure.ts'

/**
 * How Ranger Admin is asked for one service.
 *
 * Shape: `urls` are bases without a slash at the end; `user` null: no basic authentication.
 */
export interface AdminAddress {
  readonly serviceName: string
  readonly urls: readonly string[]
  readonly isSecure: boolean
  readonly appId: string
  readonly clusterName: string
  readonly pluginHost: string
  readonly user: { readonly name: string; readonly password: Secret } | null
  readonly tls: ClientTls | null
  readonly wantsDeltas: boolean
  readonly limits: DownloadLimits
}

/** What is in force already: -1 and 0 at first. `activatedAt` in milliseconds since the epoch. */
export interface Known {
  readonly version: number
  readonly activatedAt: number
}

/** What Ranger Admin says: something new, nothing new, or that there is no such service. */
export type AdminAnswer =
  | { readonly kind: 'new'; readonly body: Buffer }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'gone' }

/** Resolves after a time, sooner where the signal is given. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

const ROUNDS = 3
const BETWEEN_ROUNDS_MS = 1_000
const MAX_PLUGIN_ID = 255
const COOKIE = 'RANGERADMINSESSIONID'
const COOKIE_VALUE = new RegExp(
  `^\\s*${COOKIE}=([\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]{1,1024})\\s*(?:;|$)`,
)
/** Validity times, priorities, conditions of policies and items, denies and exceptions: all but tags, zones and data. */
const CAPABILITIES = 'c'

/**
 * Asks Ranger Admin as its own plugins do. The server that answered last is asked first.
 *
 * Source: org.apache.ranger.admin.client.RangerAdminRESTClient, RangerRESTClient (2.9).
 */
export class RangerAdminClient {
  readonly #address: AdminAddress
  readonly #wait: Wait
  readonly #cookies = new Map<string, string>()
  #first = 0

  constructor(address: AdminAddress, wait: Wait) {
    this.#address = address
    this.#wait = wait
  }

  /** The server that is asked first. */
  get url(): string {
    return this.#address.urls[this.#first] ?? ''
  }

  /** The policies, if they are not `known`. Errors: `RangerFailure`, after all servers and attempts. */
  policies(known: Known, signal: AbortSignal): Promise<AdminAnswer> {
    const { isSecure, wantsDeltas } = this.#address
    return this.#ask(
      `/service/plugins/${isSecure ? 'secure/' : ''}policies/download/`,
      { lastKnownVersion: String(known.version), supportsPolicyDeltas: String(wantsDeltas) },
      known,
      signal,
    )
  }

  /** The roles, if they are not `known`. Errors: the same. */
  roles(known: Known, signal: AbortSignal): Promise<AdminAnswer> {
    const path = `/service/roles/${this.#address.isSecure ? 'secure/' : ''}download/`
    return this.#ask(path, { lastKnownRoleVersion: String(known.version) }, known, signal)
  }

  async #ask(
    path: string,
    own: Readonly<Record<string, string>>,
    { activatedAt }: Known,
    signal: AbortSignal,
  ): Promise<AdminAnswer> {
    const { serviceName, urls, appId, pluginHost, clusterName } = this.#address
    const query = new URLSearchParams({
      ...own,
      lastActivationTime: String(activatedAt),
      pluginId: `${appId}@${pluginHost}-${serviceName}`.slice(0, MAX_PLUGIN_ID),
      clusterName,
      pluginCapabilities: CAPABILITIES,
    })
    const target = `${path}${encodeURIComponent(serviceName)}?${query.toString()}`
    for (let attempt = 1; ; attempt += 1)
      try {
        return await this.#once(this.url, target, signal)
      } catch (error) {
        if (!(error instanceof RangerFailure) || error.isElsewhereToo || signal.aborted) throw error
        this.#first = (this.#first + 1) % urls.length
        if (attempt === ROUNDS * urls.length) throw error
        if (attempt % urls.length === 0) await this.#wait(BETWEEN_ROUNDS_MS, signal)
      }
  }

  /** A session that has ended is no refusal yet: the server is asked once more without it. */
  async #once(base: string, target: string, signal: AbortSignal): Promise<AdminAnswer> {
    const hadCookie = this.#cookies.has(base)
    const answer = await this.#download(base, target, signal)
    if (!hadCookie || (answer.status !== 401 && answer.status !== 403)) return this.#read(answer)
    return this.#read(await this.#download(base, target, signal))
  }

  async #download(base: string, target: string, signal: AbortSignal): Promise<Downloaded> {
    const { tls, limits, user } = this.#address
    const cookie = this.#cookies.get(base)
    const headers = {
      ...(user === null ? {} : { authorization: basic(user.name, user.password) }),
      ...(cookie === undefined ? {} : { cookie: `${COOKIE}=${cookie}` }),
    }
    const answer = await download({ url: `${base}${target}`, headers, tls, limits, signal })
    const isGood = answer.status === 200 || answer.status === 304 || answer.status === 204
    if (!isGood) this.#cookies.delete(base)
    for (const line of isGood ? answer.cookies : []) {
      const [, value] = COOKIE_VALUE.exec(line) ?? []
      if (value !== undefined) this.#cookies.set(base, value)
    }
    return answer
  }

  #read({ status, contentType, body }: Downloaded): AdminAnswer {
    if (status === 304 || status === 204) return { kind: 'unchanged' }
    if (status === 200) {
      if (/^application\/json\s*(?:;|$)/i.test(contentType)) return { kind: 'new', body }
      const shown = contentType === '' ? 'none' : `\`${contentType.slice(0, 64)}\``
      throw new RangerFailure('content_type', `the answer should be application/json, its type is ${shown}`)
    }
    const said = body.toString('utf8')
    const gone = `"RANGER_ERROR_SERVICE_NOT_FOUND: ServiceName=${this.#address.serviceName}"`
    if (status === 404 && said.startsWith(gone)) return { kind: 'gone' }
    throw refusal(status, said)
  }
}

const STATUS: ReadonlyMap<number, RangerFailure['reason']> = new Map([
  [400, 'bad_request'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not_found'],
])
const MAX_SHOWN = 200

function refusal(status: number, said: string): RangerFailure {
  const known = STATUS.get(status)
  const reason =
    known ?? (status >= 500 ? 'server_error' : status >= 300 && status < 400 ? 'redirect' : 'status')
  const words = said
    .replace(/[\p{Cc}\p{Zl}\p{Zp} ]+/gu, ' ')
    .trim()
    .slice(0, MAX_SHOWN)
  return new RangerFailure(reason, `status ${status}${words === '' ? '' : `: ${words}`}`, {
    isElsewhereToo: known !== undefined,
  })
}

/** Line ends at the end of a password file are those of an editor. */
function basic(name: string, password: Secret): string {
  const text = Buffer.from(password.reveal())
    .toString('utf8')
    .replace(/[\r\n]+$/, '')
  return `Basic ${Buffer.from(`${name}:${text}`).toString('base64')}`
}
