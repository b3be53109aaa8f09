import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { HostNames } from '../../../src/config/host-names.ts'
import { CLIENT, NameService, policyOf, setUp, until } from './support.ts'

describe('looking up names', () => {
  test('each name once, and who has none is named', async () => {
    const service = new NameService()
    service.addresses.set('a', '192.0.2.1')
    const names = await new HostNames(service.lookup).resolveAll(['a', 'b', 'a'], true)
    expect([names.addresses.get('a'), names.addresses.get('b'), names.addresses.get('c')]).toEqual([
      '192.0.2.1',
      undefined,
      undefined,
    ])
    expect([names.stale, names.unresolved]).toEqual([[], ['b']])
    expect(service.asked).toEqual(['a', 'b'])
  })

  test('the last good address counts while the name service is out', async () => {
    const service = new NameService()
    service.addresses.set('a', '192.0.2.1')
    const hosts = new HostNames(service.lookup)
    await hosts.resolveAll(['a'], true)
    service.addresses.clear()
    for (let times = 0; times < 3; times += 1) {
      const names = await hosts.resolveAll(['a', 'b'], true)
      expect([names.addresses.get('a'), names.stale, names.unresolved]).toEqual(['192.0.2.1', ['a'], ['b']])
    }
    service.addresses.set('a', '192.0.2.2')
    expect((await hosts.resolveAll(['a'], true)).addresses.get('a')).toBe('192.0.2.2')
  })

  test('Hadoop forgets it at once', async () => {
    const service = new NameService()
    service.addresses.set('a', '192.0.2.1')
    const hosts = new HostNames(service.lookup)
    await hosts.resolveAll(['a'], false)
    service.addresses.clear()
    expect((await hosts.resolveAll(['a'], false)).addresses.get('a')).toBeUndefined()
  })

  test('a name that left the policy is forgotten', async () => {
    const service = new NameService()
    service.addresses.set('a', '192.0.2.1')
    const hosts = new HostNames(service.lookup)
    await hosts.resolveAll(['a'], true)
    await hosts.resolveAll([], true)
    service.addresses.clear()
    expect((await hosts.resolveAll(['a'], true)).unresolved).toEqual(['a'])
  })

  test('a name service that does not answer holds a load for a bounded time', async () => {
    const service = new NameService()
    service.gate = new Promise(() => {})
    const hosts = new HostNames(service.lookup, { oneMs: 10_000, allMs: 20 })
    const names = Array.from({ length: 100 }, (_, index) => `host${index}`)
    expect((await hosts.resolveAll(names, true)).unresolved).toHaveLength(100)
    expect(service.asked.length).toBeLessThanOrEqual(16)
  })

  test('one name without an answer does not keep the others waiting', async () => {
    const service = new NameService()
    service.addresses.set('b', '192.0.2.2')
    const never = new Promise<string>(() => {})
    const hosts = new HostNames((name) => (name === 'a' ? never : service.lookup(name)), { oneMs: 20 })
    const names = await hosts.resolveAll(['a', 'b'], true)
    expect([names.addresses.get('b'), names.unresolved]).toEqual(['192.0.2.2', ['a']])
  })

  test('an answer that comes late is not added to what was given out', async () => {
    const service = new NameService()
    service.addresses.set('a', '192.0.2.1')
    const { promise, resolve } = Promise.withResolvers<void>()
    service.gate = promise
    const names = await new HostNames(service.lookup, { allMs: 10 }).resolveAll(['a'], true)
    resolve()
    await until(() => service.asked.length === 1, 'the name was asked for')
    await new Promise((done) => setImmediate(done))
    expect(names.addresses.get('a')).toBeUndefined()
  })
})

describe('names and refreshes', () => {
  const POLICY = 'conf/hadoop-policy.xml'
  const HOSTS = 'security.client.protocol.hosts'

  test('a refresh with a dead name service keeps the last good addresses and says so', async () => {
    const names = new NameService()
    names.addresses.set('edge1', '192.0.2.11')
    const { refresher } = await setUp({ [POLICY]: policyOf('alice', { [HOSTS]: 'edge1' }) }, { names })
    const { revision } = refresher.current()
    names.addresses.clear()
    expect(await refresher.refresh('admin', 'all')).toMatchObject({ ok: true, revision })
    expect(refresher.current().hadoop.policy.findings.map(({ code }) => code)).toEqual(['stale_host'])
  })

  test.each<[string, string, boolean]>([
    ['stale', 'stale_host', true],
    ['unresolved', 'unresolved_host', false],
  ])('a name that is %s triggers a load once it resolves, asked for every 30 s', async (_, code, isKnown) => {
    const names = new NameService()
    if (isKnown) names.addresses.set('edge1', '192.0.2.11')
    const { refresher } = await setUp({ [POLICY]: policyOf('alice', { [HOSTS]: 'edge1' }) }, { names })
    names.addresses.clear()
    await refresher.refresh('admin', 'all')
    expect(refresher.current().hadoop.policy.findings.map((finding) => finding.code)).toEqual([code])
    const hosts = (address: string): boolean | undefined =>
      refresher.current().hadoop.policy.services.get(CLIENT)?.hosts.list.includes(address)

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 })
    onTestFinished(() => void vi.useRealTimers())
    expect(await refresher.refreshIfChanged('watch')).toBeNull()
    expect([hosts('192.0.2.11'), hosts('192.0.2.12')]).toEqual([isKnown, false])
    names.addresses.set('edge1', '192.0.2.12')
    vi.setSystemTime(Date.now() + 29_000)
    expect(await refresher.refreshIfChanged('watch')).toBeNull()
    vi.setSystemTime(Date.now() + 1_000)
    expect(await refresher.refreshIfChanged('watch')).toMatchObject({ ok: true, changed: true })
    expect([hosts('192.0.2.11'), hosts('192.0.2.12')]).toEqual([false, true])
    expect(refresher.current().hadoop.policy.findings).toEqual([])
  })

  test('another address of a name is another revision', async () => {
    const names = new NameService()
    names.addresses.set('edge1', '192.0.2.11')
    const { refresher } = await setUp({ [POLICY]: policyOf('alice', { [HOSTS]: 'edge1' }) }, { names })
    names.addresses.set('edge1', '192.0.2.12')
    expect(await refresher.refresh('admin', 'all')).toMatchObject({ ok: true, changed: true })
  })
})
