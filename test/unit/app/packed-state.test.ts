import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadApp, type State } from '../../../src/app.ts'
import { type PackedState, StatePacker, unpackState } from '../../../src/app/workers/packed-state.ts'
import { packValue, unpackValue } from '../../../src/app/workers/packed-value.ts'
import { shareOf } from '../../../src/app/workers/share.ts'
import { Secret } from '../../../src/config/secret.ts'
import { authorize } from '../../../src/decision/authorize.ts'
import type { AuthorizationRequest } from '../../../src/decision/request.ts'
import type { Snapshot } from '../../../src/decision/snapshot.ts'
import { AuthenticationError } from '../../../src/errors.ts'
import { type KeddahFiles, writeKeddahFiles } from '../../support/keddah.ts'
import { access, askPath } from '../../support/permissions.ts'
import { hdfsDownload, hdfsPolicy } from '../../support/ranger-policies.ts'

const CLIENT = 'security.client.protocol.acl'
const services = [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: ['http://127.0.0.1:1'] }]
const trustedHeader = {
  kind: 'trustedHeader',
  header: 'X-User',
  secretHeader: 'X-Secret',
  secretFile: 'secret',
  peers: ['127.0.0.1'],
}

async function load(
  policy: KeddahFiles['policy'],
  settings: object = {},
  more: Readonly<Record<string, string>> = {},
): Promise<State> {
  const files = writeKeddahFiles({ policy, settings: { services, ...settings }, files: more })
  onTestFinished(() => files.remove())
  writeFileSync(join(files.folder, 'secret'), 's3cret\n', { mode: 0o600 })
  return (await loadApp({ settingsFile: files.configFile, environment: new Map() })).current()
}

/** As it comes out at the other end of a message channel. */
const cross = (packed: PackedState): PackedState => structuredClone(packed)

describe('a state on its way to a worker', () => {
  test('decides there as here, and identifies by the same secret', async () => {
    const state = await load(
      { [CLIENT]: 'alice staff', 'security.client.protocol.hosts.blocked': '10.0.0.0/8' },
      { identity: { authenticators: [trustedHeader] } },
    )
    const there = unpackState(cross(new StatePacker().pack(state, state.services)), null)
    expect(there.revision).toBe(state.revision)
    for (const [user, address] of [
      ['alice', '127.0.0.1'],
      ['bob', '127.0.0.1'],
      ['alice', '10.1.2.3'],
    ] as const) {
      const subject = { user, principal: user, method: 'SIMPLE', groups: [], realUser: null } as const
      const request = { service: CLIENT, subject, origin: { address, names: [] } }
      expect(authorize(there.snapshot, request)).toEqual(authorize(state.snapshot, request))
    }
    const view = (secret: string): Parameters<typeof there.prepared.identifier.identify>[0] => ({
      peer: '127.0.0.1',
      certificate: null,
      parameters: { userName: null, doAs: null },
      header: (name) => (name === 'x-user' ? ['alice'] : name === 'x-secret' ? [secret] : []),
    })
    expect(there.prepared.identifier.identify(view('s3cret'))).toMatchObject({ user: 'alice' })
    expect(() => there.prepared.identifier.identify(view('guessed'))).toThrow(AuthenticationError)
  })

  test('takes its lists along without a copy', async () => {
    const state = await load({ [CLIENT]: 'alice' })
    const { policy } = new StatePacker().pack(state, state.services)
    const buffers = JSON.stringify(policy, (_, value: unknown) =>
      value instanceof SharedArrayBuffer ? '[shared]' : value instanceof ArrayBuffer ? '[copied]' : value,
    )
    expect(buffers).toContain('[shared]')
    expect(buffers).not.toContain('[copied]')
  })

  test('leaves the texts of the policy behind: a worker shows none', async () => {
    const state = await load({ [CLIENT]: 'a-name-that-stands-nowhere-else,'.repeat(1_000) })
    const packed = new StatePacker().pack(state, state.services)
    expect([...packed.configuration.entries.keys()].filter((key) => key.startsWith('security.'))).toEqual([])
  })

  test('keeps the decisions of a policy that stays, and forgets those of one that was replaced', async () => {
    const state = await load({ [CLIENT]: 'alice' })
    const other = await load({ [CLIENT]: 'alice' })
    const packer = new StatePacker()
    const first = unpackState(cross(packer.pack(state, state.services)), null)
    const same = unpackState(cross(packer.pack(state, state.services)), first)
    expect(same.snapshot).toBe(first.snapshot)
    const next = unpackState(cross(packer.pack(other, other.services)), same)
    expect(next.snapshot).not.toBe(same.snapshot)
  })
})

describe('permissions on their way to a worker', () => {
  const ranger = { serviceName: 'hadoopdev', source: { kind: 'file', policies: 'hdfs.json' } }
  const settings = { mode: 'security', components: { HDFS: { fallback: 'deny', ranger } } }
  const policies = (user: string): string => hdfsDownload(hdfsPolicy('/data', { allow: [{ users: [user] }] }))
  const reading = (user: string): AuthorizationRequest => ({
    service: CLIENT,
    subject: { user, principal: user, method: 'SIMPLE', groups: [], realUser: null },
    origin: { address: '127.0.0.1', names: [] },
    access: access(askPath('/data/a')),
  })

  test('decide there as here, by policies that are shared and not copied', async () => {
    const state = await load({ [CLIENT]: '*' }, settings, { 'hdfs.json': policies('alice') })
    const packed = new StatePacker().pack(state, state.services)
    expect(packed.permissions?.policies.get('HDFS')?.engine?.source.buffer).toBeInstanceOf(SharedArrayBuffer)
    const there = unpackState(cross(packed), null)
    for (const user of ['alice', 'bob'])
      expect(authorize(there.snapshot, reading(user))).toEqual(authorize(state.snapshot, reading(user)))
    expect(authorize(there.snapshot, reading('bob')).reason).toBe('ranger_none')
    expect(there.snapshot.permissions?.revision).toBe(state.permissions?.revision)
  })

  test('stay, with their verdicts and compiled policies, while they are the same', async () => {
    const state = await load({ [CLIENT]: '*' }, settings, { 'hdfs.json': policies('alice') })
    const { permissions } = state
    if (permissions === null) throw new Error('there are no permissions')
    const packer = new StatePacker()
    const first = unpackState(cross(packer.pack(state, state.services)), null)
    const same = unpackState(cross(packer.pack({ ...state }, state.services)), first)
    expect(same.snapshot).toBe(first.snapshot)
    const switched = { ...permissions, switches: { ...permissions.switches, generation: 1 } }
    const next = unpackState(cross(packer.pack({ ...state, permissions: switched }, state.services)), same)
    expect(next.snapshot.verdicts).not.toBe(first.snapshot.verdicts)
    expect(next.snapshot.cache).toBe(first.snapshot.cache)
    expect(engineOf(next)).toBe(engineOf(first))
    expect(engineOf(next)).not.toBe(null)
  })

  const engineOf = ({ snapshot }: { snapshot: Snapshot }): unknown =>
    snapshot.permissions?.components.get('HDFS')?.ranger?.engine

  test('take no password for Ranger Admin along', async () => {
    const state = await load({ [CLIENT]: '*' }, settings, { 'hdfs.json': policies('alice') })
    expect(state.settings.rangerServices).toHaveLength(1)
    expect(new StatePacker().pack(state, state.services).told.plain.settings.rangerServices).toEqual([])
  })
})

describe('a value on its way to a worker', () => {
  test('comes back with its secrets, however deep, and these are nowhere else in it', () => {
    const value = {
      list: [{ secret: new Secret(Buffer.from('abc')) }],
      others: [null, undefined, 1.5],
      '': { 'a.b': new Secret(Buffer.from('def')) },
      bytes: new Uint8Array([1, 2]),
    }
    const packed = packValue(value)
    expect(JSON.stringify(packed.plain)).not.toContain('abc')
    const back = unpackValue(structuredClone(packed))
    expect(back).toMatchObject({ others: [null, undefined, 1.5], bytes: new Uint8Array([1, 2]) })
    const text = (secret: Secret | undefined): string => Buffer.from(secret?.reveal() ?? []).toString()
    expect([text(back.list[0]?.secret), text(back['']['a.b'])]).toEqual(['abc', 'def'])
  })

  test('takes no memory of others along', () => {
    // A small buffer is a view into memory that it shares with others.
    const { secrets } = packValue({ secret: new Secret(Buffer.from('short')) })
    expect(secrets[0]?.[1].buffer.byteLength).toBe(5)
  })

  test.each([
    ['a function', { deep: [{ made: () => 1 }] }, 'deep.0.made'],
    ['a map', { deep: new Map() }, 'deep'],
    ['an expression', { deep: { pattern: /x/ } }, 'deep.pattern'],
  ])('is refused, with its place, where it is %s', (_, value, place) => {
    expect(() => packValue(value)).toThrow(`\`${place}\` cannot cross to a worker`)
  })
})

test('what bounds an upstream or the process is divided, rounded up; what bounds one user or address is not', async () => {
  const limits = { connections: 10, connectionsPerAddress: 5, requestsPerSecondPerUser: 7 }
  const state = await load({ [CLIENT]: '*' }, { services: [{ ...services[0], maxInFlight: 4, limits }] })
  expect(shareOf(state.services, 3)).toMatchObject([
    { maxInFlight: 2, limits: { connections: 4, connectionsPerAddress: 5, requestsPerSecondPerUser: 7 } },
  ])
})
