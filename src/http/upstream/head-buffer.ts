import { broken } from './answer-head.ts'

/** The most that the head of an answer may have, in bytes. */
const MAX_HEAD_BYTES = 65_536

const END = '\r\n\r\n'
const START = 'HTTP/1.'
const LF = 0x0a
const CR = 0x0d

/**
 * Collects the head of an answer, which mostly comes in one piece. What cannot become one is an error at once, not only
 * when it would be complete: whoever speaks another protocol may never send an empty line.
 */
export class HeadBuffer {
  #held: Buffer | null = null
  #size = 0
  #text = ''

  /**
   * Reads on from `at`, and gives the place behind the empty line; -1 where more has to come.
   *
   * Errors: `ERR_UPSTREAM_PROTOCOL` for another protocol, a bare line end, and a head over `MAX_HEAD_BYTES`.
   */
  read(bytes: Buffer, at: number): number {
    if (this.#held === null) {
      const end = bytes.indexOf(END, at)
      if (end !== -1 && end - at <= MAX_HEAD_BYTES) {
        this.#text = bytes.toString('latin1', at, end)
        return end + END.length
      }
    }
    return this.#hold(bytes, at)
  }

  /** The head, without the empty line. The next one may be read. */
  take(): string {
    const text = this.#text
    this.#held = null
    this.#size = 0
    this.#text = ''
    return text
  }

  #hold(bytes: Buffer, at: number): number {
    const before = this.#size
    const wanted = Math.min(bytes.length - at, MAX_HEAD_BYTES + END.length - before)
    const held = this.#grow(before + wanted)
    bytes.copy(held, before, at, at + wanted)
    const size = before + wanted
    const found = held.subarray(0, size).indexOf(END, Math.max(0, before - END.length + 1))
    if (found !== -1) {
      this.#text = held.toString('latin1', 0, found)
      return at + found + END.length - before
    }
    if (wanted < bytes.length - at || size >= MAX_HEAD_BYTES + END.length)
      throw broken('the head of an answer is too large')
    if (!START.startsWith(held.toString('latin1', 0, Math.min(size, START.length))))
      throw broken('the upstream does not speak HTTP/1.1')
    checkLineEnds(held, before, size)
    this.#size = size
    return -1
  }

  #grow(size: number): Buffer {
    const held = this.#held
    if (held !== null && held.length >= size) return held
    const larger = Buffer.allocUnsafe(Math.max(1_024, size * 2))
    held?.copy(larger, 0, 0, this.#size)
    this.#held = larger
    return larger
  }
}

/** A bare LF ends a line for some readers; then they are through with a head that is still waited for here. */
function checkLineEnds(held: Buffer, from: number, to: number): void {
  for (let at = Math.max(1, from); at < to; at += 1)
    if ((held[at] === LF) !== (held[at - 1] === CR)) throw broken('a line of a head does not end with CR LF')
}
