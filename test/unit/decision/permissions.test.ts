import { describe, expect, test } from 'vitest'
import { admit, authorize, needsGroups } from '../../../src/decision/authorize.ts'
import { explain } from '../../../src/decision/explain.ts'
import { type Decision, EXEMPT, type ResourceAccess } from '../../../src/decision/request.ts'
import { createSnapshot, type Snapshot } from '../../../src/decision/snapshot.ts'
import { parityOf } from '../../../src/policy/divergences.ts'
import type { Permissions } from '../../../src/policy/permissions.ts'
import { access, askPath, NOON, permissionsOf, rolesWhere, unknownAccess } from '../../support/permissions.ts'
import { CLIENT, from, policyOf, user } from '../../support/policy.ts'

const POLICY = policyOf({ [CLIENT]: 'alice,bob', 'security.client.protocol.acl.blocked': 'bob' })

const snapshotOf = (permissions: Permissions | null, cacheMax = 10): Snapshot =>
  createSnapshot(POLICY, { cacheMax, permissions })

const ask = (
  permissions: Permissions | null,
  asked: ResourceAccess | null,
  groups: readonly string[] | null = [],
  service: string | null = CLIENT,
): Decision =>
  authorize(snapshotOf(permissions), {
    service,
    subject: user('alice', groups),
    origin: from('10.0.0.7'),
    access: asked,
  })

const READ = access(askPath('/fileA'))

/** The product's example: roleA reads and writes fileA, and groupA has it. */
const ROLES = rolesWhere(({ groups, resource, accessTypes, isTraverse }) =>
  groups.includes('groupA') &&
  (isTraverse ||
    (resource.get('path') === '/fileA' && accessTypes.every((type) => ['read', 'write'].includes(type))))
    ? ['roleA']
    : [],
)

describe('permission verification', () => {
  test('is not asked without `mode`, and for requests of no component', () => {
    expect(ask(null, READ)).toMatchObject({ effect: 'allow', reason: 'allowed', resource: null })
    expect(ask(permissionsOf(null), null)).toMatchObject({ effect: 'allow', resource: null })
    expect(ask(permissionsOf(null), READ, [], EXEMPT)).toMatchObject({ effect: 'allow', reason: 'exempt' })
  })

  test('P-16 is not asked where it is not required and Ranger is off', () => {
    const permissions = permissionsOf(null, { isRequired: false, roles: ROLES })
    expect(ask(permissions, READ)).toMatchObject({ effect: 'allow', resource: null })
  })

  test('comes after the questions about the service', () => {
    const asked = { service: CLIENT, subject: user('bob'), origin: from('10.0.0.7'), access: READ }
    expect(authorize(snapshotOf(permissionsOf(null)), asked).reason).toBe('acl_blocked')
  })

  test('P-07 refuses everything where it is required and neither Ranger nor a role is there', () => {
    const nothing: ResourceAccess = { component: 'HDFS', resources: null, at: NOON }
    for (const asked of [READ, access(), nothing])
      expect(ask(permissionsOf(null), asked)).toMatchObject({
        effect: 'deny',
        reason: 'mode',
        message: 'Permission denied: user=alice, component=HDFS',
      })
  })

  test('refuses a component that has no rules', () => {
    expect(ask(permissionsOf(null, { roles: ROLES }), { ...READ, component: 'Kafka' }).reason).toBe('mode')
  })

  test('gives no permit for what it refuses, but where the service only observes', () => {
    const asked = { service: CLIENT, subject: user('alice'), origin: from('10.0.0.7'), access: READ }
    const snapshot = snapshotOf(permissionsOf(null))
    expect(admit(snapshot, asked, 'enforce').permit).toBeNull()
    expect(admit(snapshot, asked, 'observe').permit?.decision.reason).toBe('mode')
  })
})

describe('the role model', () => {
  const permissions = permissionsOf(null, { roles: ROLES })

  test('decides where Ranger does not', () => {
    expect(ask(permissions, READ, ['groupA'])).toMatchObject({
      effect: 'allow',
      reason: 'allowed',
      rule: `${CLIENT} = alice,bob`,
      resource: {
        enforcer: 'role',
        resource: '/fileA',
        reason: 'granted by roleA',
        revision: 'permissions-1',
      },
    })
    expect(ask(permissions, READ, ['groupB'])).toMatchObject({
      effect: 'deny',
      reason: 'role',
      message: 'Permission denied: user=alice, access=READ, inode="/fileA"',
      resource: { enforcer: 'role', resource: '/fileA', accessTypes: ['read'], action: 'open' },
    })
  })

  test('has to grant all that is asked for', () => {
    const both = access(askPath('/fileA', ['write']), askPath('/fileC', ['write']))
    expect(ask(permissions, both, ['groupA'])).toMatchObject({
      reason: 'role',
      message: 'Permission denied: user=alice, access=WRITE, inode="/fileC"',
    })
  })

  test('lets those pass through a folder who have a role that leads there, and nobody else', () => {
    const stat = access(askPath('/', ['execute'], 'no_deny'))
    expect(ask(permissions, stat, ['groupA']).effect).toBe('allow')
    expect(ask(permissions, stat, []).reason).toBe('role')
  })

  test('has nothing to say to a request that concerns no resource', () => {
    expect(ask(permissions, access())).toMatchObject({ effect: 'allow', resource: null })
  })

  test('refuses what no table knows, unless the component may decide', () => {
    expect(ask(permissions, unknownAccess(), ['groupA'])).toMatchObject({
      reason: 'role',
      message: 'Permission denied: user=alice, operation=NEWOP',
    })
    const native = permissionsOf(null, { roles: ROLES, unknownOp: 'native' })
    expect(ask(native, unknownAccess(), ['groupA'])).toMatchObject({
      effect: 'allow',
      resource: { enforcer: 'native' },
    })
    expect(ask(native, unknownAccess(askPath('/fileC')), ['groupA']).reason).toBe('role')
  })

  test('D-4 refuses where the groups are unknown, and could make a difference', () => {
    expect(ask(permissions, READ, null)).toMatchObject({ effect: 'deny', reason: 'groups_unavailable' })
    const mine = permissionsOf(null, { roles: rolesWhere(({ user: name }) => [`home-${name}`]) })
    expect(ask(mine, READ, null).effect).toBe('allow')
    const parity = policyOf({ [CLIENT]: 'alice' }, { parity: parityOf(['D-4']) })
    const asked = { service: CLIENT, subject: user('alice', null), origin: from(null), access: READ }
    expect(authorize(createSnapshot(parity, { cacheMax: 0, permissions }), asked).reason).toBe('role')
  })
})

describe('without any policies of Ranger yet', () => {
  test('`onNoPolicies` decides', () => {
    expect(ask(permissionsOf({ onNoPolicies: 'native' }), READ)).toMatchObject({
      effect: 'allow',
      resource: { enforcer: 'native', reason: 'no policies have come yet' },
    })
    expect(ask(permissionsOf({ onNoPolicies: 'deny' }), READ)).toMatchObject({
      effect: 'deny',
      reason: 'ranger_none',
      message: 'Permission denied: user=alice, access=READ, inode="/fileA"',
    })
  })

  test('`onNoPolicies: deny` also refuses what only has to be not denied', () => {
    const stat = access(askPath('/', ['execute'], 'no_deny'))
    expect(ask(permissionsOf({ onNoPolicies: 'deny' }), stat).reason).toBe('ranger_none')
  })
})

describe('the groups of the user', () => {
  const question = { service: 'security.refresh.policy.protocol.acl', realUser: null }
  const needs = (permissions: Permissions | null): boolean =>
    needsGroups(snapshotOf(permissions), { ...question, component: 'HDFS' })

  test('are looked up where a role could be bound to one', () => {
    expect(needs(null)).toBe(false)
    expect(needs(permissionsOf(null))).toBe(false)
    expect(needs(permissionsOf(null, { roles: ROLES }))).toBe(true)
    expect(needs(permissionsOf(null, { roles: ROLES, isRequired: false }))).toBe(false)
    expect(needs(permissionsOf({}, { roles: ROLES }))).toBe(false)
    expect(needsGroups(snapshotOf(permissionsOf(null, { roles: ROLES })), question)).toBe(false)
  })
})

describe('a snapshot', () => {
  const permissions = permissionsOf(null, { roles: ROLES })
  const asked = { service: CLIENT, subject: user('alice', ['groupA']), origin: from(null), access: READ }

  test('remembers verdicts beside the decisions about the service', () => {
    const snapshot = snapshotOf(permissions)
    const first = authorize(snapshot, asked)
    expect(authorize(snapshot, asked)).toEqual(first)
    expect([snapshot.cache.hits, snapshot.verdicts.hits, snapshot.verdicts.size]).toEqual([1, 1, 1])
  })

  test('remembers nothing that a failed look-up decided', () => {
    const snapshot = snapshotOf(permissions)
    authorize(snapshot, { ...asked, subject: user('alice', null) })
    expect(snapshot.verdicts.size).toBe(0)
  })

  test('keeps the decisions about services when the permissions change, and the other way round', () => {
    const before = snapshotOf(permissions)
    const options = { cacheMax: 10, previous: before }
    const other = createSnapshot(POLICY, { ...options, permissions: permissionsOf(null) })
    expect(other.cache).toBe(before.cache)
    expect(other.verdicts).not.toBe(before.verdicts)
    const policy = createSnapshot(policyOf({}), { ...options, permissions })
    expect(policy.cache).not.toBe(before.cache)
    expect(policy.verdicts).toBe(before.verdicts)
    expect(createSnapshot(POLICY, { ...options, permissions })).toBe(before)
  })
})

describe('an explanation', () => {
  const answers = (permissions: Permissions | null, asked: ResourceAccess): Record<string, string> => {
    const request = { service: CLIENT, subject: user('alice'), origin: from(null), access: asked }
    const { questions, decision } = explain(snapshotOf(permissions), request)
    const [first] = questions.filter(({ answer }) => answer === 'no')
    expect(decision.message).toBe(first?.message ?? 'allowed')
    return Object.fromEntries(questions.slice(-3).map(({ question, answer }) => [question, answer]))
  }

  test('asks the same questions, in the same order', () => {
    const none = 'not asked'
    expect(answers(null, READ)).toEqual({ mode: none, role: none, resources: none })
    expect(answers(permissionsOf(null), READ)).toEqual({ mode: 'no', role: none, resources: none })
    expect(answers(permissionsOf(null, { roles: ROLES }), READ)).toEqual({
      mode: 'yes',
      role: 'no',
      resources: none,
    })
    expect(answers(permissionsOf({ onNoPolicies: 'deny' }), READ)).toEqual({
      mode: 'yes',
      role: none,
      resources: 'no',
    })
    expect(answers(permissionsOf({}), READ)).toEqual({ mode: 'yes', role: none, resources: 'yes' })
  })
})
