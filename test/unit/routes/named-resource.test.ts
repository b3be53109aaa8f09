import { describe, expect, test } from 'vitest'
import { resourceAsks } from '../../../src/routes/resource-asks.ts'
import { createRouteTable } from '../../../src/routes/table.ts'
import { canonicalTarget } from '../../../src/routes/target.ts'
import { configError } from '../../support/config-error.ts'
import { outcome } from './support.ts'

function asked(
  path: string,
  resource: Record<string, string> | undefined,
  raw: string,
  service = 'a.b',
): unknown {
  return outcome(() => {
    const route = {
      path,
      methods: ['GET'],
      service: service === '' ? null : service,
      surface: 'rest',
    } as const
    const access = resource === undefined ? undefined : 'publish'
    const table = createRouteTable('custom', [{ ...route, takesForm: false, resource, access }])
    const target = canonicalTarget(raw)
    const match = table.match('GET', target)
    if (match.kind !== 'route') return match.kind
    const request = { kind: 'custom', route: match.route, target, body: null } as const
    const { asks, isUnknown } = resourceAsks(request, { names: 'full', paths: new Map() })
    return isUnknown
      ? 'unknown'
      : asks.map((ask) => [...ask.resource].map(([name, value]) => `${name}=${value}`).join())
  })
}

describe('the resource of a route of a custom service', () => {
  test.each([
    ['/t/{topic}', { topic: '{topic}' }, '/t/a', ['topic=a']],
    ['/t/{topic}', { topic: 'x-{topic}.y' }, '/t/%61%20b', ['topic=x-a b.y']],
    ['/t/{topic}', { topic: '{topic}' }, '/t/%7Btopic%7D*', ['topic={topic}*']],
    ['/d/{db}/{table}', { database: '{db}', table: '{table}' }, '/d/x/y/', ['database=x,table=y']],
    ['/f/{path}', { path: '/{path}' }, '/f/a/../b/c', ['path=/b/c']],
    ['/f/{path}', { path: '/{path}' }, '/f', ['path=/']],
    ['/t', { topic: '{query.topic}' }, '/t?topic=a', ['topic=a']],
    ['/t', { topic: '{query.topic}' }, '/t', 'unknown'],
    ['/t', { topic: '{query.topic}' }, '/t?topic=', 'unknown'],
    ['/t', { topic: 'fixed' }, '/t', ['topic=fixed']],
  ])('%s with %j, asked for %s, is %j', (path, resource, raw, wanted) => {
    expect(asked(path, resource, raw)).toEqual(wanted)
  })

  test('without one it is unknown what a route does, unless nothing is asked about it', () => {
    expect(asked('/t', undefined, '/t')).toBe('unknown')
    expect(asked('/t', undefined, '/t', '')).toEqual([])
  })

  test.each(['topic=a&topic=b', 'topic=a&Topic=b', 'Topic=b', 'topic%20=b', 'topi%EF%BD%83=b'])(
    'attack: a second reader takes another parameter of `%s`',
    (query) => {
      expect(asked('/t', { topic: '{query.topic}' }, `/t?${query}`)).toBe(
        'ERR_HTTP_PARAMETER ambiguous_parameter',
      )
    },
  )

  test.each([
    ['/t/{topic}', { topic: '{name}' }, 'names `{name}`, which the path of the route has not'],
    ['/t/{a}/{a}', { topic: '{a}' }, 'names `{a}`, which the path has twice'],
    ['/t', { topic: '{query.}' }, 'names `{query.}`, which the path of the route has not'],
    ['/t/{a}', { topic: '{a' }, 'has a brace in `topic` that belongs to no `{name}`'],
    ['/t', { topic: '' }, 'has no value for `topic`'],
    ['/t', {}, 'names nothing'],
  ])('%s with %j %s', (path, resource, flaw) => {
    expect(configError(() => asked(path, resource, '/t'))?.message).toContain(flaw)
  })
})
