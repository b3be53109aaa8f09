import { describe, expect, test } from 'vitest'
import { limits } from '../../../src/config/schema-limits.ts'
import type { LoadedService } from '../../../src/config/settings.ts'
import { completeServices } from '../../../src/config/upstreams.ts'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { configError } from '../../support/config-error.ts'
import { xml } from './support.ts'

const service = (kind: LoadedService['kind'], upstreams?: string[]): LoadedService => ({
  name: `my-${kind}`,
  kind,
  component: null,
  listen: { host: '127.0.0.1', port: 0 },
  revokeOnRefresh: true,
  upgrades: {},
  enforcement: 'enforce',
  routes: [],
  timeouts: { headers: 1, body: 1, connect: 1, upstreamHeaders: 1, idle: 1, tunnel: 1 },
  maxInFlight: 1,
  limits: limits.parse({}),
  tls: null,
  upstreamTls: null,
  redirects: 'rewrite',
  pageLinks: 'rewrite',
  highAvailability: { probe: 1, failoverWait: 0, failoverQueue: 1, retryBudget: 0 },
  ...(upstreams === undefined ? {} : { upstreams }),
})

function complete(services: LoadedService[], properties: Readonly<Record<string, string>>) {
  const settings = {
    services,
    file: '/etc/keddah.yaml',
    placeOf: (key: string) => ({ file: '/etc/keddah.yaml', line: 7, column: 3, key }),
  }
  return completeServices(settings, Configuration.of([parseConfigurationXml(xml(properties), '/conf/x.xml')]))
}

const upstreamsOf = (
  kind: LoadedService['kind'],
  properties: Readonly<Record<string, string>>,
): readonly string[] => complete([service(kind)], properties).flatMap(({ upstreams }) => upstreams)

const HA = {
  'dfs.nameservices': 'mycluster',
  'dfs.ha.namenodes.mycluster': 'nn1, nn2',
  'dfs.namenode.http-address.mycluster.nn1': 'host1:9870',
  'dfs.namenode.http-address.mycluster.nn2': 'host2:9870',
}
const RM_HA = { 'yarn.resourcemanager.ha.enabled': 'true', 'yarn.resourcemanager.ha.rm-ids': 'rm1,rm2' }

describe('upstreams that the settings leave out', () => {
  test.each<[string, LoadedService['kind'], Readonly<Record<string, string>>, string[]]>([
    ['a NameNode', 'namenode', { 'dfs.namenode.http-address': 'nn1:9870' }, ['http://nn1:9870']],
    ['a pair of NameNodes', 'namenode', HA, ['http://host1:9870', 'http://host2:9870']],
    [
      'a name service without a pair',
      'namenode',
      { 'dfs.nameservices': 'one', 'dfs.namenode.http-address.one': 'nn1:50070' },
      ['http://nn1:50070'],
    ],
    [
      "the daemon's own of several name services",
      'namenode',
      { ...HA, 'dfs.nameservices': 'mycluster,other', 'dfs.nameservice.id': 'mycluster' },
      ['http://host1:9870', 'http://host2:9870'],
    ],
    ['blanks around', 'namenode', { 'dfs.namenode.http-address': ' nn1:9870 ' }, ['http://nn1:9870']],
    ['this machine', 'datanode', { 'dfs.datanode.http.address': '0.0.0.0:9864' }, ['http://127.0.0.1:9864']],
    ['IPv6', 'journalnode', { 'dfs.journalnode.http-address': '[::1]:8480' }, ['http://[::1]:8480']],
    [
      'a ResourceManager by its address',
      'resourcemanager',
      { 'yarn.resourcemanager.webapp.address': 'rm:8888', 'yarn.resourcemanager.hostname': 'other' },
      ['http://rm:8888'],
    ],
    ['by its host', 'resourcemanager', { 'yarn.resourcemanager.hostname': 'rm' }, ['http://rm:8088']],
    [
      'a pair of ResourceManagers',
      'resourcemanager',
      {
        ...RM_HA,
        'yarn.resourcemanager.webapp.address.rm1': 'rm1:8188',
        'yarn.resourcemanager.hostname.rm2': 'rm2',
      },
      ['http://rm1:8188', 'http://rm2:8088'],
    ],
    [
      'a pair that is switched off',
      'resourcemanager',
      { ...RM_HA, 'yarn.resourcemanager.ha.enabled': 'false', 'yarn.resourcemanager.hostname': 'rm' },
      ['http://rm:8088'],
    ],
    [
      'a reference to another key',
      'resourcemanager',
      {
        'yarn.resourcemanager.hostname': 'rm',
        'yarn.resourcemanager.webapp.address': '${yarn.resourcemanager.hostname}:8088',
      },
      ['http://rm:8088'],
    ],
    [
      'a job history server',
      'jobhistory',
      { 'mapreduce.jobhistory.webapp.address': 'jh:19888' },
      ['http://jh:19888'],
    ],
    ['a timeline server', 'timelineserver', { 'yarn.timeline-service.hostname': 'ts' }, ['http://ts:8188']],
    ['a NodeManager', 'nodemanager', { 'yarn.nodemanager.hostname': 'nm' }, ['http://nm:8042']],
    ['a router', 'router', { 'dfs.federation.router.http-address': 'r:50071' }, ['http://r:50071']],
    [
      'a pair of NameNodes that speak HTTPS alone',
      'namenode',
      {
        ...HA,
        'dfs.http.policy': 'https_only',
        'dfs.namenode.https-address.mycluster.nn1': 'host1:9871',
        'dfs.namenode.https-address.mycluster.nn2': 'host2:9871',
      },
      ['https://host1:9871', 'https://host2:9871'],
    ],
    [
      'a NameNode that speaks both',
      'namenode',
      {
        'dfs.http.policy': 'HTTP_AND_HTTPS',
        'dfs.namenode.http-address': 'nn1:9870',
        'dfs.namenode.https-address': 'nn1:9871',
      },
      ['http://nn1:9870'],
    ],
    [
      'a ResourceManager that speaks HTTPS alone, by its host',
      'resourcemanager',
      { 'yarn.http.policy': 'HTTPS_ONLY', 'yarn.resourcemanager.hostname': 'rm' },
      ['https://rm:8090'],
    ],
    [
      'one whose file system speaks HTTPS, but not itself',
      'resourcemanager',
      { 'dfs.http.policy': 'HTTPS_ONLY', 'yarn.resourcemanager.hostname': 'rm' },
      ['http://rm:8088'],
    ],
    [
      'a job history server that speaks HTTPS alone',
      'jobhistory',
      {
        'mapreduce.jobhistory.http.policy': 'HTTPS_ONLY',
        'mapreduce.jobhistory.webapp.address': 'jh:19888',
        'mapreduce.jobhistory.webapp.https.address': 'jh:19890',
      },
      ['https://jh:19890'],
    ],
  ])('%s', (_, kind, properties, wanted) => {
    expect(upstreamsOf(kind, properties)).toEqual(wanted)
  })

  test('those that are written count before all files', () => {
    const [ready] = complete([service('namenode', ['http://mine'])], {
      'dfs.namenode.http-address': 'nn1:9870',
    })
    expect(ready?.upstreams).toEqual(['http://mine'])
  })

  test.each<[string, LoadedService['kind'], Readonly<Record<string, string>>, string]>([
    ['nothing is set', 'namenode', {}, '`dfs.namenode.http-address` is not set'],
    ['the files do not name the daemon', 'kms', {}, "Hadoop's files do not name this daemon"],
    [
      'there are several name services',
      'namenode',
      { ...HA, 'dfs.nameservices': 'a,b' },
      '`dfs.namenode.http-address.<nameservice>` is not set',
    ],
    [
      'a pair has no addresses',
      'resourcemanager',
      RM_HA,
      '`yarn.resourcemanager.webapp.address.rm1`, `yarn.resourcemanager.hostname.rm1`',
    ],
    [
      'there is an HTTP address, but it speaks HTTPS alone',
      'namenode',
      { 'dfs.namenode.http-address': 'nn1:9870', 'dfs.http.policy': 'HTTPS_ONLY' },
      '`dfs.namenode.https-address` is not set',
    ],
    [
      'the policy is none',
      'namenode',
      { 'dfs.namenode.http-address': 'nn1:9870', 'dfs.http.policy': 'HTTPS' },
      "`dfs.http.policy` is none of Hadoop's policies",
    ],
    ['the address has no port', 'namenode', { 'dfs.namenode.http-address': 'nn1' }, '`nn1`'],
    [
      'the address is a URL',
      'namenode',
      { 'dfs.namenode.http-address': 'http://nn1:9870' },
      '`http://nn1:9870`',
    ],
    ['the port is too high', 'namenode', { 'dfs.namenode.http-address': 'nn1:98700' }, '`nn1:98700`'],
  ])(
    'where %s, the service is named with its place and the keys that were looked for',
    (_, kind, properties, words) => {
      const error = configError(() => complete([service(kind), service('custom', ['http://x'])], properties))
      expect(error?.problems).toMatchObject([
        { code: 'no_upstream', file: '/etc/keddah.yaml', line: 7, hint: 'name them with `upstreams`' },
      ])
      expect(error?.message).toContain(`my-${kind}`)
      expect(error?.message).toContain(words)
    },
  )

  test('every service is reported', () => {
    const error = configError(() => complete([service('namenode'), service('kms')], {}))
    expect(error?.problems).toHaveLength(2)
  })

  test('half a pair is not passed over in silence', () => {
    const half = { ...HA, 'dfs.namenode.http-address.mycluster.nn2': '' }
    expect(configError(() => upstreamsOf('namenode', half))?.message).toContain('nn2')
  })
})
