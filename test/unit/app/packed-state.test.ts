import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadApp, type State } from '../../../src/app.ts'
import { type PackedState, StatePacker, unpackState } from '../../../src/app/workers/packed-state.ts'
import { packValue, unpackValue } from '../../../src/app/workers/packed-value.ts'
import { shareOf } from '../../../src/app/workers/share.ts'
import { Secret } from '../../../src/config/secret.ts'
import { authorize } from '../../../src/decision/authorize.ts'
import { AuthenticationError } from '../../../src/errors.ts'
import { type KeddahFiles, writeKeddahFiles } from '../../support/keddah.ts'

const CLIENT = 'security.client.protocol.acl'
const services = [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: ['http://127.0.0.1:1'] }]
const trustedHeader = {
  kind: 'trustedHeader',
  header: 'X-User',
  secretHeader: 'X-Secret',
  secretFile: 'secret',
  peers: ['127.0.0.1'],
}

async function load(policy: KeddahFiles['policy'], settings: object = {}): Promise<State> {
  const files = writeKeddahFiles({ policy, settings: { services, ...settings } })
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
