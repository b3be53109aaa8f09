import { broken } from './answer-head.ts'

/** `;name` or `;name=value`: nobody reads them here, but where they end is where the data begins. */
const EXTENSIONS = /^(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"[\t !#-[\]-~]*"))?)*$/
const SIZE = /^([0-9A-Fa-f]{1,12})(;.*)?$/
const TRAILER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*$/
/** They would change how the message is framed, after the fact. */
const NO_TRAILER = /^(?:content-length|transfer-encoding)$/i
const MAX_LINE = 4_096
/** Of all sizes with their extensions, beyond what the sizes need, and of all trailers. */
const MAX_EXTRA = 65_536
const LF = 0x0a
const CR = 0x0d

type State = 'size' | 'data' | 'data-end' | 'trailer' | 'done'

/**
 * Takes the data out of a body in chunks. Sizes, their extensions, line ends and trailers are checked strictly;
 * extensions and trailers are dropped.
 *
 * Source: RFC 9112 section 7.1.
 */
export class ChunkedReader {
  #state: State = 'size'
  #left = 0
  #line = ''
  #extra = 0

  get isDone(): boolean {
    return this.#state === 'done'
  }

  /**
   * Reads on from `at` and gives the place behind the last byte that was read: the end of the piece, or where the body
   * ends.
   *
   * Errors: `ERR_UPSTREAM_PROTOCOL`.
   */
  read(bytes: Buffer, at: number, onData: (piece: Buffer) => boolean): number {
    let place = at
    while (place < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, place + this.#left)
        this.#left -= end - place
        if (this.#left === 0) this.#state = 'data-end'
        const piece = bytes.subarray(place, end)
        place = end
        if (!onData(piece)) return place
      } else place = this.#readLine(bytes, place)
    }
    return place
  }

  /** A line may come in any number of pieces; what there is of it is checked before the rest is waited for. */
  #readLine(bytes: Buffer, at: number): number {
    const found = bytes.indexOf(LF, at)
    const end = found === -1 ? bytes.length : found
    this.#line += bytes.toString('latin1', at, end)
    if (this.#line.length > MAX_LINE) throw broken('a line between chunks is too long')
    if (found === -1) {
      const carriage = this.#line.indexOf('\r')
      if (carriage !== -1 && carriage !== this.#line.length - 1) throw bareLineEnd()
      if (this.#state === 'data-end' && this.#line !== '\r') throw notAtItsEnd()
      return end
    }
    if (this.#line.charCodeAt(this.#line.length - 1) !== CR) throw bareLineEnd()
    const line = this.#line.slice(0, -1)
    this.#line = ''
    this.#take(line)
    return end + 1
  }

  #take(line: string): void {
    switch (this.#state) {
      case 'size':
        this.#takeSize(line)
        break
      case 'data-end':
        if (line !== '') throw notAtItsEnd()
        this.#state = 'size'
        break
      case 'trailer':
        if (line === '') this.#state = 'done'
        else this.#takeTrailer(line)
        break
      case 'data':
      case 'done':
        break
    }
  }

  #takeSize(line: string): void {
    const [, digits = '', extensions = ''] = SIZE.exec(line) ?? []
    if (digits === '' || !EXTENSIONS.test(extensions)) throw broken('the size of a chunk is not clear')
    this.#count(line.length - digits.replace(/^0+(?=.)/, '').length)
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailer' : 'data'
  }

  #takeTrailer(line: string): void {
    const name = TRAILER.exec(line)?.[1]
    if (name === undefined || NO_TRAILER.test(name)) throw broken('a trailer is not clear')
    this.#count(line.length)
  }

  #count(extra: number): void {
    this.#extra += extra
    if (this.#extra > MAX_EXTRA) throw broken('an answer has more around its chunks than in them')
  }
}

const bareLineEnd = (): Error => broken('a line between chunks does not end with CR LF')
const notAtItsEnd = (): Error => broken('a chunk does not end where its size says')
