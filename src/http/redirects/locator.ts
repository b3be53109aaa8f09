import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Identity } from '../../identity/identifier.ts'

/**
 * What a second step needs and no client may choose or see.
 *
 * Shape: `dataNode` is an origin with its port; `nameNode` what the DataNode connects to; `delegation` the token that
 * the NameNode made for the step, null: none; `identity` is who made the first step; `parameters` are names beyond
 * those of the operation that the NameNode itself has put into the URL.
 */
export interface Locator {
  readonly dataNode: string
  readonly nameNode: string | null
  readonly delegation: string | null
  readonly identity: Identity
  readonly parameters: readonly string[]
}

/** What a locator is good for, and for nothing else. `path` is canonical. */
export interface Binding {
  readonly service: string
  readonly op: string
  readonly path: string
}

/** Why a locator is not believed. */
export type LocatorFlaw = 'locator_invalid' | 'locator_expired'

/**
 * The secrets of locators.
 *
 * Shape: the first one seals, all of them open; `lifetimeMs` counts from the first step; `now` in milliseconds.
 */
export interface LocatorOptions {
  readonly secrets: readonly Uint8Array[]
  readonly lifetimeMs: number
  now(): number
}

const VERSION = 1
const ID_BYTES = 4
const SALT_BYTES = 16
const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = 1 + ID_BYTES + SALT_BYTES
const MAX_LENGTH = 6_000
/** Clocks of two machines that share a secret. */
const SKEW_MS = 60_000

interface Secret {
  readonly id: Buffer
  readonly bytes: Uint8Array
}

interface Sealed {
  readonly at: number
  readonly locator: Locator
}

/**
 * Seals and opens locators.
 *
 * Shape: version, id of the secret, salt, AES-256-GCM of the locator and its tag, as base64url. Key and nonce are both
 * derived from the salt (HKDF-SHA-256), as in RFC 8188, so that no number of locators brings one key near its limit.
 * What it is bound to is authenticated and not sealed: it stands in the request anyway.
 */
export class Locators {
  readonly #secrets: readonly Secret[]
  readonly #options: LocatorOptions

  constructor(options: LocatorOptions) {
    this.#options = options
    this.#secrets = options.secrets.map((bytes) => ({ id: derive(bytes, '', 'id', ID_BYTES), bytes }))
  }

  seal(locator: Locator, binding: Binding): string {
    const [secret] = this.#secrets
    if (secret === undefined) throw new Error('there is no secret to seal with')
    const salt = randomBytes(SALT_BYTES)
    const head = Buffer.concat([Buffer.of(VERSION), secret.id, salt])
    const { key, iv } = keyOf(secret, salt)
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
    cipher.setAAD(boundTo(head, binding))
    const sealed: Sealed = { at: this.#options.now(), locator }
    const text = Buffer.concat([cipher.update(JSON.stringify(sealed), 'utf8'), cipher.final()])
    return Buffer.concat([head, text, cipher.getAuthTag()]).toString('base64url')
  }

  /** Opens a locator that this or the previous secret has sealed for exactly this; else says why not. */
  open(text: string, binding: Binding): Locator | LocatorFlaw {
    const bytes = text.length > MAX_LENGTH ? Buffer.alloc(0) : Buffer.from(text, 'base64url')
    // The last character has spare bits, and Node skips what is no base64url: only the one spelling is taken.
    if (bytes.length <= HEAD_BYTES + TAG_BYTES || bytes.toString('base64url') !== text)
      return 'locator_invalid'
    const head = bytes.subarray(0, HEAD_BYTES)
    const id = head.subarray(1, 1 + ID_BYTES)
    const secret = head[0] === VERSION ? this.#secrets.find((one) => one.id.equals(id)) : undefined
    const sealed = secret === undefined ? null : unseal(secret, head, bytes, binding)
    if (sealed === null) return 'locator_invalid'
    const age = this.#options.now() - sealed.at
    return age < -SKEW_MS || age >= this.#options.lifetimeMs ? 'locator_expired' : sealed.locator
  }
}

function unseal(secret: Secret, head: Buffer, bytes: Buffer, binding: Binding): Sealed | null {
  const { key, iv } = keyOf(secret, head.subarray(1 + ID_BYTES))
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(boundTo(head, binding))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES))
  try {
    decipher.final()
  } catch {
    // The tag is compared in constant time by OpenSSL; what came out so far is nobody's.
    return null
  }
  return JSON.parse(text.toString('utf8')) as Sealed
}

/** JSON keeps the parts apart, whatever is in them. */
const boundTo = (head: Buffer, { service, op, path }: Binding): Buffer =>
  Buffer.concat([head, Buffer.from(JSON.stringify([service, op, path]))])

function keyOf(secret: Secret, salt: Uint8Array): { key: Buffer; iv: Buffer } {
  const bytes = derive(secret.bytes, salt, 'seal', KEY_BYTES + IV_BYTES)
  return { key: bytes.subarray(0, KEY_BYTES), iv: bytes.subarray(KEY_BYTES) }
}

const derive = (secret: Uint8Array, salt: Uint8Array | string, use: string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, `keddah locator ${VERSION} ${use}`, length))
