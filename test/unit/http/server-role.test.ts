import { describe, expect, test } from 'vitest'
import { hasRoles, probeTarget, readProbe } from '../../../src/http/availability/server-role.ts'
import { SERVICE_KINDS } from '../../../src/routes/kinds.ts'

const read = (step: Parameters<typeof readProbe>[0], status: number, text = ''): string =>
  readProbe(step, status, Buffer.from(text))

const bean = (state: string): string =>
  `{ "beans" : [ { "name" : "Hadoop:service=NameNode,name=NameNodeStatus", "State" : "${state}" } ] }`

describe('the role of a server', () => {
  test('is asked of NameNodes, routers and ResourceManagers, where there are several', () => {
    const upstreams = ['http://a:1', 'http://b:1']
    expect(SERVICE_KINDS.filter((kind) => hasRoles({ kind, upstreams }))).toEqual([
      'namenode',
      'router',
      'resourcemanager',
    ])
    expect(hasRoles({ kind: 'namenode', upstreams: ['http://a:1'] })).toBe(false)
  })

  test.each([
    ['isActive', 200, 'I am Active!\n', 'active'],
    ['isActive', 405, '<html>I am not Active!</html>', 'standby'],
    ['isActive', 401, '', 'named'],
    ['named', 200, 'I am Active!', 'active'],
    ['named', 405, '', 'standby'],
    ['named', 401, '', 'document'],
    ['isActive', 403, '', 'document'],
    ['isActive', 404, '', 'document'],
    ['isActive', 307, '', 'document'],
    ['isActive', 500, '', 'silent'],
    ['isActive', 503, '', 'silent'],
    // A page for people to log in, or of a file that somebody named so.
    ['isActive', 200, '<html>I am Active!</html>', 'document'],
    ['document', 200, bean('active'), 'active'],
    ['document', 200, bean('standby'), 'standby'],
    ['document', 200, bean('observer'), 'standby'],
    ['document', 200, bean('initializing'), 'standby'],
    ['document', 200, bean('something'), 'unknown'],
    ['document', 200, '{"beans":[]}', 'unknown'],
    ['document', 200, '{"clusterInfo":{"id":1,"haState":"ACTIVE"}}', 'active'],
    ['document', 200, '{"clusterInfo":{"id":1,"haState":"STANDBY"}}', 'standby'],
    ['document', 200, '<html>', 'unknown'],
    ['document', 401, bean('active'), 'unknown'],
    ['document', 404, '', 'unknown'],
    ['document', 500, bean('active'), 'silent'],
  ] as const)('%s answered with %i %s means %s', (step, status, text, role) => {
    expect(read(step, status, text)).toBe(role)
  })

  test('is asked for without anybody’s name', () => {
    for (const kind of ['namenode', 'router', 'resourcemanager'] as const) {
      expect(probeTarget(kind, 'isActive')).toBe('/isActive')
      expect(probeTarget(kind, 'document')).not.toContain('user.name')
      expect(probeTarget(kind, 'named')).toBe('/isActive?user.name=keddah')
    }
  })
})
