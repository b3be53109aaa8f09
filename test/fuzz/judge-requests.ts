import type { AuditEntry } from '../../src/telemetry/audit.ts'
import { type JavaTarget, readJavaTarget } from '../support/wire/java-target.ts'
import { readRequests, readWireAnswers, type WireRequest } from '../support/wire/messages.ts'
import type { Outcome } from './arena.ts'
import { CANARY } from './bytes.ts'
import type { MadeUp } from './requests.ts'

/** What Keddah takes off on its way, and what it writes itself. */
const NOT_COMPARED = ['user.name', 'doas', 'delegation', 'ugi', 'nnaddr']

/**
 * What is wrong with what came of the bytes of a client; nothing: empty.
 *
 * The bytes that arrived and the bytes that were sent are read by readers of our own. Each request that arrived was
 * decided on as what it is, in that order; it is one of those that were sent, with the same body and the same meaning.
 */
export function judgeRequests({ bytes: sent, isDamaged }: MadeUp, outcome: Outcome): readonly string[] {
  const { reached, reachedBytes, faults, decided } = outcome
  const wrong = [...faults]
  const arrived = reached.some(holdsAsData) ? JSON.stringify(reached.map(headOf)) : reachedBytes
  if (!isDamaged && arrived.includes(CANARY)) wrong.push('something arrived that has to be taken off')
  wrong.push(
    ...judgeDecisions(reached, decided),
    ...judgeOrigin(sent, reached),
    ...judgeAnswers(sent, outcome),
  )
  return wrong
}

/**
 * A chunk of the wrong size has what comes behind it in its data, and a `;` makes one value of several parameters: that
 * is the client's own.
 */
const holdsAsData = ({ body, target }: WireRequest): boolean =>
  body.includes(CANARY) || readJavaTarget(target).others.some((text) => text.includes(CANARY))

const headOf = ({ target, fields }: WireRequest): unknown => [...readJavaTarget(target).reserved, ...fields]

/** Requests that were allowed and did not arrive are those whose body never came. */
function judgeDecisions(reached: readonly WireRequest[], decided: readonly AuditEntry[]): readonly string[] {
  const allowed = decided.filter(({ effect, enforced }) => effect === 'allow' || !enforced)
  let at = 0
  for (const request of reached) {
    while (at < allowed.length && differenceOf(request, allowed[at]) !== null) at += 1
    if (at === allowed.length) {
      const why = allowed.map((entry) => differenceOf(request, entry) ?? '').join('; ')
      return [`arrived, and was not decided on: ${lineOf(request)} (${why})`]
    }
    at += 1
  }
  return []
}

function differenceOf(request: WireRequest, entry: AuditEntry | undefined): string | null {
  if (entry === undefined) return 'nothing'
  const { segments, reserved, isResolved, doubts } = readJavaTarget(request.target)
  if (!isResolved) return 'a dot segment'
  if (doubts.length > 0) return doubts.join()
  const [path = ''] = request.target.split('?')
  if (request.method !== entry.method) return `method ${entry.method}`
  if (path !== entry.path) return `path ${entry.path}`
  const isFile = segments[0] === 'webhdfs' && segments[1] === 'v1'
  // Where a service only observes, what no route takes is sent on as well, and nothing is said of its operation.
  const isListed = isFile && (entry.op !== null || entry.enforced)
  if (isListed && (reserved.get('op') ?? '').toUpperCase() !== entry.op) return `op ${entry.op}`
  // Pages of a NameNode are of other keys, or of the same, or need none; files are always of this one.
  if (reserved.has('delegation')) return 'a token'
  if (isListed && entry.effect === 'allow' && entry.key !== 'security.client.protocol.acl')
    return `key ${entry.key}`
  const doAs = entry.realUser === null ? null : entry.user
  if ((reserved.get('user.name') ?? null) !== (entry.realUser ?? entry.user)) return `user ${entry.user}`
  if ((reserved.get('doas') ?? null) !== doAs) return `acts for ${doAs}`
  return null
}

/** Each is one of those that were sent, in order, however the bytes between them can be read. */
function judgeOrigin(sent: string, reached: readonly WireRequest[]): readonly string[] {
  const { messages } = readRequests(sent, { skipsEmptyLines: true })
  let at = 0
  for (const request of reached) {
    while (at < messages.length && !isSame(messages[at], request)) at += 1
    if (at === messages.length) return [`arrived, and was not sent: ${lineOf(request)}`]
    at += 1
  }
  return []
}

function isSame(sent: WireRequest | undefined, arrived: WireRequest): boolean {
  if (sent === undefined || sent.method !== arrived.method) return false
  const isBodySame = arrived.isComplete ? sent.isComplete && sent.body === arrived.body : true
  if (!isBodySame || (sent.isComplete && !sent.body.startsWith(arrived.body))) return false
  const one = readJavaTarget(sent.target)
  const other = readJavaTarget(arrived.target)
  if (one.doubts.length > 0) return false
  return meaning(one) === meaning(other)
}

function meaning({ segments, reserved, others }: JavaTarget): string {
  const kept = [...reserved]
    .filter(([name]) => !NOT_COMPARED.includes(name))
    .map(([name, value]) => `${name}=${value}`)
  return JSON.stringify([segments, kept.sort((one, other) => (one < other ? -1 : 1)), others])
}

/** Every answer is whole, in order, and for the request that it says it is for. */
function judgeAnswers(sent: string, { received, isReset, reached }: Outcome): readonly string[] {
  const heads = sent.includes('HEAD') ? 16 : 1
  let best: readonly string[] = []
  // Only Keddah knows which answer is for a HEAD, where the requests can be read in several ways: any way will do.
  for (let mask = 0; mask < heads; mask += 1) {
    const methodOf = (index: number): string => ((mask >> index) & 1 ? 'HEAD' : 'GET')
    const reading = readWireAnswers(received, !isReset, methodOf)
    best = judgeReading(reading, reached)
    if (best.length === 0) break
  }
  return best.map((text) => `${text}: ${JSON.stringify(received.slice(0, 2_000))}`)
}

function judgeReading(
  { messages, violation }: ReturnType<typeof readWireAnswers>,
  reached: readonly WireRequest[],
): readonly string[] {
  if (violation !== null) return [`the client was sent ${violation}`]
  const seen = messages
    .filter(({ status, body }) => status === 200 && body !== '')
    .map(({ body, isComplete }) => (isComplete ? body : 'half'))
  const late = seen.filter((text, at) => text !== 'half' && !(Number(text.slice('seen '.length)) >= at))
  if (late.length > 0) return [`an answer is not where it belongs: ${seen.join()}`]
  if (seen.length > reached.length) return ['more answers than requests']
  if (new Set(seen).size < seen.length) return [`an answer came twice: ${seen.join()}`]
  return []
}

const lineOf = ({ method, target, body, isComplete }: WireRequest): string =>
  JSON.stringify({ method, target, body: body.slice(0, 200), isComplete })
