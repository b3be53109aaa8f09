import {
  type Fields,
  type Framing,
  framingOf,
  MORE,
  type Read,
  readBody,
  readFields,
  readLine,
  Violation,
} from './head.ts'

/** A request. `isComplete` false: its head and the beginning of its body. */
export interface WireRequest {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly fields: Fields
  readonly body: string
  readonly isComplete: boolean
}

/** An answer; the interim ones before it are left out. `isComplete` false: the body has only begun. */
export interface WireAnswer {
  readonly status: number
  readonly fields: Fields
  readonly body: string
  readonly isComplete: boolean
}

/**
 * What was read from the beginning of bytes.
 *
 * Shape: only the last message may be incomplete; `end` is where the last complete one ends; `violation` says why
 * nothing behind it can be read.
 */
export interface Reading<T> {
  readonly messages: readonly T[]
  readonly end: number
  readonly violation: string | null
}

/** More than one blank is one for whoever splits the line at blanks (RFC 9112 section 3). */
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) +([\x21-\x7e]+) +HTTP\/(1\.[01])$/
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/

/** Reads requests. `skipsEmptyLines`: before a request, as servers should and no client sends them. */
export function readRequests(
  bytes: string,
  options: { readonly skipsEmptyLines: boolean },
): Reading<WireRequest> {
  return readAll(bytes, (at) => {
    let start = at
    // Line ends of either kind: whoever skips one of them ends no line by it.
    while (options.skipsEmptyLines && /[\r\n]/.test(bytes.charAt(start))) start += 1
    return readRequest(bytes, start)
  })
}

/**
 * Reads answers. `isOver`: no more bytes come; `methodOf` tells the method of the request that an answer is for.
 */
export function readWireAnswers(
  bytes: string,
  isOver: boolean,
  methodOf: (index: number) => string,
): Reading<WireAnswer> {
  return readAll(bytes, (at, index) => readAnswer(bytes, at, isOver, methodOf(index)))
}

type Message = { readonly isComplete: boolean }

function readAll<T extends Message>(
  bytes: string,
  readOne: (at: number, index: number) => Read<T> | typeof MORE,
): Reading<T> {
  const messages: T[] = []
  let end = 0
  try {
    while (end < bytes.length) {
      const read = readOne(end, messages.length)
      if (read === MORE) break
      messages.push(read.value)
      if (!read.value.isComplete) break
      end = read.end
    }
    return { messages, end, violation: null }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    if (error instanceof InBody) messages.push(error.begun as T)
    return { messages, end, violation: error.message }
  }
}

/** A violation in the body of a message whose head was fine. */
class InBody extends Violation {
  readonly begun: unknown

  constructor(message: string, begun: unknown) {
    super(message)
    this.begun = begun
  }
}

function readRequest(bytes: string, from: number): Read<WireRequest> | typeof MORE {
  const line = readLine(bytes, from)
  if (line === MORE) return MORE
  const [, method = '', target = '', version = ''] = REQUEST_LINE.exec(line.value) ?? []
  if (method === '') throw new Violation(`no request line: ${JSON.stringify(line.value)}`)
  const fields = readFields(bytes, line.end)
  if (fields === MORE) return MORE
  const framing = framingOf(fields.value) ?? { kind: 'length', length: 0 }
  if (version === '1.0' && framing.kind === 'chunks') throw new Violation('chunks in HTTP/1.0')
  return withBody(bytes, fields.end, framing, false, { method, target, version, fields: fields.value })
}

function readAnswer(
  bytes: string,
  from: number,
  isOver: boolean,
  method: string,
): Read<WireAnswer> | typeof MORE {
  let at = from
  for (;;) {
    const line = readLine(bytes, at)
    if (line === MORE) return MORE
    const [, code = ''] = STATUS_LINE.exec(line.value) ?? []
    if (code === '') throw new Violation(`no status line: ${JSON.stringify(line.value)}`)
    const fields = readFields(bytes, line.end)
    if (fields === MORE) return MORE
    const status = Number(code)
    if (status === 101) throw new Violation('another protocol')
    if (status < 200) {
      at = fields.end
      continue
    }
    const isBare = method === 'HEAD' || status === 204 || status === 304
    const framing: Framing | null = framingOf(fields.value)
    const own: Framing = isBare ? { kind: 'length', length: 0 } : (framing ?? { kind: 'end' })
    return withBody(bytes, fields.end, own, isOver, { status, fields: fields.value })
  }
}

function withBody<T extends object>(
  bytes: string,
  from: number,
  framing: Framing,
  isOver: boolean,
  head: T,
): Read<T & { readonly body: string; readonly isComplete: boolean }> {
  try {
    const { value, end } = readBody(bytes, from, framing, isOver)
    return { value: { ...head, body: value, isComplete: end !== null }, end: end ?? bytes.length }
  } catch (error) {
    if (error instanceof Violation) throw new InBody(error.message, { ...head, body: '', isComplete: false })
    throw error
  }
}
