/** Cookies that say who somebody is: those of Hadoop's filters, and the plain one of YARN's web proxy. */
const IDENTITY: ReadonlySet<string> = new Set(['hadoop.auth', 'hadoop-jwt', 'proxy-user'])

/** What servers disregard around a name. */
const PADDING = /[\s"']/

/**
 * The name of a cookie pair, folded; servers differ in blanks and quotes around it, none of which makes it another.
 * The end is walked, not matched: an expression that looks for the end from every blank takes seconds for a long line.
 */
function nameOf(pair: string): string {
  const equals = pair.indexOf('=')
  let end = equals === -1 ? pair.length : equals
  while (end > 0 && PADDING.test(pair.charAt(end - 1))) end -= 1
  return pair
    .slice(0, end)
    .replace(/^[\s"'$]+/, '')
    .toLowerCase()
}

const mayNameIdentity = (text: string): boolean => /hadoop|proxy/i.test(text)

/**
 * The cookies that may go to an upstream.
 *
 * Shape: `lines` are all `Cookie` lines; null where nothing is left. A line that holds a quote which is still open is
 * dropped as a whole where it mentions such a name: Jetty reads `"` over `;`, others do not.
 */
export function cookiesForUpstream(lines: readonly string[]): string | null {
  const kept: string[] = []
  for (const line of lines) {
    if (!mayNameIdentity(line)) {
      kept.push(line)
      continue
    }
    // RFC 2965 also separated cookies by commas, and some servers still do.
    if (line.split(/[;,]/).every((pair) => !IDENTITY.has(nameOf(pair)))) {
      kept.push(line)
      continue
    }
    if (line.includes('"') && !isBalanced(line)) continue
    const rest = line
      .split(';')
      .filter((pair) => pair.split(',').every((part) => !IDENTITY.has(nameOf(part))))
    const text = rest
      .map((pair) => pair.trim())
      .filter((pair) => pair !== '')
      .join('; ')
    if (text !== '') kept.push(text)
  }
  return kept.length === 0 ? null : kept.join('; ')
}

/** Quotes belong to whole values: what stands between two of them has no separator. */
const isBalanced = (line: string): boolean =>
  line.split(';').every((pair) => pair.split('"').length % 2 === 1)

/** Reports whether a `Set-Cookie` line of an upstream would give a client an identity. */
export const setsIdentity = (line: string): boolean =>
  mayNameIdentity(line) && IDENTITY.has(nameOf(line.split(';', 1)[0] ?? ''))
