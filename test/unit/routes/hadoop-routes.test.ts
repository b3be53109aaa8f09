import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import { SERVICE_KEYS } from '../../../src/hadoop/services.ts'
import { SERVICE_KINDS, type ServiceKind } from '../../../src/routes/kinds.ts'
import { createRouteTable, DAEMONS } from '../../../src/routes/table.ts'
import { canonicalTarget } from '../../../src/routes/target.ts'

const FILE = resolve(import.meta.dirname, '../../conformance/tables/hadoop-http-routes.json')

const LIST = z.object({
  routes: z.array(
    z.object({
      daemon: z.string(),
      method: z.string(),
      path: z.string(),
      op: z.string().nullish(),
      kind: z.string(),
      policyKey: z.string().nullable(),
    }),
  ),
})

type Kind = Exclude<ServiceKind, 'custom'>
const DAEMON_KINDS = SERVICE_KINDS.filter((kind): kind is Kind => kind !== 'custom')

const KIND_OF: Readonly<Record<string, readonly Kind[]>> = {
  NameNode: ['namenode'],
  Router: ['router'],
  DataNode: ['datanode'],
  JournalNode: ['journalnode'],
  HttpFS: ['httpfs'],
  KMS: ['kms'],
  ResourceManager: ['resourcemanager'],
  NodeManager: ['nodemanager'],
  JobHistoryServer: ['jobhistory'],
  TimelineServer: ['timelineserver'],
  TimelineReader: ['timelineserver'],
  'any HttpServer2 daemon': DAEMON_KINDS,
}

/** On the list without rows of their own: what its notes say, and pages that its pages lead to. */
const ADDED = [
  ...DAEMON_KINDS.map(
    (kind) => `${kind} GET /prof-output-hadoop/{path} - admin security.admin.operations.protocol.acl`,
  ),
  'resourcemanager PUT /proxy/{}/{path} - ui security.applicationclient.protocol.acl',
  'resourcemanager POST /proxy/{}/{path} - ui security.applicationclient.protocol.acl',
  ...['/', '/favicon.ico', '/static/{path}', '/applicationhistory', '/applicationhistory/{path}'].map(
    (path) => `timelineserver GET ${path} - ui security.applicationhistory.protocol.acl`,
  ),
]

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/** `{path}` at the end is all that follows, whatever the list calls it; other names do not matter. */
const shape = (path: string): string =>
  path
    .replace(/(?<=\/(?:static|logs|cluster|node|jobhistory|timeline)\/)\{(?:file|page|rest)\}$/, '{path}')
    .replaceAll(/\{(?!path\}$)[^}]*\}/g, '{}')
    .replace(/(?<=.)\/$/, '')

const ours: readonly string[] = DAEMON_KINDS.flatMap((daemon) => {
  const { groups, operations } = DAEMONS[daemon]
  return [
    ...groups.flatMap(({ method, under = '', paths, kind, service }) =>
      words(paths).map((path) => `${daemon} ${method} ${shape(under + path)} - ${kind} ${service}`),
    ),
    ...(operations?.groups ?? []).flatMap(({ method, names, kind, service }) =>
      words(names).map((op) => `${daemon} ${method} /webhdfs/v1/{path} ${op} ${kind} ${service}`),
    ),
  ]
})

describe('the list of the routes of Hadoop', () => {
  const { routes } = LIST.parse(JSON.parse(readFileSync(FILE, 'utf8')))

  test('is the built-in one: nothing is missing, and nothing was added in silence', () => {
    const theirs = routes.flatMap(({ daemon, method, path, op, kind, policyKey }) =>
      (KIND_OF[daemon] ?? [daemon]).map((name) => {
        // The preflight of a DataNode is listed without its operation, which is the one that it needs.
        const asked = kind === 'preflight' ? 'CREATE' : (op ?? '-')
        return `${name} ${method} ${shape(path)} ${asked} ${kind} ${policyKey}`
      }),
    )
    expect(routes).toHaveLength(398)
    expect(ours.toSorted()).toEqual([...theirs, ...ADDED].toSorted())
  })

  test('is found by a table, row by row, with its key and its kind', () => {
    const wrong = routes.flatMap((row) =>
      (KIND_OF[row.daemon] ?? []).flatMap((kind) => {
        const op = row.kind === 'preflight' ? 'CREATE' : (row.op ?? '')
        const path = row.path.replaceAll(/\{[^}]*\}/g, 'some')
        const target = canonicalTarget(op === '' ? path : `${path}?op=${op}`)
        const match = createRouteTable(kind).match(row.method, target)
        const isRight =
          match.kind === 'route' && match.route.service === row.policyKey && match.route.kind === row.kind
        return isRight ? [] : [`${kind} ${row.method} ${path} ${op}: ${JSON.stringify(match)}`]
      }),
    )
    expect(wrong).toEqual([])
  })
})

test('every policy key of a route is one that is known', () => {
  const keys = DAEMON_KINDS.flatMap((kind) => {
    const { groups, operations } = DAEMONS[kind]
    return [...groups, ...(operations?.groups ?? [])].map(({ service }) => service)
  })
  expect([...new Set(keys)].filter((key) => key !== null && !SERVICE_KEYS.has(key))).toEqual([])
})

test('no route is listed twice', () => {
  expect(ours.filter((row, index) => ours.indexOf(row) !== index)).toEqual([])
})

test('only health checks and the preflight of a DataNode are exempt', () => {
  expect(ours.filter((row) => row.endsWith(' null'))).toEqual([
    'namenode GET /isActive - health null',
    'datanode OPTIONS /webhdfs/v1/{path} CREATE preflight null',
    'router GET /isActive - health null',
    'resourcemanager GET /isActive - health null',
  ])
})
