import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadApp } from '../src/app.ts'
import { StatePacker, unpackState } from '../src/app/workers/packed-state.ts'
import { loadSettings, type Settings } from '../src/config/settings.ts'
import { TestAuthority } from './support/certificates.ts'

const ROOT = resolve(import.meta.dirname, '..')
const CONFIG = resolve(ROOT, 'config')
const files = readdirSync(CONFIG, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
)

const authority = new TestAuthority()
const top = mkdtempSync(join(tmpdir(), 'keddah-examples-'))
afterAll(() => rmSync(top, { recursive: true, force: true }))

const POLICY = `<configuration>
  <property><name>security.client.protocol.acl</name><value>alice</value></property>
</configuration>
`

/**
 * A copy of the file with its absolute paths below a folder of the test, where all that it names is there. `beside` is a
 * folder with Hadoop's files that belong to it.
 */
function placed(yaml: string, name: string, beside?: string): string {
  const folder = mkdtempSync(join(top, 'case-'))
  for (const made of ['hadoop', 'keddah', 'state', 'log']) mkdirSync(join(folder, made))
  writeFileSync(join(folder, 'hadoop/hadoop-policy.xml'), POLICY)
  writeFileSync(join(folder, 'hadoop/core-site.xml'), '<configuration/>')
  for (const xml of beside === undefined ? [] : readdirSync(beside).filter((file) => file.endsWith('.xml')))
    copyFileSync(join(beside ?? '', xml), join(folder, 'hadoop', xml))
  writeFileSync(join(folder, 'keddah/proxy.secret'), 'not a secret\n', { mode: 0o600 })
  writeFileSync(join(folder, 'keddah/ranger.password'), 'not a secret\n', { mode: 0o600 })
  writeFileSync(
    join(folder, 'keddah/yarn-policies.json'),
    '{"serviceName": "cluster1_yarn", "policies": []}\n',
  )
  const { certificate, keyPem } = authority.issue()
  writeFileSync(join(folder, 'keddah/tls.crt'), certificate)
  writeFileSync(join(folder, 'keddah/tls.key'), keyPem, { mode: 0o600 })
  writeFileSync(join(folder, 'keddah/ca.crt'), authority.certificate)
  const file = join(folder, 'keddah', name)
  const text = yaml
    .replaceAll('/etc/hadoop/conf', join(folder, 'hadoop'))
    .replaceAll('/etc/keddah', join(folder, 'keddah'))
    .replaceAll('/var/lib/keddah', join(folder, 'state'))
    .replaceAll('/var/log/keddah', join(folder, 'log'))
  writeFileSync(file, text)
  return file
}

const read = (name: string): string => readFileSync(join(CONFIG, name), 'utf8')

describe('config/', () => {
  test('there are the examples that the documentation names', () => {
    const pages = ['docs/configuration.md', 'docs/operations.md', 'docs/high-availability.md']
    const named = pages.flatMap((page) =>
      [...readFileSync(resolve(ROOT, page), 'utf8').matchAll(/config\/((?:[a-z-]+\/)*[a-z-]+\.yaml)/g)].map(
        ([, name]) => name,
      ),
    )
    expect(named.filter((name) => name !== undefined && !files.includes(name))).toEqual([])
    expect(files.length).toBeGreaterThanOrEqual(7)
  })

  test.each(files)('%s loads, and the policy with it', async (name) => {
    const file = placed(read(name), 'keddah.yaml', dirname(resolve(CONFIG, name)))
    const refresher = await loadApp({ settingsFile: file, environment: new Map() })
    const { services, hadoop } = refresher.current()
    expect(services.length).toBeGreaterThan(0)
    expect(services.every(({ upstreams }) => upstreams.length > 0)).toBe(true)
    expect(hadoop.policy.services.get('security.client.protocol.acl')?.acl.text).toBe('alice')
  })

  test.each([
    ['namenode-ha', ['http://nn1.example.com:9870', 'http://nn2.example.com:9870']],
    ['resourcemanager-ha', ['http://rm1.example.com:8088', 'http://rm2.example.com:8088']],
  ])('%s has its pair from the file of Hadoop beside it', async (name, pair) => {
    const folder = join(CONFIG, 'examples', name)
    const file = placed(readFileSync(join(folder, 'keddah.yaml'), 'utf8'), 'keddah.yaml', folder)
    const refresher = await loadApp({ settingsFile: file, environment: new Map() })
    expect(refresher.current().services.map(({ upstreams }) => upstreams)).toEqual([pair])
  })

  test.each(files)('%s can be handed to a worker', async (name) => {
    const file = placed(read(name), 'keddah.yaml', dirname(resolve(CONFIG, name)))
    const state = (await loadApp({ settingsFile: file, environment: new Map() })).current()
    const packed = structuredClone(new StatePacker().pack(state, state.services))
    const there = unpackState(packed, null)
    const placeOf = expect.any(Function)
    // Where policies come from is the business of the main thread.
    expect({ ...there.settings, placeOf }).toEqual({ ...state.settings, placeOf, rangerServices: [] })
    expect(there.services).toEqual(state.services)
    expect(there.prepared.groupsPrint).toBe(state.prepared.groupsPrint)
  })

  test('the smallest one has fifteen lines of settings at most', () => {
    const lines = read('examples/minimal-namenode.yaml')
      .split('\n')
      .filter((line) => /^\s*[^\s#]/.test(line))
    expect(lines.length).toBeLessThanOrEqual(15)
  })

  test('keddah.yaml has the defaults', () => {
    const written = loadSettings(placed(read('keddah.yaml'), 'keddah.yaml'))
    const services = `services:
  - name: namenode
    kind: namenode
    listen: 0.0.0.0:19870
    upstreams: [http://nn1.example.com:9870, http://nn2.example.com:9870]
`
    const least = loadSettings(placed(services, 'keddah.yaml'))
    // What was moved to a folder of the test differs, and so does where the settings stand.
    const comparable = (settings: Settings): object => ({
      ...settings,
      file: null,
      placeOf: null,
      stateDir: null,
      hadoop: { ...settings.hadoop, confDir: null },
    })
    expect(comparable(written)).toEqual(comparable(least))
    expect([least.stateDir, least.hadoop.confDir]).toEqual(['/var/lib/keddah', '/etc/hadoop/conf'])
    expect(read('keddah.yaml')).toContain('stateDir: /var/lib/keddah\n')
    expect(read('keddah.yaml')).toContain('confDir: /etc/hadoop/conf\n')
  })

  test('what is written out as a comment in keddah.yaml loads as well', () => {
    const wanted = /^( *)# (.*)$/
    const text = read('keddah.yaml')
      .split('\n')
      .map((line) => ({ line, comment: wanted.exec(line) }))
    const uncommented: string[] = []
    let inside = false
    for (const { line, comment } of text) {
      const body = comment?.[2] ?? ''
      if (
        /^(?:tokens|authenticators|groups|routes|tls|mode|component|upstreamTls|proxyProtocol|hosts):/.test(
          body,
        )
      ) {
        inside = true
        uncommented.pop()
      }
      inside &&= comment !== null
      uncommented.push(inside ? `${comment?.[1] ?? ''}${body}` : line)
    }
    const yaml = uncommented
      .join('\n')
      .replace('kind: namenode\n', 'kind: custom\n')
      .replace(/^ {4}highAvailability:\n(?: {6}.*\n)+/m, '')
      .replace('http://nn1', 'https://nn1')
    const settings = loadSettings(placed(yaml, 'keddah.yaml'))
    expect(settings.admin.tokens).toHaveLength(1)
    expect(settings.identity.authenticators).toHaveLength(2)
    expect(settings.groups.overrides).toEqual({ alice: ['staff', 'eng'] })
    expect(settings.services[0]?.routes).toHaveLength(1)
    expect(settings.services[0]?.tls?.names).toHaveLength(1)
    expect(settings.services[0]?.upstreamTls?.serverName).toBe('nn1.example.com')
    expect(settings.services[0]?.proxyProtocol?.from).toHaveLength(1)
    expect(settings.services[0]?.hosts).toHaveLength(2)
    expect(settings.admin.tls?.clientAuth).toBe('none')
    expect(settings.components.Yarn?.ranger?.source?.kind).toBe('admin')
    expect(settings.roleBindings).toHaveLength(1)
    expect(settings.services[0]?.component).toBe('HDFS')
  })
})
