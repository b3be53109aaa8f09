import { describe, expect, test } from 'vitest'
import type { Component } from '../../../src/policy/components.ts'
import { compileRoleModel, type Roles } from '../../../src/policy/role-model.ts'

const grant = (component: Component, resource: string, ...access: string[]) => ({
  component,
  resource,
  access,
})

const EXAMPLE: Roles = {
  roles: {
    roleA: { grants: [grant('HDFS', '/fileA', 'read', 'write')] },
    roleB: { grants: [grant('HDFS', '/fileB', 'read')] },
  },
  roleBindings: [
    { role: 'roleA', users: [], groups: ['groupA'] },
    { role: 'roleB', users: ['userA'], groups: ['groupB'] },
  ],
}

/** What roles grant; a path is of HDFS, anything else a queue. */
function asked(roles: Roles, user: string, groups: string[], resource: string, ...accessTypes: string[]) {
  const isPath = resource.startsWith('/')
  return compileRoleModel(roles).granting({
    component: isPath ? 'HDFS' : 'Yarn',
    resource: new Map([[isPath ? 'path' : 'queue', resource]]),
    accessTypes,
    isTraverse: false,
    user,
    groups,
  })
}

const traversed = (resource: string, ...grants: ReturnType<typeof grant>[]) =>
  compileRoleModel({
    roles: { r: { grants } },
    roleBindings: [{ role: 'r', users: ['u'], groups: [] }],
  }).granting({
    component: 'HDFS',
    resource: new Map([['path', resource]]),
    accessTypes: ['execute'],
    isTraverse: true,
    user: 'u',
    groups: [],
  }).length > 0

describe('P-07: the role model', () => {
  test.each([
    ['userA', ['groupA'], '/fileA', ['read'], ['roleA']],
    ['userA', ['groupA'], '/fileA', ['write'], ['roleA']],
    ['userA', ['groupA'], '/fileB', ['read'], ['roleB']],
    ['userA', ['groupA'], '/fileB', ['write'], []],
    ['userA', ['groupA'], '/fileC', ['read'], []],
    ['userB', ['groupB'], '/fileB', ['read'], ['roleB']],
    ['userB', ['groupB'], '/fileA', ['read'], []],
    ['groupA', [], '/fileA', ['read'], []],
  ])('gives %s in %j to %s for %j the roles %j', (user, groups, resource, access, roles) => {
    expect(asked(EXAMPLE, user, groups, resource, ...access)).toEqual(roles)
  })

  test('puts together what several roles grant, each for a part', () => {
    const roles: Roles = {
      roles: {
        reader: { grants: [grant('HDFS', '/data', 'read')] },
        writer: { grants: [grant('HDFS', '/data/in', 'write')] },
      },
      roleBindings: [
        { role: 'reader', users: ['ada'], groups: [] },
        { role: 'writer', users: [], groups: ['staff'] },
      ],
    }
    expect(asked(roles, 'ada', ['staff'], '/data/in/x', 'read', 'write')).toEqual(['reader', 'writer'])
    expect(asked(roles, 'ada', ['staff'], '/data/out', 'read', 'write')).toEqual([])
  })

  test('has no names that mean more than what is bound to them', () => {
    for (const group of ['supergroup', 'hadoop', 'public'])
      expect(asked(EXAMPLE, 'hdfs', [group], '/fileA', 'read')).toEqual([])
  })

  test('grants to list a folder to whoever may read it', () => {
    expect(asked(EXAMPLE, 'userB', ['groupB'], '/fileB', 'read', 'execute')).toEqual(['roleB'])
    expect(asked(EXAMPLE, 'userB', ['groupB'], '/fileB', 'execute')).toEqual([])
  })

  test.each([
    ['/data', '/data/x/y', true],
    ['/data', '/database', false],
    ['/data/*', '/data', false],
    ['/data/v?', '/data/v1/x', true],
    ['*', '/anything', true],
    ['root.prod', 'root.prod.etl', true],
    ['root.prod', 'root.production', false],
    ['root.prod', 'root', false],
  ])('a grant on %s is about %s: %s', (granted, resource, isAbout) => {
    const component = granted.startsWith('root') ? 'Yarn' : 'HDFS'
    const access = component === 'Yarn' ? 'submit-app' : 'read'
    const roles: Roles = {
      roles: { r: { grants: [grant(component, granted, access)] } },
      roleBindings: [{ role: 'r', users: ['u'], groups: [] }],
    }
    expect(asked(roles, 'u', [], resource, access).length > 0).toBe(isAbout)
  })

  test('whoever administers a queue may submit to it', () => {
    const roles: Roles = {
      roles: { admins: { grants: [grant('Yarn', 'root.a', 'admin-queue')] } },
      roleBindings: [{ role: 'admins', users: ['ada'], groups: [] }],
    }
    expect(asked(roles, 'ada', [], 'root.a', 'submit-app')).toEqual(['admins'])
  })

  test('lets everybody through the folders that lead to what is granted, and through no others', () => {
    const one = grant('HDFS', '/data/in/file', 'read')
    expect(['/', '/data', '/data/in', '/data/in/file'].map((path) => traversed(path, one))).toEqual(
      Array(4).fill(true),
    )
    expect(['/dat', '/data/out', '/tmp'].map((path) => traversed(path, one))).toEqual(Array(3).fill(false))
    const many = grant('HDFS', '/data/*/in', 'read')
    expect(['/data', '/data/x', '/tmp'].map((path) => traversed(path, many))).toEqual([true, true, false])
  })
})
