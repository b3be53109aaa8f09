/** Blanks of HTML, and nothing that may be part of another character: a page is read as bytes. */
const BLANK = String.raw`\t\n\f\r `
/** What may stand before a link that is the value of an attribute. */
const BEFORE = `["'=${BLANK}]`
const SCHEME = '(?:https?:)'
const AUTHORITY = String.raw`[A-Za-z0-9._:[\]-]`
/** A name of 253 characters and a port, or an IPv6 address in brackets. */
const MAX_AUTHORITY = 260

/** What might become a link once more of the text is there, with the character before it. */
const BEGINNING = new RegExp(
  `${BEFORE}(?:h|ht|htt|https?|${SCHEME}?(?:/|//${AUTHORITY}{0,${MAX_AUTHORITY}})?)$`,
  'i',
)
const MAX_BEGINNING = 1 + 'https://'.length + MAX_AUTHORITY

const DEFAULT_PORTS: ReadonlyMap<string, string> = new Map([
  ['http:', ':80'],
  ['https:', ':443'],
])

/**
 * Which links on the pages of one service lead to Keddah: those to its own upstreams, and those to upstreams of other
 * services that say where browsers reach them.
 *
 * They are looked for by name, for whoever makes a page may fill it with links to elsewhere: these cost nothing.
 */
export class PageLinks {
  /** Null: to the service's own listener. */
  readonly #places = new Map<string, string | null>()
  readonly #pattern: RegExp

  /** `own` are origins; `others` leads from origins to origins, and what is in both is the service's own. */
  constructor(own: readonly string[], others: ReadonlyMap<string, string>) {
    for (const [upstream, place] of others) this.#add(upstream, place)
    for (const upstream of own) this.#add(upstream, null)
    const authorities = [...this.#places.keys()].map((origin) => RegExp.escape(origin.replace(/^.*\/\//, '')))
    // What ends an origin can be part of none: neither `http://rm1:80881/` nor `http://rm1:8088@evil/` is `http://rm1:8088`.
    this.#pattern = new RegExp(
      `(?<=${BEFORE})(${SCHEME}?)//(${[...new Set(authorities)].join('|')})(?=[/?#"'<>${BLANK}])`,
      'gi',
    )
  }

  #add(origin: string, place: string | null): void {
    const { protocol, port } = new URL(origin)
    this.#places.set(origin, place)
    if (port === '') this.#places.set(origin + (DEFAULT_PORTS.get(protocol) ?? ''), place)
  }

  /** `listener` is the origin of the service's own; `scheme` that of links without one, as in `http:`. */
  rewrite(text: string, listener: string, scheme: string): string {
    return text.replace(this.#pattern, (link: string, written: string, authority: string) => {
      const place = this.#places.get(`${written || scheme}//${authority}`.toLowerCase())
      return place === undefined ? link : (place ?? listener)
    })
  }
}

/** The end of a text in which a link may begin, at most a few hundred characters; empty where none does. */
export const beginningAtEnd = (text: string): string => BEGINNING.exec(text.slice(-MAX_BEGINNING))?.[0] ?? ''
