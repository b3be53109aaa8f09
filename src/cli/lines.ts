import type { Readable } from 'node:stream'

const MAX_LENGTH = 1_000_000

/** One line, counted from 1, without its end; `text` is null for one of more than a million characters. */
export interface Line {
  readonly number: number
  readonly text: string | null
}

/** The lines of a stream of UTF-8, one after the other; no more than one chunk and one line are held. */
export async function* linesOf(stream: Readable): AsyncGenerator<Line> {
  let rest = ''
  let isTooLong = false
  let number = 0
  const next = (text: string): Line => {
    number += 1
    const line = { number, text: isTooLong || text.length > MAX_LENGTH ? null : text }
    isTooLong = false
    return line
  }
  // Not the decoder of the stream: that one keeps a BOM.
  const decoder = new TextDecoder('utf-8')
  for await (const chunk of stream) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) yield next(part)
    if (rest.length <= MAX_LENGTH) continue
    isTooLong = true
    rest = ''
  }
  rest += decoder.decode()
  if (rest !== '' || isTooLong) yield next(rest)
}
