import { badParameter, joinParameters, type QueryParameter } from './query.ts'
import type { ReservedName } from './reserved.ts'
import type { CanonicalTarget } from './target.ts'

/**
 * What the query claims about who is calling; null for what it does not mention. `userName` may be empty; `locator` is
 * the sealed target of a second step, not yet opened.
 */
export interface IdentityParameters {
  readonly userName: string | null
  readonly doAs: string | null
  readonly delegation: string | null
  readonly locator: string | null
}

const NONE: IdentityParameters = { userName: null, doAs: null, delegation: null, locator: null }

/**
 * `namenoderpcaddress` is no identity of the caller, and a DataNode cannot work without it: it stays in the target.
 * The route table refuses it on every other daemon.
 */
const TAKEN: ReadonlySet<ReservedName | null> = new Set([
  'user.name',
  'doas',
  'delegation',
  'ugi',
  'nnaddr',
  'keddah-locator',
] as const)

/**
 * Takes every identity parameter out of a target. `ugi` and `nnaddr` are dropped: nobody is believed about them.
 *
 * Shape: `rest` is the target itself where it has none.
 * Errors: `ERR_HTTP_PARAMETER` (`empty_parameter`) for an empty `doas`: it is an error, not an absent one.
 */
export function takeIdentityParameters(target: CanonicalTarget): {
  readonly identity: IdentityParameters
  readonly rest: CanonicalTarget
} {
  let userName: string | null = null
  let doAs: string | null = null
  let delegation: string | null = null
  let locator: string | null = null
  let kept: QueryParameter[] | null = null
  for (const [index, parameter] of target.parameters.entries()) {
    if (!TAKEN.has(parameter.reserved)) {
      kept?.push(parameter)
      continue
    }
    kept ??= target.parameters.slice(0, index)
    if (parameter.reserved === 'user.name') userName = parameter.value
    else if (parameter.reserved === 'doas') doAs = parameter.value
    else if (parameter.reserved === 'delegation') delegation = parameter.value
    else if (parameter.reserved === 'keddah-locator') locator = parameter.value
  }
  if (kept === null) return { identity: NONE, rest: target }
  if (doAs === '') throw badParameter('empty_parameter', '`doas` is empty')
  const { path, segments } = target
  return {
    identity: { userName, doAs, delegation, locator },
    rest: { path, segments, parameters: kept, query: joinParameters(kept) },
  }
}

/**
 * Who a request is sent for. `delegation` speaks for itself, so nothing else is said beside it; null: there is none.
 */
export interface OwnIdentity {
  readonly userName: string | null
  readonly doAs: string | null
  readonly delegation?: string | null
}

/**
 * The target that is sent: what was decided on, and our own identity, each name exactly once.
 *
 * Shape: identity parameters that are still in the target are left out; null puts none in. Names are UTF-8,
 * percent-encoded.
 * Errors: `ERR_HTTP_PARAMETER` (`user_name`) for a name that is no Unicode text.
 */
export function targetText(target: CanonicalTarget, own: OwnIdentity): string {
  const { path, query } = takeIdentityParameters(target).rest
  const { delegation = null } = own
  let text = query
  if (delegation !== null)
    return `${path}?${text}${text === '' ? '' : '&'}delegation=${encodeURIComponent(delegation)}`
  if (own.userName !== null) text = `${text}${text === '' ? '' : '&'}user.name=${encodeName(own.userName)}`
  if (own.doAs !== null) text = `${text}${text === '' ? '' : '&'}doas=${encodeName(own.doAs)}`
  return text === '' ? path : `${path}?${text}`
}

function encodeName(name: string): string {
  if (!name.isWellFormed()) throw badParameter('user_name', 'a user name is not Unicode text')
  return encodeURIComponent(name)
}
