import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { DEFAULT_SETTINGS_FILE, loadSettings, type Settings } from '../config/settings.ts'
import { ConfigError } from '../errors.ts'
import { canonicalAddress } from '../hadoop/addresses.ts'
import { clientOptions, onlyCertificate } from '../tls/client.ts'
import { readCertificates } from '../tls/read.ts'
import { type Io, UnreachableError, UsageError } from './command.ts'
import type { Flags, FlagSpec } from './flags.ts'
import { ask, type HttpAnswer } from './http-client.ts'
import { CONFIG_FLAG } from './settings-file.ts'

/** Flags of commands that ask a running instance. */
export const ADMIN_FLAGS: FlagSpec = {
  ...CONFIG_FLAG,
  admin: { value: 'URL', help: 'admin listener (default: that of the settings, else http://127.0.0.1:9480)' },
  'ca-file': {
    value: 'FILE',
    help: 'authorities of an https listener (default: the certificate of the settings, else those of Node)',
  },
  'token-file': {
    value: 'FILE',
    help: 'file with the token (default: KEDDAH_ADMIN_TOKEN, else admin.token in stateDir)',
  },
}

const DEFAULT_URL = 'http://127.0.0.1:9480'
const DEFAULT_STATE_DIR = '/var/lib/keddah'
const TOKEN_FILE = 'admin.token'
const URL_FILE = 'admin.url'
const CERTIFICATE_FILE = 'admin.crt'

/**
 * The admin listener of a running instance. `tls` is how it is verified where it speaks TLS; `token` null: none is
 * sent, and `tokenHint` says why.
 */
export interface AdminTarget {
  readonly url: string
  readonly tls: ConnectionOptions
  readonly token: string | null
  readonly tokenHint: string
}

/** A parsed answer of the admin listener. */
export interface AdminAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * Finds the admin listener, and the token for it.
 *
 * Shape: the token of the state folder goes to this machine only, whatever `--admin` says.
 * Errors: `UsageError` for an address that cannot be asked; `ConfigError` for settings or a token file that were named
 * and cannot be read.
 */
export async function adminTarget(flags: Flags, io: Io): Promise<AdminTarget> {
  const settings = await settingsFor(flags, io)
  const named = flags.text('admin')
  const own = urlOf(settings)
  const url = named === undefined ? own : readUrl(named)
  if (url === null) throw unknownPort(settings)
  const isOwn = isThisMachine(url) || url === own
  const at = { url, tls: trustFor(flags.text('ca-file'), isOwn ? settings : null) }
  const tokenFile = flags.text('token-file')
  if (tokenFile !== undefined) return { ...at, token: readNamed(tokenFile), tokenHint: '' }
  const fromEnvironment = io.environment.get('KEDDAH_ADMIN_TOKEN')
  if (fromEnvironment) return { ...at, token: fromEnvironment, tokenHint: '' }
  if (!isOwn)
    return { ...at, token: null, tokenHint: 'for another machine, give `--token-file` or KEDDAH_ADMIN_TOKEN' }
  return { ...at, ...readLocal(join(settings?.stateDir ?? DEFAULT_STATE_DIR, TOKEN_FILE), settings) }
}

/**
 * Asks the admin listener.
 *
 * Shape: `value` is sent as JSON; left out: no body.
 * Errors: `UnreachableError` where nothing answers, or something that is not the admin listener.
 */
export async function askAdmin(
  target: AdminTarget,
  method: string,
  path: string,
  value?: object,
): Promise<AdminAnswer> {
  const body = value === undefined ? '' : JSON.stringify(value)
  const headers: Record<string, string> = { 'Content-Length': String(Buffer.byteLength(body)) }
  if (value !== undefined) headers['Content-Type'] = 'application/json'
  if (target.token !== null) headers['Authorization'] = `Bearer ${target.token}`
  let answer: HttpAnswer
  try {
    answer = await ask({ method, url: `${target.url}${path}`, headers, body, tls: target.tls })
  } catch (error) {
    const what = `no answer from the admin listener at ${target.url}: ${whyOf(error)}`
    throw new UnreachableError(`${what}; \`--config FILE\` or \`--admin URL\` names another one`)
  }
  const parsed = parse(answer.body)
  if (parsed === null) throw new UnreachableError(`what answers at ${target.url} is not the admin listener`)
  return { status: answer.status, body: parsed }
}

/** What the admin listener says about a refusal, with what to do about a missing token. */
export function refusalText({ status, body }: AdminAnswer, { token, tokenHint }: AdminTarget): string {
  const { error } = body
  const message =
    typeof error === 'object' && error !== null && 'message' in error
      ? String(error.message)
      : `unexpected answer ${status}`
  if (status !== 401) return message
  return token === null
    ? `${message}; ${tokenHint}`
    : `${message}; the token that was sent is not known there`
}

/** Settings that were named must be usable; the default file may be missing or not for this user to read. */
async function settingsFor(flags: Flags, { environment, stderr }: Io): Promise<Settings | null> {
  const named = flags.text('config')
  if (named !== undefined) return loadSettings(named, environment)
  if (!existsSync(DEFAULT_SETTINGS_FILE)) return null
  try {
    return loadSettings(DEFAULT_SETTINGS_FILE, environment)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    await stderr.write(`keddah: ${error.message}; asking ${DEFAULT_URL}\n`)
    return null
  }
}

/** Where the instance with these settings listens; null where the system chose the port and none says which. */
function urlOf(settings: Settings | null): string | null {
  if (settings === null) return DEFAULT_URL
  const { host, port: written } = settings.admin.listen
  const port = written === 0 ? announcedPort(settings) : String(written)
  if (port === null) return null
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const scheme = settings.admin.tls === null ? 'http' : 'https'
  return `${scheme}://${here.includes(':') ? `[${here}]` : here}:${port}`
}

/** Of what the running instance says nothing but the port is taken: the rest stands in the settings. */
function announcedPort({ stateDir }: Settings): string | null {
  try {
    return URL.parse(readFileSync(join(stateDir, URL_FILE), 'utf8').trim())?.port || null
  } catch {
    // It does not run, or its folder is not for this user to read.
    return null
  }
}

function unknownPort(settings: Settings | null): UsageError {
  const file = join(settings?.stateDir ?? DEFAULT_STATE_DIR, URL_FILE)
  const what = `\`admin.listen\` takes any free port, and \`${file}\` of a running instance does not say which`
  return new UsageError(what, 'give `--admin URL`')
}

function readUrl(text: string): string {
  const url = URL.parse(text)
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (isWeb && url.pathname === '/' && url.search + url.hash + url.username === '') return url.origin
  throw new UsageError(`\`--admin ${text}\` is not an address`, 'write it as `http://127.0.0.1:9480`')
}

/**
 * The process that has these settings shows the certificate that it has written beside its token, or that of the
 * settings where it has written none; others (null) are verified as any server is.
 */
function trustFor(caFile: string | undefined, settings: Settings | null): ConnectionOptions {
  if (caFile !== undefined) return { ...clientOptions(null), ca: readFile(caFile) }
  const tls = settings?.admin.tls ?? null
  if (settings === null || tls === null) return clientOptions(null)
  return onlyCertificate(announcedCertificate(settings) ?? tls.pair.certificate)
}

/** The one in force: that of the settings may have been replaced by one that the process has refused. */
function announcedCertificate({ stateDir }: Settings): string | null {
  try {
    const read = readCertificates(readFileSync(join(stateDir, CERTIFICATE_FILE)))
    return 'code' in read ? null : read.map(String).join('')
  } catch {
    // It does not run, or its folder is not for this user to read.
    return null
  }
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new ConfigError('ERR_CONFIG_READ', `cannot read \`${file}\`: ${whyOf(cause)}`, { file, cause })
  }
}

/** Reports whether an address is on this machine. A name that only begins like one of its addresses is another's. */
export function isThisMachine(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const address = canonicalAddress(host)
  return host === 'localhost' || (address !== null && (address === '::1' || address.startsWith('127.')))
}

function readNamed(file: string): string {
  try {
    return tokenIn(file)
  } catch (cause) {
    throw new ConfigError('ERR_CONFIG_READ', `cannot read the token file \`${file}\`: ${whyOf(cause)}`, {
      file,
      cause,
    })
  }
}

function readLocal(file: string, settings: Settings | null): Pick<AdminTarget, 'token' | 'tokenHint'> {
  try {
    return { token: tokenIn(file), tokenHint: '' }
  } catch (error) {
    return { token: null, tokenHint: localHint(file, settings, error) }
  }
}

/** Where the file should be, what it is, and how to name another one. */
function localHint(file: string, settings: Settings | null, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const why =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? 'does not exist'
      : code === 'EACCES'
        ? 'may be read by the user of that instance and by root alone'
        : `cannot be read: ${whyOf(error)}`
  const other =
    settings === null
      ? 'give `--config FILE` with its settings, or'
      : 'is it running with these settings? Else give'
  return `no token was sent: a running instance writes one to \`${TOKEN_FILE}\` in its \`stateDir\`, and \`${file}\` ${why}; ${other} \`--token-file FILE\``
}

/** A token has no characters that could end a header. */
function tokenIn(file: string): string {
  const token = readFileSync(file, 'utf8').trim()
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new Error('there is no token in it')
}

const whyOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  return message !== '' || !(error instanceof AggregateError) ? message : error.errors.map(whyOf).join(', ')
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
