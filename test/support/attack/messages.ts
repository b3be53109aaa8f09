/** A head as it was sent: its first line, and every header as often as it came. */
export interface Head {
  readonly first: string
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** One request as an upstream understood it. All text is Latin-1, so nothing of it is lost. */
export interface SeenRequest extends Head {
  readonly method: string
  readonly target: string
  readonly body: string
  /** Every byte of it. */
  readonly raw: string
}

/** One answer as a client understood it. `interim` are the status codes of the 1xx that came before. */
export interface Answer extends Head {
  readonly status: number
  readonly body: string
  readonly interim: readonly number[]
}

/** Something that was read from the beginning of a text, and where it ends. */
interface Read<T> {
  readonly value: T
  readonly end: number
}

/** The values of a header, in order; names in any case. */
export function valuesOf({ headers }: Head, name: string): string[] {
  return headers.filter(([sent]) => sent.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

/** The names of all headers in lower case, in order. */
export const namesOf = ({ headers }: Head): string[] => headers.map(([name]) => name.toLowerCase())

/** Which of the two framing headers a naive server looks at first. */
export type Preference = 'length' | 'chunks'

/**
 * Reads requests as a careless server does: a bare line end is as good as any, a length is whatever a number can be
 * made of, chunked is whatever mentions it, and what follows a request is the next one.
 *
 * Shape: `rest` is the beginning of a request that is not complete, or nothing.
 */
export function naiveRequests(
  bytes: string,
  preference: Preference,
): { readonly requests: readonly SeenRequest[]; readonly rest: string } {
  const requests: SeenRequest[] = []
  let rest = bytes
  for (;;) {
    rest = rest.replace(/^[\r\n]+/, '')
    const read = naiveRequest(rest, preference)
    if (read === null) return { requests, rest }
    requests.push(read.value)
    rest = rest.slice(read.end)
  }
}

function naiveRequest(bytes: string, preference: Preference): Read<SeenRequest> | null {
  const head = readHead(bytes)
  if (head === null) return null
  const [method = '', target = ''] = head.value.first.split(' ')
  const length = Number.parseInt(valuesOf(head.value, 'content-length').at(-1) ?? '', 10) || null
  const isChunked = valuesOf(head.value, 'transfer-encoding').some((value) => /chunked/i.test(value))
  const byChunks = isChunked && (preference === 'chunks' || length === null)
  const body = byChunks ? readChunks(bytes, head.end) : readLength(bytes, head.end, length ?? 0)
  if (body === null) return null
  const raw = bytes.slice(0, body.end)
  return { value: { ...head.value, method, target, body: body.value, raw }, end: body.end }
}

function readHead(bytes: string): Read<Head> | null {
  const blank = /\r?\n\r?\n/.exec(bytes)
  if (blank === null) return null
  const [first = '', ...lines] = bytes.slice(0, blank.index).split(/\r?\n/)
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  return { value: { first, headers }, end: blank.index + blank[0].length }
}

function readLength(bytes: string, from: number, length: number): Read<string> | null {
  const end = from + length
  return bytes.length < end ? null : { value: bytes.slice(from, end), end }
}

/** Extensions and trailers are skipped. */
function readChunks(bytes: string, from: number): Read<string> | null {
  let value = ''
  let at = from
  for (;;) {
    const line = /^([0-9A-Fa-f]+)[^\n]*\n/.exec(bytes.slice(at))
    if (line === null) return null
    const size = Number.parseInt(line[1] ?? '', 16)
    at += line[0].length
    if (size === 0) break
    if (bytes.length < at + size + 2) return null
    value += bytes.slice(at, at + size)
    at += size + 2
  }
  const trailers = /^(?:[^\r\n]+\r?\n)*\r?\n/.exec(bytes.slice(at))
  return trailers === null ? null : { value, end: at + trailers[0].length }
}

/**
 * Reads answers as RFC 9112 has it.
 *
 * Shape: `isOver` says that no more bytes come, so that a body without a length is complete; `hasBody` is asked with
 * the number of the answer, because only the client knows which request it is for. `rest` is what is no whole answer.
 */
export function readAnswers(
  bytes: string,
  isOver: boolean,
  hasBody: (index: number) => boolean,
): { readonly answers: readonly Answer[]; readonly rest: string } {
  const answers: Answer[] = []
  let interim: number[] = []
  let rest = bytes
  for (;;) {
    const head = readHead(rest)
    if (head === null) return { answers, rest }
    const status = statusOf(head.value.first)
    if (status >= 100 && status < 200) {
      interim.push(status)
      rest = rest.slice(head.end)
      continue
    }
    const isBare = status === 204 || status === 304 || !hasBody(answers.length)
    const body = isBare ? { value: '', end: head.end } : answerBody(rest, head, isOver)
    if (body === null) return { answers, rest }
    answers.push({ ...head.value, status, body: body.value, interim })
    interim = []
    rest = rest.slice(body.end)
  }
}

function answerBody(bytes: string, head: Read<Head>, isOver: boolean): Read<string> | null {
  if (valuesOf(head.value, 'transfer-encoding').length > 0) return readChunks(bytes, head.end)
  const [length] = valuesOf(head.value, 'content-length')
  if (length !== undefined) return readLength(bytes, head.end, Number(length))
  return isOver ? { value: bytes.slice(head.end), end: bytes.length } : null
}

function statusOf(line: string): number {
  const match = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(line)
  if (match === null) throw new Error(`this is no answer: ${JSON.stringify(line.slice(0, 200))}`)
  return Number(match[1])
}
