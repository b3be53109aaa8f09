import { createHash } from 'node:crypto'
import { ProtocolError, type UnavailableError } from '../../errors.ts'
import type { ProtocolReason } from '../../errors/reasons.ts'
import { TOKEN, valuesOf } from '../header-list.ts'
import { broken } from '../upstream/answer-head.ts'

/**
 * What a client asks for when it wants a WebSocket.
 *
 * Shape: `key` as sent; `protocols` letter by letter and `extensions` by name, in lower case: what was offered, possibly
 * nothing.
 */
export interface Handshake {
  readonly key: string
  readonly protocols: readonly string[]
  readonly extensions: readonly string[]
}

const VERSION = '13'
/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/**
 * Reads the handshake of a client from its headers, a flat list.
 *
 * Errors: `ERR_HTTP_UPGRADE` with `websocket`, and `websocket_version` for any version but 13.
 * Source: RFC 6455 section 4.2.1; of the key it is asked that it is 16 bytes in the one spelling that they have.
 */
export function readHandshake(headers: readonly string[]): Handshake {
  const versions = valuesOf(headers, 'sec-websocket-version')
  if (versions.length !== 1 || versions[0] !== VERSION)
    throw refused('websocket_version', `only version ${VERSION} of WebSocket is spoken`)
  const keys = valuesOf(headers, 'sec-websocket-key')
  const [key = ''] = keys
  if (keys.length !== 1 || !KEY.test(key)) throw refused('websocket', 'a WebSocket takes one key of 16 bytes')
  return {
    key,
    protocols: listOf(headers, 'sec-websocket-protocol', () => malformed()),
    extensions: namesOf(headers, () => malformed()),
  }
}

/**
 * Sees that an answer with 101 is to this handshake: whoever has not understood it speaks another protocol, and what
 * goes through the connection then was never decided on.
 *
 * Errors: `ERR_UPSTREAM_PROTOCOL`.
 * Source: RFC 6455 section 4.2.2 and 4.1.
 */
export function checkSwitch(handshake: Handshake, headers: readonly string[]): void {
  const upgrades = valuesOf(headers, 'upgrade')
  if (upgrades.length !== 1 || upgrades[0]?.toLowerCase() !== 'websocket') throw notOurs('another protocol')
  const words = valuesOf(headers, 'connection').flatMap((value) => value.toLowerCase().split(','))
  if (!words.some((word) => word.trim() === 'upgrade')) throw notOurs('no change of the connection')
  const accepts = valuesOf(headers, 'sec-websocket-accept')
  if (accepts.length !== 1 || accepts[0] !== acceptOf(handshake.key)) throw notOurs('the wrong key')
  const framing = ['content-length', 'transfer-encoding'].flatMap((name) => valuesOf(headers, name))
  if (framing.length > 0) throw notOurs('a body')
  const protocols = listOf(headers, 'sec-websocket-protocol', () => notOurs('a malformed protocol'))
  if (protocols.length > 1 || protocols.some((name) => !handshake.protocols.includes(name)))
    throw notOurs('a protocol that was not offered')
  const extensions = namesOf(headers, () => notOurs('a malformed extension'))
  if (extensions.some((name) => !handshake.extensions.includes(name)))
    throw notOurs('an extension that was not offered')
}

/** What an upstream has to answer to a key. */
const acceptOf = (key: string): string =>
  createHash('sha1')
    .update(key + GUID)
    .digest('base64')

function listOf(headers: readonly string[], name: string, bad: () => Error): string[] {
  const items = valuesOf(headers, name).flatMap((value) => value.split(',').map((item) => item.trim()))
  if (!items.every((item) => TOKEN.test(item))) throw bad()
  return items
}

/** The names of extensions, without their parameters. */
function namesOf(headers: readonly string[], bad: () => Error): string[] {
  const names = valuesOf(headers, 'sec-websocket-extensions').flatMap((value) =>
    value.split(',').map((item) => (item.split(';')[0] ?? '').trim().toLowerCase()),
  )
  if (!names.every((name) => TOKEN.test(name))) throw bad()
  return names
}

const refused = (reason: ProtocolReason, message: string): ProtocolError =>
  new ProtocolError('ERR_HTTP_UPGRADE', reason, message)

const malformed = (): ProtocolError => refused('websocket', 'a list of the WebSocket handshake is malformed')

const notOurs = (what: string): UnavailableError =>
  broken(`the upstream answered the WebSocket handshake with ${what}`)
