import type { ValueMatcher } from '../ranger/default-matcher.ts'
import type { MatcherOptions } from '../ranger/model.ts'
import { compilePathValue } from '../ranger/path-matcher.ts'
import type { Tokens } from '../ranger/tokens.ts'
import type { Component } from './components.ts'
import type { RoleModel, RoleQuestion } from './permissions.ts'

/** What a role may do: these accesses to a resource of a component, and to what is below it. */
export interface Grant {
  readonly component: Component
  readonly resource: string
  readonly access: readonly string[]
}

/** Roles by name, and who has them. */
export interface Roles {
  readonly roles: Readonly<Record<string, { readonly grants: readonly Grant[] }>>
  readonly roleBindings: readonly {
    readonly role: string
    readonly users: readonly string[]
    readonly groups: readonly string[]
  }[]
}

interface CompiledGrant {
  readonly accesses: ReadonlySet<string>
  readonly fits: (resource: string) => boolean
  /** Whether a resource that fits may be below this one. */
  readonly isBelow: (resource: string) => boolean
}

interface CompiledRole {
  readonly name: string
  readonly grants: ReadonlyMap<Component, readonly CompiledGrant[]>
}

/** Accesses that grant others too, as Ranger's definition of YARN has it. */
const IMPLIED: ReadonlyMap<string, readonly string[]> = new Map([['admin-queue', ['submit-app']]])

const NO_TOKENS: Tokens = new Map()

const OPTIONS: MatcherOptions = {
  wildCard: true,
  ignoreCase: false,
  quotedCaseSensitive: false,
  quoteChars: '',
  replaceTokens: false,
  tokenStart: '{',
  tokenEnd: '}',
  tokenEscape: '\\',
  tokenPrefix: '',
  separator: '/',
}

const separatorOf = (component: Component): string => (component === 'Yarn' ? '.' : '/')

/** Compiles the role model. Who has which role is indexed, so that a question costs what its user has. */
export function compileRoleModel({ roles, roleBindings }: Roles): RoleModel {
  const compiled = new Map(
    Object.entries(roles).map(([name, { grants }]) => [name, compileRole(name, grants)]),
  )
  const byUser = new Map<string, CompiledRole[]>()
  const byGroup = new Map<string, CompiledRole[]>()
  for (const { role, users, groups } of roleBindings) {
    const bound = compiled.get(role)
    if (bound === undefined) continue
    for (const user of users) add(byUser, user, bound)
    for (const group of groups) add(byGroup, group, bound)
  }
  return {
    isEmpty: compiled.size === 0,
    granting(question) {
      const { user, groups } = question
      const held = new Set(byUser.get(user))
      for (const group of groups) for (const role of byGroup.get(group) ?? []) held.add(role)
      return grantingOf([...held], question)
    },
  }
}

function add(index: Map<string, CompiledRole[]>, name: string, role: CompiledRole): void {
  const roles = index.get(name)
  if (roles === undefined) index.set(name, [role])
  else roles.push(role)
}

function compileRole(name: string, grants: readonly Grant[]): CompiledRole {
  const byComponent = new Map<Component, CompiledGrant[]>()
  for (const grant of grants) {
    const compiled = compileGrant(grant)
    const others = byComponent.get(grant.component)
    if (others === undefined) byComponent.set(grant.component, [compiled])
    else others.push(compiled)
  }
  return { name, grants: byComponent }
}

function compileGrant({ component, resource, access }: Grant): CompiledGrant {
  const separator = separatorOf(component)
  const matcher: ValueMatcher | null = compilePathValue(resource, { ...OPTIONS, separator }, true)
  const firstWildcard = resource.search(/[*?]/)
  // The folder before the first wildcard: what leads there, and what is in it, may lead to what is granted.
  const literal = firstWildcard < 0 ? resource : resource.slice(0, firstWildcard)
  const isInside = (one: string, other: string): boolean =>
    one === other || one.startsWith(other.endsWith(separator) ? other : other + separator)
  const folder = firstWildcard < 0 ? literal : literal.slice(0, literal.lastIndexOf(separator) + 1)
  return {
    accesses: new Set(access.flatMap((type) => [type, ...(IMPLIED.get(type) ?? [])])),
    fits: (asked) => matcher === null || matcher.fits(asked, NO_TOKENS),
    isBelow: (asked) => isInside(literal, asked) || (firstWildcard >= 0 && isInside(asked, folder)),
  }
}

/** What a combination needs of `execute` is that nothing denies it, and nothing here denies. */
const needed = (types: readonly string[]): readonly string[] =>
  types.length > 1 ? types.filter((type) => type !== 'execute') : types

function grantingOf(
  held: readonly CompiledRole[],
  { component, resource, accessTypes, isTraverse }: RoleQuestion,
): readonly string[] {
  const [value] = resource.values()
  if (value === undefined) return []
  const grantsOf = ({ grants }: CompiledRole): readonly CompiledGrant[] => grants.get(component) ?? []
  if (isTraverse) {
    const role = held.find((one) => grantsOf(one).some(({ fits, isBelow }) => fits(value) || isBelow(value)))
    return role === undefined ? [] : [role.name]
  }
  const granting = new Set<string>()
  for (const type of needed(accessTypes)) {
    const role = held.find((one) =>
      grantsOf(one).some(({ accesses, fits }) => accesses.has(type) && fits(value)),
    )
    if (role === undefined) return []
    granting.add(role.name)
  }
  return [...granting]
}
