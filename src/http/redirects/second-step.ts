import { ProtocolError } from '../../errors.ts'
import type { ProtocolReason } from '../../errors/reasons.ts'
import type { Identity } from '../../identity/identifier.ts'
import type { QueryParameter } from '../../routes/query.ts'
import { NO_LINK, secondStepRoute } from '../../routes/second-step-route.ts'
import type { Route } from '../../routes/table.ts'
import type { CanonicalTarget, IdentityParameters, OwnIdentity } from '../../routes/target.ts'
import type { Locator, Locators } from './locator.ts'
import type { ProtectedService } from '../service.ts'

/** A second step whose locator was opened. `op` of the route is never null here. */
export interface SecondStep {
  readonly route: Route
  readonly locator: Locator
}

/** What a client chooses about its operation. Java's client adds an `offset` to the URL it was given when it seeks. */
const CHOICES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'CREATE',
    new Set([
      'permission',
      'unmaskedpermission',
      'overwrite',
      'buffersize',
      'replication',
      'blocksize',
      'createparent',
      'createflag',
    ]),
  ],
  ['APPEND', new Set(['buffersize'])],
  ['OPEN', new Set(['offset', 'length', 'buffersize'])],
  ['GETFILECHECKSUM', new Set()],
])

/** Whether a first step asks for its answer in the body, or might be understood to. */
export const wantsBody = ({ parameters }: CanonicalTarget): boolean =>
  parameters.some(({ name, value }) => name.toLowerCase() === 'noredirect' && value.toLowerCase() !== 'false')

/** Names in the URL of a NameNode that no client is expected to choose: they are sealed, and only they are taken. */
export function unusualNames(op: string, { parameters }: CanonicalTarget): string[] {
  const choices = CHOICES.get(op)
  return parameters.flatMap(({ name, reserved }) =>
    reserved !== null || choices?.has(name.toLowerCase()) === true ? [] : [name.toLowerCase()],
  )
}

/**
 * Opens the locator of a second step.
 *
 * Errors: `ERR_HTTP_LOCATOR` where it is forged, expired, or was made for another service, operation or path;
 * `ERR_HTTP_PARAMETER` (`forbidden_parameter`) for what a client may not say beside it.
 */
export function openSecondStep(
  service: ProtectedService,
  locators: Locators,
  request: { readonly method: string; readonly target: CanonicalTarget; readonly sealed: string },
): SecondStep {
  const { method, target, sealed } = request
  const route = secondStepRoute(service, method, target)
  if (route === null) throw refused(NO_LINK.reason, NO_LINK.message)
  const locator = locators.open(sealed, { service: service.name, op: route.op, path: target.path })
  if (locator === 'locator_expired') throw refused(locator, 'the link has expired: ask the NameNode again')
  if (locator === 'locator_invalid') throw refused(locator, 'the link is not for this request')
  checkParameters(route.op, target.parameters, locator.parameters)
  return { route, locator }
}

function checkParameters(op: string, parameters: readonly QueryParameter[], sealed: readonly string[]): void {
  const choices = CHOICES.get(op)
  for (const { name, reserved } of parameters) {
    const folded = name.toLowerCase()
    const isTaken = reserved === null ? choices?.has(folded) || sealed.includes(folded) : reserved === 'op'
    if (!isTaken)
      throw new ProtocolError(
        'ERR_HTTP_PARAMETER',
        'forbidden_parameter',
        'a parameter is not taken beside a `keddah-locator`',
      )
  }
}

/**
 * Who makes a second step: who made the first one. DataNodes ask nobody, so a client need not say; what it says must
 * not be another.
 *
 * Errors: `ERR_HTTP_LOCATOR` (`locator_user`).
 */
export function checkSameCaller(
  { identity }: Locator,
  caller: Identity | null,
  claims: IdentityParameters,
): Identity {
  const { userName, doAs } = claims
  const isSame =
    caller === null || caller.anonymous
      ? userName === null || userName === identity.user || userName === identity.principal
      : caller.user === identity.user
  const isSameDoAs = doAs === null || doAs === identity.doAs || doAs === identity.doAsPrincipal
  if (isSame && isSameDoAs) return identity
  throw refused('locator_user', 'the link was made for another user')
}

/** What is sent to the DataNode: the target, the NameNode in it, and who it is for. */
export function stepTarget(
  { locator }: SecondStep,
  target: CanonicalTarget,
): { readonly target: CanonicalTarget; readonly identity: OwnIdentity } {
  const { identity, nameNode, delegation } = locator
  const own =
    delegation === null
      ? { userName: identity.user, doAs: identity.doAs }
      : { userName: null, doAs: null, delegation }
  if (nameNode === null) return { target, identity: own }
  const name = 'namenoderpcaddress'
  const text = `${name}=${encodeURIComponent(nameNode).replaceAll('%3A', ':')}`
  const parameter = { name, value: nameNode, text, reserved: name } as const
  return {
    target: {
      ...target,
      parameters: [...target.parameters, parameter],
      query: `${target.query}&${text}`,
    },
    identity: own,
  }
}

const refused = (reason: ProtocolReason, message: string): ProtocolError =>
  new ProtocolError('ERR_HTTP_LOCATOR', reason, message)
