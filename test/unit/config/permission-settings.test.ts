import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadSettings, type Settings } from '../../../src/config/settings.ts'
import { COMPONENTS, isListed } from '../../../src/policy/components.ts'
import { configError } from '../../support/config-error.ts'
import { brief, temporaryFolder, writeFiles } from './support.ts'

const SERVICE = { name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: ['http://nn1:9870'] }

function load(settings: object): Settings {
  const folder = temporaryFolder()
  writeFiles(folder, { 'keddah.yaml': JSON.stringify({ services: [SERVICE], ...settings }, null, 1) })
  return loadSettings(join(folder, 'keddah.yaml'))
}

const problemsOf = (settings: object) => configError(() => load(settings))?.problems ?? []
const keysOf = (settings: object): string[] => problemsOf(settings).map(({ code, key }) => `${code} ${key}`)

const SOURCE = { serviceName: 'hadoop', source: { kind: 'file', policies: 'policies.json' } }
const CUSTOM = {
  name: 'kafka',
  kind: 'custom',
  listen: '127.0.0.1:0',
  upstreams: ['http://k:1'],
  routes: [{ path: '/', methods: ['GET'], service: 'exempt' }],
}

describe('permission verification in the settings', () => {
  test('is off where nobody has said anything', () => {
    expect(load({}).mode).toBeUndefined()
    expect(load({})).toMatchObject({
      cluster: { upgraded: false },
      components: {},
      roles: {},
      roleBindings: [],
    })
  })

  test('names of components are taken in any case, and spelled as the product does', () => {
    const grants = [{ component: 'yARN', resource: 'root.a', access: ['submit-app'] }]
    const settings = load({
      mode: 'normal',
      components: { hdfs: { fallback: 'deny' }, ZOOKEEPER: { verification: 'notRequired' } },
      roles: { a: { grants } },
      services: [SERVICE, { ...CUSTOM, component: 'kafka' }],
    })
    expect(settings.components).toEqual({
      HDFS: { fallback: 'deny', unknownOp: 'deny' },
      ZooKeeper: { verification: 'notRequired', unknownOp: 'deny' },
    })
    expect(settings.roles['a']?.grants[0]?.component).toBe('Yarn')
    expect(settings.services.map(({ component }) => component)).toEqual(['HDFS', 'Kafka'])
  })

  test.each([
    ['namenode', 'HDFS'],
    ['datanode', 'HDFS'],
    ['journalnode', 'HDFS'],
    ['router', 'HDFS'],
    ['httpfs', 'HDFS'],
    ['resourcemanager', 'Yarn'],
    ['nodemanager', 'Yarn'],
    ['timelineserver', 'Yarn'],
    ['jobhistory', 'Mapreduce'],
    ['kms', null],
  ])('a service of kind %s is of %s', (kind, component) => {
    const { services } = load({ services: [{ ...SERVICE, kind }] })
    expect(services[0]?.component).toBe(component)
  })

  test('what does nothing without `mode` is an error that says so', () => {
    const settings = {
      cluster: { upgraded: true },
      components: { HDFS: {} },
      roles: { a: { grants: [] } },
      roleBindings: [{ role: 'a', users: ['alice'] }],
      services: [{ ...CUSTOM, component: 'Kafka' }],
    }
    expect(keysOf(settings).sort()).toEqual([
      'no_mode cluster.upgraded',
      'no_mode components',
      'no_mode roleBindings',
      'no_mode roles',
      'no_mode services[0].component',
    ])
    expect(problemsOf({ components: {} })[0]).toMatchObject({
      line: 12,
      message: '`components` does nothing: without `mode` no permissions are verified',
      hint: 'set `mode: security` or `mode: normal`, or take it out',
    })
  })

  test.each(COMPONENTS)(
    'P-04: in security mode the verification of %s cannot be switched off',
    (component) => {
      const settings = { mode: 'security', components: { [component]: { verification: 'notRequired' } } }
      const [problem, ...others] = problemsOf(settings)
      expect(others).toEqual([])
      expect(problem?.key).toBe(`components.${component}.verification`)
      expect(problem?.message).toContain('Not supported')
      expect(
        problemsOf({ mode: 'security', components: { [component]: { verification: 'required' } } }),
      ).toEqual([])
    },
  )

  test('P-05: in normal mode four components can be switched, and the others keep what the table says', () => {
    const refused = (verification: string) =>
      COMPONENTS.filter(isListed).filter(
        (component) =>
          problemsOf({ mode: 'normal', components: { [component]: { verification } } }).length > 0,
      )
    const rest = ['Flume', 'Hive', 'Hue', 'Kafka', 'Loader', 'Mapreduce', 'Spark2x', 'Storm']
    expect(refused('notRequired')).toEqual(['ClickHouse', 'Oozie'])
    expect(refused('required')).toEqual(rest)
  })

  test.each([
    ['security', ['HBase', 'HDFS', 'Hive', 'Impala', 'Kafka', 'Spark2x', 'Storm', 'Yarn']],
    ['normal', ['HBase', 'HDFS', 'Hive', 'Spark2x', 'Yarn']],
  ])('P-08, P-10: in %s mode Ranger is for %j alone', (mode, allowed) => {
    const ranger = { enabled: true, ...SOURCE }
    const taken = COMPONENTS.filter(
      (component) => problemsOf({ mode, components: { [component]: { ranger } } }).length === 0,
    )
    expect(taken).toEqual(allowed)
  })

  test('P-03: what security mode has for Ranger may stand there in normal mode as well', () => {
    expect(problemsOf({ mode: 'normal', components: { Kafka: { ranger: SOURCE } } })).toEqual([])
    expect(keysOf({ mode: 'normal', components: { Flume: { ranger: SOURCE } } })).toEqual([
      'not_supported components.Flume.ranger',
    ])
  })

  test('P-07: Ranger can be off without a source, and not on', () => {
    const problems = (ranger: object) => keysOf({ mode: 'security', components: { HDFS: { ranger } } })
    expect(problems({ enabled: false })).toEqual([])
    expect(problems({ enabled: true })).toEqual(['missing_key components.HDFS.ranger'])
    expect(problems({ enabled: true, serviceName: 'hadoop' })).toEqual(['missing_key components.HDFS.ranger'])
  })

  test('queues are for Yarn, and their full names begin with the root', () => {
    const problems = (settings: object) => keysOf({ mode: 'normal', components: { Yarn: settings } })
    expect(problems({ queueNames: 'full', queues: { etl: 'root.prod.etl', all: 'root' } })).toEqual([])
    expect(problems({ queues: { etl: 'prod.etl', b: 'root.', c: 'rooted.c' } })).toEqual([
      'bad_value components.Yarn.queues.etl',
      'bad_value components.Yarn.queues.b',
      'bad_value components.Yarn.queues.c',
    ])
    // What is a full name already would be asked about as another queue.
    expect(problems({ queues: { 'root.prod': 'root.open' } })).toHaveLength(1)
    expect(keysOf({ mode: 'normal', components: { HDFS: { queues: { a: 'root.a' } } } })).toEqual([
      'not_supported components.HDFS.queues',
    ])
  })

  test('names that are none are told with what was meant', () => {
    const problems = problemsOf({
      mode: 'security',
      components: { Hdsf: {}, HDFS: {}, hdfs: {} },
      roles: {
        etl: {
          grants: [
            { component: 'Yran', resource: 'root', access: ['submit-app'] },
            { component: 'HDFS', resource: 'data', access: ['reed', 'write'] },
          ],
        },
      },
      roleBindings: [{ role: 'elt', users: ['alice'] }, { role: 'etl' }],
      services: [{ ...SERVICE, component: 'Yarn' }],
    })
    expect(brief(problems).map((text) => text.replace(/ \d+:\d+$/, ''))).toEqual([
      'bad_value services[0].component',
      'unknown_component components.Hdsf',
      'repeated components.hdfs',
      'unknown_component roles.etl.grants[0].component',
      'bad_value roles.etl.grants[1].resource',
      'unknown_access roles.etl.grants[1].access[0]',
      'unknown_role roleBindings[0].role',
      'bad_value roleBindings[1]',
    ])
    expect(problems.map(({ hint }) => hint)).toEqual([
      'take it out',
      'did you mean `HDFS`?',
      'keep one',
      'did you mean `Yarn`?',
      'paths begin with `/`',
      'did you mean `read`?',
      'did you mean `etl`?',
      'name `users` or `groups`',
    ])
  })

  test('a key of a component that is none is told with the ones that are', () => {
    const problems = problemsOf({ mode: 'security', components: { HDFS: { verfication: 'required' } } })
    expect(problems).toMatchObject([
      { code: 'unknown_key', key: 'components.HDFS.verfication', hint: 'did you mean `verification`?' },
    ])
  })
})
