import { describe, expect, test } from 'vitest'
import { isServiceKind, SERVICE_KINDS, type ServiceKind } from '../../../src/routes/kinds.ts'
import { createRouteTable, type RouteMatch, type RouteTable } from '../../../src/routes/table.ts'
import { canonicalTarget } from '../../../src/routes/target.ts'

const TABLES: ReadonlyMap<ServiceKind, RouteTable> = new Map(
  SERVICE_KINDS.map((kind) => [kind, createRouteTable(kind)]),
)

const ask = (kind: ServiceKind, method: string, raw: string): RouteMatch | undefined =>
  TABLES.get(kind)?.match(method, canonicalTarget(raw))

/** The key and the kind of a route, or the refusal. */
const shown = (kind: ServiceKind, method: string, raw: string): string => {
  const match = ask(kind, method, raw)
  if (match?.kind !== 'route') return match?.kind ?? 'no table'
  return `${match.route.service?.replace(/^security\.(.*)\.acl$/, '$1') ?? 'exempt'} ${match.route.kind}`
}

test('the kinds are told by their names, letter by letter', () => {
  expect(SERVICE_KINDS.every(isServiceKind)).toBe(true)
  expect(['NameNode', 'nn', '', 'constructor'].some(isServiceKind)).toBe(false)
})

describe('WebHDFS', () => {
  test.each([
    ['GET', '/webhdfs/v1/a/b?op=GETFILESTATUS', 'client.protocol read'],
    ['GET', '/webhdfs/v1/a/b?op=getfilestatus', 'client.protocol read'],
    ['GET', '/webhdfs/v1/?op=LISTSTATUS', 'client.protocol read'],
    ['GET', '/webhdfs/v1?op=LISTSTATUS', 'client.protocol read'],
    ['HEAD', '/webhdfs/v1/a?op=GETFILESTATUS', 'client.protocol read'],
    ['PUT', '/webhdfs/v1/a?op=CREATE', 'client.protocol redirect'],
    ['DELETE', '/webhdfs/v1/a?op=DELETE', 'client.protocol write'],
    ['GET', '/webhdfs/v1/a?op=DELETE', 'operation'],
    ['GET', '/webhdfs/v1/a', 'operation'],
    ['PATCH', '/webhdfs/v1/a?op=CREATE', 'method'],
    ['GET', '/webhdfs/v2/a?op=OPEN', 'unlisted'],
    ['GET', '/webhdfs?op=OPEN', 'unlisted'],
  ])('%s %s of a NameNode: %s', (method, raw, wanted) => {
    expect(shown('namenode', method, raw)).toBe(wanted)
    expect(shown('router', method, raw)).toBe(wanted)
  })

  test('a route names the operation in upper case', () => {
    const match = ask('namenode', 'GET', '/webhdfs/v1/a?op=lisTstatus')
    expect(match).toEqual({
      kind: 'route',
      route: {
        service: 'security.client.protocol.acl',
        surface: 'webhdfs',
        op: 'LISTSTATUS',
        takesForm: false,
        takesUpgrade: false,
        resource: null,
        kind: 'read',
      },
    })
  })

  const illegal = (message: string): RouteMatch => ({
    kind: 'operation',
    exception: 'IllegalArgumentException',
    message,
  })
  const missing: RouteMatch = {
    kind: 'operation',
    exception: 'UnsupportedOperationException',
    message: 'op=NULL is not supported',
  }

  test.each([
    ['namenode', 'GET', '', missing],
    ['namenode', 'DELETE', '?op=null', missing],
    [
      'namenode',
      'GET',
      '?op=BOGUS',
      illegal('Invalid value for webhdfs parameter "op": BOGUS is not a valid GET operation.'),
    ],
    [
      'namenode',
      'PUT',
      '?op=open',
      illegal('Invalid value for webhdfs parameter "op": open is not a valid PUT operation.'),
    ],
    [
      'router',
      'HEAD',
      '?op=',
      illegal('Invalid value for webhdfs parameter "op":  is not a valid GET operation.'),
    ],
    ['datanode', 'GET', '?op=LISTSTATUS', illegal('Invalid operation LISTSTATUS')],
    ['datanode', 'PUT', '', illegal('Invalid operation null')],
    ['httpfs', 'GET', '', illegal('Missing Operation parameter [op]')],
    ['httpfs', 'GET', '?op=bogus', illegal('Invalid Operation [bogus]')],
    ['httpfs', 'GET', '?op=mkdirs', illegal('Invalid HTTP GET operation [MKDIRS]')],
  ] as const)("%s answers %s '%s' with Hadoop's own words", (kind, method, query, wanted) => {
    expect(ask(kind, method, `/webhdfs/v1/a${query}`)).toEqual(wanted)
  })

  // Attack: Java's toUpperCase makes an I of U+0131, so that an operation is one there and none here.
  test('an operation in letters beyond ASCII is none', () => {
    expect(shown('namenode', 'GET', '/webhdfs/v1/a?op=l%C4%B1ststatus')).toBe('operation')
    expect(shown('namenode', 'GET', '/webhdfs/v1/a?op=constructor')).toBe('operation')
    expect(shown('namenode', 'GET', '/webhdfs/v1/a?op=OPEN%20')).toBe('operation')
  })

  // Attack: OPTIONS makes a NameNode tell every parameter it knows.
  test('OPTIONS is refused with the methods there are, except for the preflight of a DataNode', () => {
    const allow = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']
    expect(ask('namenode', 'OPTIONS', '/webhdfs/v1/?op=OPEN')).toEqual({ kind: 'method', allow })
    expect(ask('namenode', 'OPTIONS', '/webhdfs/v1')).toEqual({ kind: 'method', allow })
    expect(shown('datanode', 'OPTIONS', '/webhdfs/v1/a?op=CREATE')).toBe('exempt preflight')
    expect(shown('datanode', 'OPTIONS', '/webhdfs/v1/a?op=OPEN')).toBe('operation')
    expect(shown('datanode', 'OPTIONS', '/webhdfs/v1/a')).toBe('operation')
  })

  test('the second step on a DataNode has a key of its own', () => {
    expect(shown('datanode', 'PUT', '/webhdfs/v1/a?op=CREATE')).toBe('client.datanode.protocol write')
    expect(shown('datanode', 'PUT', '/webhdfs/v1/a?op=MKDIRS')).toBe('operation')
    expect(shown('datanode', 'DELETE', '/webhdfs/v1/a?op=DELETE')).toBe('method')
  })
})

describe('TRACE, CONNECT and methods nobody knows', () => {
  test.each(['TRACE', 'CONNECT', 'PROPFIND', 'get', ''])('%s is never on a list', (method) => {
    expect(shown('namenode', method, '/webhdfs/v1/?op=OPEN')).toBe('method')
    expect(shown('namenode', method, '/nothing')).toBe('unlisted')
  })
})

describe('pages that people open', () => {
  test.each([
    ['namenode', '/dfshealth.html', 'client.protocol ui'],
    ['namenode', '/static/bootstrap-3.4.1/css/bootstrap.min.css', 'client.protocol ui'],
    ['namenode', '/logs/', 'admin.operations.protocol monitor'],
    ['namenode', '/logs/hadoop-namenode.log', 'admin.operations.protocol monitor'],
    ['namenode', '/fsck', 'admin.operations.protocol admin'],
    ['namenode', '/isActive', 'exempt health'],
    ['resourcemanager', '/', 'applicationclient.protocol ui'],
    ['resourcemanager', '/cluster', 'applicationclient.protocol ui'],
    ['resourcemanager', '/cluster/apps/RUNNING', 'applicationclient.protocol ui'],
    ['resourcemanager', '/cluster/some/page/deep', 'applicationclient.protocol ui'],
    ['resourcemanager', '/proxy/application_1_1', 'applicationclient.protocol ui'],
    ['resourcemanager', '/proxy/application_1_1/', 'applicationclient.protocol ui'],
    ['resourcemanager', '/proxy/application_1_1/stages/stage/', 'applicationclient.protocol ui'],
    ['resourcemanager', '/proxy/redirect/application_1_1', 'applicationclient.protocol ui'],
    ['resourcemanager', '/proxy', 'unlisted'],
    ['nodemanager', '/node/allContainers', 'containermanagement.protocol ui'],
    ['nodemanager', '/node/containerlogs/c/alice/syslog', 'containermanagement.protocol ui'],
    ['jobhistory', '/jobhistory/job/job_1_1', 'mrhs.client.protocol ui'],
    ['timelineserver', '/applicationhistory/app/application_1_1', 'applicationhistory.protocol ui'],
  ] as const)('%s %s: %s', (kind, raw, wanted) => {
    expect(shown(kind, 'GET', raw)).toBe(wanted)
  })

  test.each(SERVICE_KINDS.filter((kind) => kind !== 'custom'))(
    'a %s has the pages of all daemons',
    (kind) => {
      const pages = ['/jmx', '/conf', '/stacks', '/prom', '/prof', '/logLevel', '/logs/x']
      expect(
        pages.filter((page) => !shown(kind, 'GET', page).startsWith('admin.operations.protocol')),
      ).toEqual([])
      expect(shown(kind, 'POST', '/jmx')).toBe('method')
    },
  )
})

describe('the services of YARN', () => {
  test.each([
    ['GET', '/ws/v1/cluster', 'applicationclient.protocol read'],
    ['GET', '/ws/v1/cluster/', 'applicationclient.protocol read'],
    ['POST', '/ws/v1/cluster/apps', 'applicationclient.protocol write'],
    ['POST', '/ws/v1/cluster/apps/new-application', 'applicationclient.protocol write'],
    ['PUT', '/ws/v1/cluster/apps/application_1_1/state', 'applicationclient.protocol write'],
    ['DELETE', '/ws/v1/cluster/apps/application_1_1', 'method'],
    ['GET', '/ws/v1/cluster/apps/application_1_1/nothing', 'unlisted'],
    ['POST', '/ws/v1/cluster/nodes/n:1/resource', 'resourcemanager-administration.protocol admin'],
    ['GET', '/ws/v1/cluster/metrics/more', 'unlisted'],
    ['GET', '/ws/v3/cluster', 'unlisted'],
  ])('%s %s: %s', (method, raw, wanted) => {
    expect(shown('resourcemanager', method, raw)).toBe(wanted)
  })

  // Attack: a rule that takes every GET for a read lets a reader erase the configuration of the scheduler.
  test('erasing the configuration of the scheduler is administration, though it is a GET', () => {
    const wanted = 'resourcemanager-administration.protocol admin'
    expect(shown('resourcemanager', 'GET', '/ws/v1/cluster/scheduler-conf/format')).toBe(wanted)
  })

  // Attack: a shell inside a running container.
  test.each(['/terminal', '/terminal/x.js', '/container/container_1_1', '/container'])(
    '%s of a NodeManager is not on the list',
    (raw) => {
      expect(shown('nodemanager', 'GET', raw)).toBe('unlisted')
    },
  )

  test('form bodies are for the pages of applications alone', () => {
    const takesForm = (kind: ServiceKind, method: string, raw: string): boolean | undefined => {
      const match = ask(kind, method, raw)
      return match?.kind === 'route' ? match.route.takesForm : undefined
    }
    expect(takesForm('resourcemanager', 'POST', '/proxy/application_1_1/kill')).toBe(true)
    expect(takesForm('resourcemanager', 'POST', '/ws/v1/cluster/apps')).toBe(false)
    expect(takesForm('namenode', 'PUT', '/webhdfs/v1/a?op=MKDIRS')).toBe(false)
  })

  test('a name in the path is one segment, whatever it is', () => {
    expect(shown('kms', 'GET', '/kms/v1/key/my%20key/_metadata')).toBe('kms.protocol read')
    expect(shown('kms', 'GET', '/kms/v1/key/_metadata')).toBe('kms.protocol read')
    expect(shown('kms', 'GET', '/kms/v1/key/a/b/_metadata')).toBe('unlisted')
  })

  test('the more specific path decides where two match', () => {
    expect(shown('timelineserver', 'PUT', '/ws/v1/timeline/domain')).toBe('applicationhistory.protocol write')
    expect(shown('timelineserver', 'GET', '/ws/v1/timeline/domain/events')).toBe(
      'applicationhistory.protocol read',
    )
  })
})

test('the methods of a refusal are in one order', () => {
  expect(ask('namenode', 'DELETE', '/imagetransfer')).toEqual({
    kind: 'method',
    allow: ['GET', 'HEAD', 'PUT'],
  })
})

test('what a match answers is made beforehand: the same request gets the same object', () => {
  const raw = '/webhdfs/v1/a?op=OPEN'
  expect(ask('namenode', 'GET', raw)).toBe(ask('namenode', 'GET', raw))
})
