import { describe, expect, test } from 'vitest'
import { type CustomRoute, createRouteTable } from '../../../src/routes/table.ts'
import { canonicalTarget } from '../../../src/routes/target.ts'
import { configError } from '../../support/config-error.ts'

const route = (path: string, service: string | null, methods = ['GET']): CustomRoute => ({
  path,
  methods,
  service,
  surface: 'rest',
  takesForm: false,
})

const shown = (routes: readonly CustomRoute[], method: string, raw: string): string => {
  const match = createRouteTable('custom', routes).match(method, canonicalTarget(raw))
  return match.kind === 'route' ? `${match.route.service} ${match.route.kind}` : match.kind
}

describe('the routes of a custom service', () => {
  const routes = [
    route('/api/status', null),
    route('/api/{name}', 'a.read'),
    route('/api/{name}', 'a.write', ['PUT', 'DELETE']),
    route('/api/special', 'a.special', ['GET', 'POST']),
    route('/files/{path}', 'a.files'),
    route('/my%20app/größe', 'a.name'),
    route('/slash/', 'a.slash'),
  ]

  test.each([
    ['GET', '/api/status', 'null read'],
    ['HEAD', '/api/status', 'null read'],
    ['GET', '/api/x', 'a.read read'],
    ['PUT', '/api/x', 'a.write write'],
    ['GET', '/api/special', 'a.read read'],
    ['POST', '/api/special', 'a.special write'],
    ['POST', '/api/x', 'method'],
    ['GET', '/api', 'unlisted'],
    ['GET', '/api/x/y', 'unlisted'],
    ['GET', '/files', 'a.files read'],
    ['GET', '/files/a/b/c', 'a.files read'],
    ['GET', '/files/a/b/c/', 'a.files read'],
    ['GET', '/filesystem', 'unlisted'],
    ['GET', '/my%20app/gr%C3%B6%C3%9Fe', 'a.name read'],
    ['GET', '/slash', 'a.slash read'],
    ['GET', '/', 'unlisted'],
  ])('%s %s: %s; they are tried in their order', (method, raw, wanted) => {
    expect(shown(routes, method, raw)).toBe(wanted)
  })

  test('may be all there is, or nothing', () => {
    expect(shown([route('/{path}', 'a.all')], 'GET', '/')).toBe('a.all read')
    expect(shown([route('/{path}', 'a.all')], 'GET', '/x/y')).toBe('a.all read')
    expect(shown([route('/', 'a.root')], 'GET', '/')).toBe('a.root read')
    expect(shown([route('/', 'a.root')], 'GET', '/x')).toBe('unlisted')
    expect(shown([], 'GET', '/')).toBe('unlisted')
  })

  test('a `{path}` that is not at the end is one segment', () => {
    expect(shown([route('/{path}/x', 'a.b')], 'GET', '/y/x')).toBe('a.b read')
    expect(shown([route('/{path}/x', 'a.b')], 'GET', '/y/z/x')).toBe('unlisted')
  })

  // Attack: TRACE answers with the headers of the request, cookies and all.
  test('TRACE and CONNECT are never routes, whatever the settings say', () => {
    const trace = [route('/x', 'a.b', ['TRACE', 'CONNECT', 'GET'])]
    expect(shown(trace, 'TRACE', '/x')).toBe('method')
    expect(shown(trace, 'CONNECT', '/x')).toBe('method')
  })

  test.each([
    ['api', 'slash'],
    ['/a//b', 'empty segment'],
    ['/a/../b', 'dot segment'],
    ['/a/%2e%2e/b', 'dot segment'],
    ['/a%2fb', 'character'],
    ['/a%zz', 'escape'],
    ['/a/*', '{path}'],
    ['/a/{name', '{name}'],
    ['/a/x{name}', '{name}'],
    ['/a/{}', '{name}'],
  ])('%s cannot be read, and the error says why', (path, why) => {
    const error = configError(() => createRouteTable('custom', [route(path, 'a.b')]))
    expect(error?.code).toBe('ERR_CONFIG_SETTINGS')
    expect(error?.message).toContain(`\`${path}\``)
    expect(error?.message).toContain(why)
  })
})
