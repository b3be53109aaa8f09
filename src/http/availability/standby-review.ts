import type { ServiceKind } from '../../routes/kinds.ts'
import { valuesOf } from '../header-list.ts'
import { remoteException } from './remote-exception.ts'
import type { AnswerHead, Change, Elsewhere, Hold, Reviewer } from '../review.ts'

const HOLD: Hold = { kind: 'hold', tooLong: 'pass' }
const HOLD_REDIRECT: Hold = { kind: 'hold', tooLong: 'refuse' }
const STANDBY: Elsewhere = { kind: 'elsewhere', cause: 'standby', otherwise: null }

/** Simple names of exceptions by which a server says that another one is to be asked; a router in safe mode, the first. */
const STANDBY_EXCEPTIONS: ReadonlySet<string> = new Set([
  'StandbyException',
  'ObserverRetryOnActiveException',
])
/** Where WebHDFS, its filters and the router report exceptions that matter here. */
const REPORTING: ReadonlySet<number> = new Set([401, 403, 500, 503])
const STANDBY_NOTE = /^(?:This is standby RM\.|Can not find any active RM\.)/
const NO_ACTIVE = 'There is no active RM right now.'

/**
 * Looks for answers of servers that are not the active one, or cannot serve yet.
 *
 * `SafeModeException` is none of them: who put the active NameNode into safe mode wants its callers to hear of it. The
 * safe mode after a start comes as a `RetriableException`.
 */
export const standbyReviewer = (kind: ServiceKind): Reviewer =>
  kind === 'resourcemanager' ? RESOURCE_MANAGERS : NAMENODES

const NAMENODES: Reviewer = {
  head(answer) {
    if (!REPORTING.has(answer.status)) return 'pass'
    return /^application\/json\b/i.test(headerOf(answer, 'content-type')) ? HOLD : 'pass'
  },
  whole(answer, { request }) {
    // Whether it is a standby's cannot be told without a body: only if another server turns out to be active.
    if (request.method === 'HEAD') return { kind: 'elsewhere', cause: 'retriable', otherwise: AS_IT_IS }
    const exception = remoteException(answer.body)
    if (exception === null) return 'pass'
    if (STANDBY_EXCEPTIONS.has(exception)) return STANDBY
    if (exception !== 'RetriableException') return 'pass'
    return { kind: 'elsewhere', cause: 'retriable', otherwise: comeAgain(answer) }
  },
}

const AS_IT_IS: Change = { kind: 'change' }

/** Clients of Hadoop read the exception, and all others the status. */
const comeAgain = ({ headers }: AnswerHead): Change => ({
  kind: 'change',
  status: 503,
  headers: [...headers, 'Retry-After', '1'],
})

/**
 * A standby ResourceManager sends callers to the active one, whose address and their own path it puts together
 * unchecked. It is never followed to where it points, and nobody else gets to see it: what it says is that it is not the
 * active one.
 *
 * Source: `RMWebAppFilter`.
 */
const RESOURCE_MANAGERS: Reviewer = {
  head(answer) {
    const { status, target } = answer
    // What an application says there is not the ResourceManager's word; a standby does not redirect it.
    if (/^\/proxy(?:[/?]|$)/.test(target)) return 'pass'
    if (status === 307) return HOLD_REDIRECT
    const isNote = status === 200 && Number(headerOf(answer, 'content-length') || Infinity) <= 64
    return isNote && /^text\/plain\b/i.test(headerOf(answer, 'content-type')) ? HOLD : 'pass'
  },
  whole(answer) {
    const text = answer.body.toString('latin1')
    const isStandby =
      answer.status === 307 ? isAway(answer) || STANDBY_NOTE.test(text) : text.trim() === NO_ACTIVE
    return isStandby ? STANDBY : 'pass'
  },
}

/** To the same path at another server; or, where it knows none, to the same page again. */
function isAway(answer: AnswerHead): boolean {
  const location = headerOf(answer, 'location')
  if (location === '') return headerOf(answer, 'refresh') !== ''
  const away = /^https?:\/\/[^/?#]+([^?#]*)/i.exec(location)
  return away !== null && away[1] === answer.target.split('?', 1)[0]
}

/** The first value; empty where there is none. */
const headerOf = ({ headers }: AnswerHead, name: string): string => valuesOf(headers, name)[0] ?? ''
