import { valueOf, valuesOf } from '../header-list.ts'
import { ownOrigin } from '../redirects/own-origin.ts'
import type { AnswerHead, Reviewer } from '../review.ts'
import { isBodiless } from '../upstream/answer-head.ts'
import { LinkFilter } from './link-filter.ts'

/**
 * Keeps browsers on Keddah: links of a daemon's pages that name an upstream lead to the listener in front of it.
 *
 * Only HTML on routes that are pages is touched; data, downloads, parts and what is encoded pass as they are. The page
 * is another one then, and depends on who asks for it under which name: what vouches for its bytes is left out.
 */
export const PAGE_LINKS: Reviewer = {
  head(answer, exchange) {
    if (exchange.route?.kind !== 'ui') return 'pass'
    const { pageLinks } = exchange.door.service
    if (pageLinks === null || !isPage(answer)) return 'pass'
    const { protocol } = new URL(answer.upstream)
    return {
      kind: 'change',
      headers: answer.headers.filter((_, at) => !OF_BYTES.has((answer.headers[at & ~1] ?? '').toLowerCase())),
      filter: new LinkFilter(pageLinks, ownOrigin(exchange), protocol),
    }
  },
  whole: () => 'pass',
}

/** Asks for a page that can be read: an upstream that encodes it all the same has its links left as they are. */
export function wantPlain(headers: string[]): void {
  const others = headers.filter((_, at) => headers[at & ~1]?.toLowerCase() !== 'accept-encoding')
  headers.splice(0, headers.length, ...others, 'Accept-Encoding', 'identity')
}

/** Length, digests and validators of a body, and that parts of it may be asked for. */
const OF_BYTES: ReadonlySet<string> = new Set([
  'content-length',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'etag',
  'last-modified',
  'accept-ranges',
])

const PART = 206

function isPage({ status, headers }: AnswerHead): boolean {
  if (isBodiless(status) || status === PART) return false
  if (!/^text\/html *(?:;|$)/i.test(valueOf(headers, 'content-type') ?? '')) return false
  const isEncoded = valuesOf(headers, 'content-encoding').some(
    (coding) => coding.toLowerCase() !== 'identity',
  )
  return !isEncoded && valuesOf(headers, 'content-disposition').length === 0
}
