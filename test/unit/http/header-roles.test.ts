import { describe, expect, test } from 'vitest'
import { HeaderRoles } from '../../../src/http/header-roles.ts'

describe('the role of a request header', () => {
  const roles = new HeaderRoles(['x-user', 'x-secret'])
  test.each([
    ['pass', 'Accept-Encoding'],
    ['pass', 'X-XSRF-HEADER'],
    ['pass', 'Hadoop-YARN-RM-Delegation-Token'],
    ['pass', 'my_own_header'],
    ['managed', 'X-User'],
    ['managed', 'x-secret'],
    ['drop', 'X_User'],
    ['drop', 'x.user'],
    ['drop', 'X-Forwarded-Proto'],
    ['drop', 'X-Forwarded-Anything'],
    ['drop', 'X_Forwarded_For'],
    ['drop', 'Transfer_Encoding'],
    ['drop', 'X-Keddah-Request-Id'],
    ['drop', 'Remote-User'],
    ['drop', 'REMOTE_USER'],
    ['drop', 'Cookie2'],
    ['drop', 'Keep-Alive'],
    ['drop', 'X-HTTP-Method-Override'],
    ['host', 'HOST'],
    ['forwarded-for', 'x-forwarded-for'],
    ['cookie', 'Cookie'],
    ['pass', '__proto__'],
    ['pass', 'constructor'],
  ] as const)('%s: %s', (role, name) => {
    expect(roles.roleOf(name)).toBe(role)
    expect(roles.roleOf(name)).toBe(role)
  })

  test('a managed name wins over any other meaning', () => {
    expect(new HeaderRoles(['authorization']).roleOf('Authorization')).toBe('managed')
  })

  test('made-up names fill no memory, and are still understood', () => {
    const own = new HeaderRoles(['x-user'])
    for (let count = 0; count < 5_000; count += 1) own.roleOf(`X-Made-Up-${count}`)
    expect(own.roleOf('X-User')).toBe('managed')
    expect(own.roleOf('x_USER')).toBe('drop')
  })
})
