/**
 * How servers written in Java read the target of a request: Jetty for the path, servlets and WebHDFS for the query. It
 * shares no line with the product. What depends on who reads is not decided here but told: `doubts`.
 */
export interface JavaTarget {
  /** Decoded, dot segments resolved, without empty segments. */
  readonly segments: readonly string[]
  /** What WebHDFS or its filters look for, by the name in lower case. */
  readonly reserved: ReadonlyMap<string, string>
  /** All others, in order. */
  readonly others: readonly string[]
  /** There is no dot segment to resolve, which some servers do and others do not. */
  readonly isResolved: boolean
  /** In what two readers would differ. */
  readonly doubts: readonly string[]
}

const RESERVED = ['user.name', 'doas', 'delegation', 'ugi', 'nnaddr', 'namenoderpcaddress', 'op', 'token']

/** `URLDecoder`: bytes that are no UTF-8 become U+FFFD; null where a `%` has no two digits. */
function decode(text: string): string | null {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return null
  const plain = Buffer.from(text, 'utf8').toString('latin1')
  const bytes = plain.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** `String.toLowerCase` and `equalsIgnoreCase` together: whatever either of them takes for the same. */
const fold = (text: string): string => text.toUpperCase().toLowerCase().normalize('NFKC')

function resolve(parts: readonly string[], doubts: string[]): string[] {
  const left: string[] = []
  for (const part of parts) {
    if (part === '' || part === '.') continue
    if (part !== '..') left.push(part)
    else if (left.pop() === undefined) doubts.push('leads above the root')
  }
  return left
}

const depthOf = (path: string): number => resolve(path.split('/'), []).length

function readPath(path: string, doubts: string[]): readonly string[] {
  if (/\/\//.test(path)) doubts.push('an empty segment')
  if (/[;\\#]|%5c|%2f/i.test(path)) doubts.push('a separator of some reader')
  const whole = decode(path)
  if (whole === null || whole.includes('\ufffd')) doubts.push('escapes that are none')
  if (/\p{Cc}/u.test(whole ?? '')) doubts.push('a control character')
  const again = whole === null ? null : decode(whole)
  if (again !== null && (/[\\\p{Cc}]/u.test(again) || depthOf(again) !== depthOf(whole ?? '')))
    doubts.push('another path when it is decoded twice')
  // One decodes and splits, another one splits, cuts parameters off and decodes.
  const decodedFirst = resolve((whole ?? '').split('/'), doubts)
  const splitFirst = resolve(
    path.split('/').map((part) => decode(part.replace(/;.*/, '')) ?? ''),
    doubts,
  )
  if (decodedFirst.join('\n') !== splitFirst.join('\n')) doubts.push('decoded before or after it is split')
  return splitFirst
}

/** Reads a target of origin form. */
export function readJavaTarget(target: string): JavaTarget {
  const doubts: string[] = []
  if (!target.startsWith('/')) doubts.push('no path')
  const mark = target.indexOf('?')
  const segments = readPath(mark === -1 ? target : target.slice(0, mark), doubts)
  const reserved = new Map<string, string>()
  const others: string[] = []
  for (const piece of mark === -1 ? [] : target.slice(mark + 1).split('&')) {
    if (piece === '') continue
    const [, rawName = '', rawValue = ''] = /^([^=]*)(?:=(.*))?$/s.exec(piece) ?? []
    const name = decode(rawName.replaceAll('+', ' '))
    const value = decode(rawValue.replaceAll('+', ' '))
    if (name === null || value === null || /\ufffd/.test(name + value)) doubts.push('escapes that are none')
    const folded = fold(name ?? '').trim()
    if (!RESERVED.includes(folded)) {
      others.push(`${name}=${value}`)
      continue
    }
    if (reserved.has(folded)) doubts.push(`${folded} twice`)
    if (/[;\p{Cc}]/u.test(value ?? '')) doubts.push(`${folded} in pieces`)
    reserved.set(folded, value ?? '')
  }
  const isResolved = !/\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(target.slice(0, mark === -1 ? undefined : mark))
  return { segments, reserved, others, isResolved, doubts }
}
