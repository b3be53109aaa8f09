import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { RefreshResult } from '../../src/config/refresher.ts'
import { startTestApp, type TestApp } from '../support/attack/app.ts'
import { hadoopXml } from '../support/keddah.ts'

const CLIENT = 'security.client.protocol.acl'

let upstream: Server
let origin = ''
let keddah: TestApp

const portOf = (server: Server): number => (server.address() as AddressInfo).port

const listening = async (host: string, port: number): Promise<Server> => {
  const server = createServer((_, response) => void response.end('somebody else'))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return server
}

const service = (name: string, listen: string, more: object = {}): Record<string, unknown> => ({
  name,
  kind: 'namenode',
  listen,
  upstreams: [origin],
  ...more,
})

const BOTH = (): Record<string, unknown>[] => [service('a', '127.0.0.1:0'), service('b', '127.0.0.1:0')]

beforeAll(async () => {
  upstream = createServer((_, response) => void response.end('{"FileStatuses":{"FileStatus":[]}}'))
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${portOf(upstream)}`
})
afterAll(() => {
  upstream.closeAllConnections()
  upstream.close()
})
beforeEach(async () => {
  const settings = { watch: { enabled: false, poll: '60s' }, services: BOTH() }
  keddah = await startTestApp({ policy: { [CLIENT]: 'alice' }, settings })
})
afterEach(() => keddah.stop())

const hostOf = (name: string): string => new URL(keddah.url(name)).host

const reload = (services: object[]): Promise<RefreshResult> => {
  const settings = {
    hadoop: { confDir: 'conf' },
    stateDir: 'state',
    admin: { listen: '127.0.0.1:0' },
    identity: { authenticators: [{ kind: 'pseudo' }] },
    audit: { file: 'audit.log' },
    watch: { enabled: false, poll: '60s' },
    services,
  }
  writeFileSync(keddah.configFile, JSON.stringify(settings, null, 2))
  return keddah.app.refresh('signal', 'all')
}

/** 200 or 403 by the policy in force; the text of somebody else; null where nobody listens. */
const answerAt = async (host: string, user: string): Promise<number | null> => {
  try {
    const url = `http://${host}/webhdfs/v1/?op=LISTSTATUS&user.name=${user}`
    return (await fetch(url, { headers: { Connection: 'close' } })).status
  } catch {
    return null
  }
}

const ready = async (): Promise<{ status: number; reasons: string[]; warnings: string[] }> => {
  const answer = await fetch(`${keddah.app.adminUrl}/readyz`)
  const { reasons, warnings } = (await answer.json()) as { reasons: string[]; warnings: string[] }
  return { status: answer.status, reasons, warnings }
}

test('an address of another machine is told as that, not as a port that is taken', async () => {
  // Addresses of documentation (RFC 5737) are nobody's.
  const result = await reload([service('a', '192.0.2.1:0'), service('b', '127.0.0.1:0')])
  const [problem] = result.ok ? [] : result.error.problems
  expect(problem?.message).toContain('EADDRNOTAVAIL')
  expect(problem?.hint).toBe('name an address that this machine has, or `0.0.0.0` or `[::]` for all of them')
})

describe('a refresh whose services cannot all be listened for', () => {
  test('is refused as a whole: no service, no policy and no listener is taken up', async () => {
    const taken = await listening('127.0.0.1', 0)
    onTestFinished(() => void taken.close())
    const [a, b] = [hostOf('a'), hostOf('b')]
    writeFileSync(keddah.policyFile, hadoopXml({ [CLIENT]: 'bob' }))
    const result = await reload([
      service('a', `127.0.0.1:${portOf(taken)}`),
      service('c', '127.0.0.1:0'),
      service('b', '127.0.0.1:0', { enforcement: 'observe' }),
    ])
    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_CONFIG_LISTEN' } })
    const [problem, ...more] = result.ok ? [] : result.error.problems
    expect(more).toEqual([])
    expect(problem).toMatchObject({ file: keddah.configFile, key: 'services[0].listen' })
    expect(problem?.line).toBeGreaterThan(1)
    expect(problem?.message).toContain('EADDRINUSE')
    expect(problem?.hint).toBe('choose another port, or end the program that holds it')

    expect([...keddah.app.urls().keys()]).toEqual(['a', 'b'])
    expect([hostOf('a'), hostOf('b')]).toEqual([a, b])
    for (const host of [a, b])
      expect([await answerAt(host, 'alice'), await answerAt(host, 'bob')]).toEqual([200, 403])
    expect(await ready()).toMatchObject({
      status: 200,
      reasons: [],
      warnings: [expect.stringContaining('ERR_CONFIG_LISTEN')],
    })
    const metrics = await (await fetch(`${keddah.app.adminUrl}/metrics`)).text()
    expect(metrics).toContain('keddah_refreshes_total{trigger="signal",result="failed"} 1')
    expect(metrics).toContain('keddah_policy_reload_failures_total{reason="err_config_listen"} 1')
  })

  test('tells every address that is taken, closes what it had bound, and works once they are free', async () => {
    const [one, two] = [await listening('127.0.0.1', 0), await listening('127.0.0.1', 0)]
    onTestFinished(() => void two.close())
    // On an address that no other test takes ports of.
    const probe = await listening('127.0.0.2', 0)
    const free = portOf(probe)
    await new Promise((resolve) => probe.close(resolve))
    const services = [
      ...BOTH(),
      service('c', `127.0.0.2:${free}`),
      service('d', `127.0.0.1:${portOf(one)}`),
      service('e', `127.0.0.1:${portOf(two)}`),
    ]
    const refused = await reload(services)
    const keys = refused.ok ? [] : refused.error.problems.map(({ key }) => key)
    expect(keys).toEqual(['services[3].listen', 'services[4].listen'])
    expect(await answerAt(`127.0.0.2:${free}`, 'alice')).toBeNull()
    await new Promise((resolve) => one.close(resolve))
    expect(await reload(services.slice(0, 4))).toMatchObject({ ok: true, changed: true })
    expect(await answerAt(hostOf('c'), 'alice')).toBe(200)
    expect((await ready()).warnings).toEqual([])
  })

  test('leaves a listener that had to make way where it was', async () => {
    const a = hostOf('a')
    const port = Number(new URL(keddah.url('a')).port)
    // The same port on another address of this machine, so that all addresses together are not to be had.
    const other = await listening('127.0.0.2', port)
    onTestFinished(() => void other.close())
    const result = await reload([service('a', `0.0.0.0:${port}`), service('b', '127.0.0.1:0')])
    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_CONFIG_LISTEN' } })
    expect(hostOf('a')).toBe(a)
    expect([await answerAt(a, 'alice'), await answerAt(a, 'mallory')]).toEqual([200, 403])
    expect((await ready()).status).toBe(200)
    // It counts as the one of the settings again: nothing is opened anew.
    expect(await reload(BOTH())).toMatchObject({ ok: true })
    expect(hostOf('a')).toBe(a)
  })
})

describe('a port of our own that is given up by the same refresh is free', () => {
  test('two services swap their ports', async () => {
    const [a, b] = [hostOf('a'), hostOf('b')]
    const result = await reload([service('a', b, { enforcement: 'observe' }), service('b', a)])
    expect(result).toMatchObject({ ok: true, changed: true })
    expect([hostOf('a'), hostOf('b')]).toEqual([b, a])
    // `a` only observes: whoever is let through shows which service answers where.
    expect([await answerAt(b, 'mallory'), await answerAt(a, 'mallory')]).toEqual([200, 403])
    expect((await ready()).reasons).toEqual([])
  })

  test('a service gets another name or another kind, and one takes the port of one that goes', async () => {
    const [a, b] = [hostOf('a'), hostOf('b')]
    expect(await reload([service('renamed', a), service('b', b, { kind: 'httpfs' })])).toMatchObject({
      ok: true,
    })
    expect([...keddah.app.urls().keys()].sort()).toEqual(['b', 'renamed'])
    expect([await answerAt(a, 'alice'), await answerAt(b, 'alice')]).toEqual([200, 200])
    expect(await reload([service('renamed', b)])).toMatchObject({ ok: true })
    expect([await answerAt(a, 'alice'), await answerAt(b, 'alice')]).toEqual([null, 200])
  })

  test('a swap is refused as a whole where a third service cannot be listened for', async () => {
    const taken = await listening('127.0.0.1', 0)
    onTestFinished(() => void taken.close())
    const [a, b] = [hostOf('a'), hostOf('b')]
    const third = service('c', `127.0.0.1:${portOf(taken)}`)
    const result = await reload([service('a', b, { enforcement: 'observe' }), service('b', a), third])
    expect(result).toMatchObject({ ok: false, error: { problems: [{ key: 'services[2].listen' }] } })
    expect([hostOf('a'), hostOf('b')]).toEqual([a, b])
    expect([await answerAt(a, 'mallory'), await answerAt(b, 'mallory')]).toEqual([403, 403])
  })
})
