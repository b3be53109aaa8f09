import type { BodyFilter } from '../review.ts'
import { beginningAtEnd, type PageLinks } from './page-links.ts'

/**
 * Leads links of one page to where clients reach their servers; all else goes through byte for byte.
 *
 * Not more than the beginning of one link is kept from one piece to the next, and every piece is read once, whatever is
 * in it.
 */
export class LinkFilter implements BodyFilter {
  readonly #links: PageLinks
  readonly #listener: string
  readonly #scheme: string
  #kept = ''

  /** `listener` is the origin of Keddah as the client knows it, `scheme` that under which the page was read, as in `http:`. */
  constructor(links: PageLinks, listener: string, scheme: string) {
    this.#links = links
    this.#listener = listener
    this.#scheme = scheme
  }

  next(piece: Buffer): Buffer {
    const before = this.#kept
    const text = before + piece.toString('latin1')
    const written = this.#links.rewrite(text, this.#listener, this.#scheme)
    // No link is in what is kept, for none has ended there: it is the end of both texts.
    const kept = beginningAtEnd(text)
    this.#kept = kept
    if (before === '' && written === text) return piece.subarray(0, piece.length - kept.length)
    return Buffer.from(written.slice(0, written.length - kept.length), 'latin1')
  }

  end(last: Buffer | null): Buffer {
    const rest = last === null ? [] : [this.next(last)]
    const kept = Buffer.from(this.#kept, 'latin1')
    this.#kept = ''
    return Buffer.concat([...rest, kept])
  }
}
