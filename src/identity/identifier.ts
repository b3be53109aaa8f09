/**
 * Who is calling? The authenticators are asked in the order in which they are configured, and each has three
 * answers:
 *
 * - a **subject**: these credentials are mine, and this is who they belong to;
 * - ***not mine***: nothing here that I know; the next one is asked;
 * - an **error**: these credentials are mine, and they are wrong. The request ends; no other authenticator gets
 *   to make something of it.
 *
 * Nobody's: `anonymousUser`, if one is configured, who is then decided like any user; else 401 with every
 * challenge.
 *
 * A request has one identity. If a second authenticator knows somebody else, or if `user.name` names somebody
 * else than who was authenticated, the request is refused (`identity_conflict`): taking the first would be a guess
 * about which of the two the caller meant, and Hadoop refuses it as well (`Usernames not matched`).
 *
 * Whether one user may act for another is decided in `decision/`; here `doas` is only read and checked as a name.
 * Host names of the caller are not looked up: `Origin.names` stays empty until principals with `_HOST` need them.
 */

import { AuthenticationError, ConfigError, ProtocolError } from '../errors.ts'
import type { AuthMethod, Subject } from '../hadoop/subject.ts'
import type { Authenticated, Authenticator, CredentialView } from './authenticator.ts'
import { readUser, shownName, type UserNames } from './names.ts'

/**
 * Who is calling, and for whom.
 *
 * Shape: `principal` is the full name, `user` the short one; `doAs` is the short name of the effective user and
 * `doAsPrincipal` its full name as sent, both null where nobody is impersonated; `anonymous` says that nobody
 * authenticated and `user` is the configured stand-in.
 */
export interface Identity {
  readonly principal: string
  readonly user: string
  readonly method: AuthMethod
  readonly doAs: string | null
  readonly doAsPrincipal: string | null
  readonly anonymous: boolean
}

/**
 * Answers who is calling. Synchronous where every authenticator is.
 *
 * Errors: `AuthenticationError` (the edge adds `challenges`); `ProtocolError` with the reasons `user_name`,
 * `doas`, `identity_conflict`, `duplicate_header`.
 */
export interface Identifier {
  readonly managedHeaders: readonly string[]
  readonly challenges: readonly string[]
  identify(view: CredentialView): Identity | Promise<Identity>
}

/** What an identifier is made of; the order of `authenticators` is the order in which they are asked. */
export interface IdentifierOptions {
  readonly authenticators: readonly Authenticator[]
  readonly anonymousUser: string | null
  readonly names: UserNames
}

/**
 * Puts the configured authenticators into one.
 *
 * Errors: `ERR_CONFIG_SETTINGS` where `anonymousUser` cannot be a user name.
 */
export function createIdentifier(options: IdentifierOptions): Identifier {
  const { authenticators, names } = options
  const anonymous = options.anonymousUser === null ? null : anonymousIdentity(options.anonymousUser, names)
  const settle = (view: CredentialView, answers: readonly (Authenticated | null)[]): Identity =>
    withDoAs(oneOf(view, answers, names) ?? nobody(view, anonymous), view.parameters.doAs, names)

  return {
    managedHeaders: [...new Set(authenticators.flatMap(({ managedHeaders }) => managedHeaders))],
    challenges: authenticators.flatMap(({ challenge }) => (challenge === null ? [] : [challenge])),
    identify(view) {
      const answers = askAll(authenticators, view)
      if (areReady(answers)) return settle(view, answers)
      return Promise.all(answers.map(async (answer) => answer)).then((settled) => settle(view, settled))
    },
  }
}

/**
 * Names the user whose groups count and whom the lists are about: the effective user, under `doas` the other one.
 */
export function effectiveUser(identity: Identity): string {
  return identity.doAs ?? identity.user
}

/**
 * Builds the subject of a decision.
 *
 * Shape: `groups` are those of the effective user; null means that the look-up failed. Under `doas` the subject is
 * the effective user with method PROXY, and the caller is its `realUser`, whose groups are never asked for and
 * stand as none.
 * Source: org.apache.hadoop.security.UserGroupInformation#createProxyUser.
 */
export function subjectOf(identity: Identity, groups: readonly string[] | null): Subject {
  const { user, principal, method, doAs } = identity
  if (doAs === null) return { user, principal, method, groups, realUser: null }
  return {
    user: doAs,
    principal: identity.doAsPrincipal ?? doAs,
    method: 'PROXY',
    groups,
    realUser: { user, principal, method, groups: [], realUser: null },
  }
}

type Answer = ReturnType<Authenticator['authenticate']>

/** An error ends the request; an answer still under way is then nobody's, and must not bring the process down. */
function askAll(authenticators: readonly Authenticator[], view: CredentialView): Answer[] {
  const answers: Answer[] = []
  try {
    for (const authenticator of authenticators) answers.push(authenticator.authenticate(view))
  } catch (error) {
    for (const answer of answers) if (answer instanceof Promise) answer.catch(() => null)
    throw error
  }
  return answers
}

const areReady = (answers: readonly Answer[]): answers is readonly (Authenticated | null)[] =>
  !answers.some((answer) => answer instanceof Promise)

function anonymousIdentity(name: string, names: UserNames): Identity {
  const read = readUser(name, names)
  if ('flaw' in read) throw new ConfigError('ERR_CONFIG_SETTINGS', `\`identity.anonymousUser\`: ${read.flaw}`)
  return { ...plain(name, read.user, 'SIMPLE'), anonymous: true }
}

const plain = (principal: string, user: string, method: AuthMethod): Identity => ({
  principal,
  user,
  method,
  doAs: null,
  doAsPrincipal: null,
  anonymous: false,
})

/** The first subject, provided that nothing else in the request names another. */
function oneOf(
  view: CredentialView,
  answers: readonly (Authenticated | null)[],
  names: UserNames,
): Identity | null {
  let first: Identity | null = null
  for (const answer of answers) {
    if (answer === null) continue
    const read = readUser(answer.principal, names)
    if ('flaw' in read) throw new AuthenticationError('ERR_AUTHN_INVALID', read.flaw)
    first ??= plain(answer.principal, read.user, answer.method)
    if (first.user !== read.user) throw conflict(first.user, answer.principal)
  }
  const claimed = view.parameters.userName
  if (first === null || claimed === null || claimed === first.user) return first
  const read = readUser(claimed, names)
  if ('flaw' in read || read.user !== first.user) throw conflict(first.user, claimed)
  return first
}

function conflict(first: string, other: string): ProtocolError {
  const message = `the request is from ${shownName(first)} and from ${shownName(other)} at once`
  return new ProtocolError('ERR_HTTP_PARAMETER', 'identity_conflict', message)
}

/** A `user.name` that no authenticator takes is a claim that cannot be checked: nobody becomes anonymous with it. */
function nobody(view: CredentialView, anonymous: Identity | null): Identity {
  if (view.parameters.userName !== null)
    throw new AuthenticationError('ERR_AUTHN_REQUIRED', '`user.name` is not believed here')
  if (anonymous !== null) return anonymous
  throw new AuthenticationError('ERR_AUTHN_REQUIRED', 'the request carries no credentials')
}

/** An empty `doas` is an error, not an absent one: the caller meant to be somebody else. */
function withDoAs(identity: Identity, doAs: string | null, names: UserNames): Identity {
  if (doAs === null) return identity
  const read = readUser(doAs, names)
  if ('flaw' in read) throw new ProtocolError('ERR_HTTP_PARAMETER', 'doas', `\`doas\`: ${read.flaw}`)
  return { ...identity, doAs: read.user, doAsPrincipal: doAs }
}
