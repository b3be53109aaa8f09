import { UnavailableError } from '../../errors.ts'
import { isNameNode } from '../../hadoop/hdfs-addresses.ts'
import type { Identity } from '../../identity/identifier.ts'
import { type DataNodeUrl, originText, readDataNodeUrl } from '../../routes/data-node-url.ts'
import type { Exchange } from '../exchange.ts'
import { guardLinks, guardLocation, guardRefresh, serverIn } from './location.ts'
import { ownOrigin } from './own-origin.ts'
import type { AnswerHead, Change, Refuse, Reviewer, WholeAnswer } from '../review.ts'
import { unusualNames } from './second-step.ts'

/**
 * A request whose answer is to say where the contents of a file are read or written, and who has made it; `isInBody`
 * where it asks to be told in the body.
 */
export interface FirstStep {
  readonly op: string
  readonly isInBody: boolean
  readonly identity: Identity
}

type Verdict = 'pass' | Omit<Change, 'body'> | Refuse

/**
 * Lets no answer lead a client past Keddah.
 *
 * The `Location` of a first step, in the header or in the JSON that `noredirect=true` asks for, becomes a link to this
 * listener; any other link passes if it stays here, and is mapped back if it names an upstream. What leads elsewhere is
 * not handed out (`ERR_UPSTREAM_REDIRECT`), unless the service only observes. What no client has to follow
 * (`Content-Location`, `Link`) is left out where it leads elsewhere: a token may be in it, and the answer is right without.
 */
export const REDIRECTS: Reviewer = {
  head(answer, exchange) {
    const isInBody = exchange.firstStep?.isInBody === true && answer.status === 200
    if (isInBody && exchange.request.method !== 'HEAD') return { kind: 'hold', tooLong: 'refuse' }
    return reviewLinks(answer, exchange)
  },
  whole(answer, exchange) {
    const links = reviewLinks(answer, exchange)
    if (links !== 'pass' && links.kind === 'refuse') return links
    const body = reviewBody(answer, exchange)
    return body === 'pass' || links === 'pass' || body.kind === 'refuse' ? body : { ...links, ...body }
  },
}

function reviewLinks({ headers }: AnswerHead, exchange: Exchange): Verdict {
  let changed: string[] | null = null
  let leavesOut = false
  for (let at = 0; at < headers.length; at += 2) {
    const guard = guardOf(headers[at] ?? '')
    if (guard === null) continue
    const value = headers[at + 1] ?? ''
    const link = guard.guard(value, exchange)
    if (link === value) continue
    if (link === null) {
      const verdict = stopped(value, exchange)
      if (verdict === 'pass') continue
      if (guard.isFollowed) return verdict
      leavesOut = true
    }
    changed ??= [...headers]
    changed[at + 1] = link ?? LEFT_OUT
  }
  if (changed === null) return 'pass'
  return { kind: 'change', headers: leavesOut ? withoutLeftOut(changed) : changed }
}

/** No value of a header: there is no such character in one. */
const LEFT_OUT = '\0'
const withoutLeftOut = (headers: readonly string[]): string[] =>
  headers.filter((_, at) => headers[at | 1] !== LEFT_OUT)

/** How one header is seen to; `isFollowed`: a client goes where it leads. */
interface Guard {
  readonly isFollowed: boolean
  guard(value: string, exchange: Exchange): string | null
}

const guarded = (guard: typeof guardLocation, isFollowed: boolean): Guard => ({
  isFollowed,
  guard: (value, exchange) => guard(value, ownOrigin(exchange), exchange.door.service.upstreams),
})

const GUARDS: ReadonlyMap<string, Guard> = new Map<string, Guard>([
  ['location', { isFollowed: true, guard: linkOf }],
  ['refresh', guarded(guardRefresh, true)],
  ['content-location', guarded(guardLocation, false)],
  ['link', guarded(guardLinks, false)],
])
const LENGTHS: ReadonlySet<number> = new Set([...GUARDS.keys()].map(({ length }) => length))

/** Most headers are told from these by their length. */
const guardOf = (name: string): Guard | null =>
  LENGTHS.has(name.length) ? (GUARDS.get(name.toLowerCase()) ?? null) : null

/** Other keys beside `Location` are nothing that any NameNode sends, and could hold another address. */
function reviewBody({ body }: WholeAnswer, exchange: Exchange): 'pass' | Change | Refuse {
  const value = locationIn(body)
  if (value === null) return stopped('', exchange)
  const link = linkOf(value, exchange)
  if (link === null) return stopped(value, exchange)
  return { kind: 'change', body: Buffer.from(JSON.stringify({ Location: link })) }
}

function locationIn(body: Buffer): string | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    if (typeof value !== 'object' || value === null || !('Location' in value)) return null
    return typeof value.Location === 'string' ? value.Location : null
  } catch {
    return null
  }
}

function linkOf(value: string, exchange: Exchange): string | null {
  const { firstStep, door } = exchange
  const url = firstStep === null ? null : readDataNodeUrl(value)
  const { upstreams } = door.service
  const isBack = url !== null && upstreams.includes(new URL(originText(url.server)).origin)
  // Not even a client that names a DataNode as its `Host` gets the bare URL: a token may be in it.
  if (firstStep === null || url === null || url.op !== firstStep.op || isBack)
    return guardLocation(value, ownOrigin(exchange), upstreams)
  return secondStepLink(url, firstStep, exchange)
}

/** The same URL at this listener, with everything sealed that a client must neither see nor choose. */
function secondStepLink(url: DataNodeUrl, { op, identity }: FirstStep, exchange: Exchange): string | null {
  const { service, dependencies } = exchange.door
  const { server, target, nameNode, delegation } = url
  const isKnown =
    service.nameNodes.size === 0 || (nameNode !== null && isNameNode(service.nameNodes, nameNode))
  if (!isKnown || !service.dataNodes.mayBe(server)) return null
  const locator = {
    dataNode: originText(server),
    nameNode,
    delegation,
    identity,
    parameters: unusualNames(op, target),
  }
  const sealed = dependencies.locators().seal(locator, { service: service.name, op, path: target.path })
  return `${ownOrigin(exchange)}${target.path}?${target.query}&keddah-locator=${sealed}`
}

function stopped(value: string, exchange: Exchange): 'pass' | Refuse {
  const { door, id } = exchange
  door.strayed(serverIn(value), id)
  // It was to be forwarded as if nobody stood here.
  if (door.service.enforcement === 'observe') return 'pass'
  const message = 'the upstream sends its clients to a server that is not known'
  return {
    kind: 'refuse',
    error: new UnavailableError('ERR_UPSTREAM_REDIRECT', message, { retryable: false }),
  }
}
