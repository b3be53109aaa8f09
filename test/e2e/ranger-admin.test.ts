import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type KeddahProcess, runKeddah, startKeddah, waitFor, writeKeddahFiles } from '../support/keddah.ts'
import { type RangerAdmin, startRangerAdmin } from '../support/ranger-admin.ts'
import { hdfsDownload, hdfsPolicy } from '../support/ranger-policies.ts'
import { startUpstream } from '../support/upstream.ts'

const me = userInfo().username

/** Everything that Ranger Admin says of the service. */
const say = (admin: RangerAdmin, text: string): void => {
  const policies: Record<string, unknown> = JSON.parse(text)
  admin.services.set('hadoopdev', { policies })
}

const letting = (user: string): string => hdfsDownload(hdfsPolicy('/data', { allow: [{ users: [user] }] }))

const unreachable = (admin: RangerAdmin): void => {
  admin.fault = (request) => request.socket.destroy()
}

interface Site {
  readonly keddah: KeddahProcess
  readonly stateDir: string
}

async function filesOf(
  urls: readonly string[],
  more: object = {},
): Promise<Parameters<typeof startKeddah>[0]> {
  const upstream = await startUpstream()
  onTestFinished(upstream.close)
  const stateDir = mkdtempSync(join(tmpdir(), 'keddah-state-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true }))
  const source = { kind: 'admin', urls, pollInterval: '200ms' }
  return {
    policy: { 'security.refresh.policy.protocol.acl': me, 'security.client.protocol.acl': '*' },
    settings: {
      mode: 'security',
      stateDir,
      services: [{ name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [upstream.url] }],
      components: { HDFS: { fallback: 'deny', ranger: { serviceName: 'hadoopdev', source, ...more } } },
    },
  }
}

async function started(files: Parameters<typeof startKeddah>[0]): Promise<Site> {
  const keddah = await startKeddah(files)
  onTestFinished(async () => {
    await keddah.stop()
  })
  return { keddah, stateDir: String(files.settings['stateDir']) }
}

async function reasonFor({ keddah }: Site, user: string): Promise<string | null> {
  const answer = await fetch(`${keddah.urls.get('nn')}/webhdfs/v1/data/a?op=OPEN&user.name=${user}`)
  return answer.status === 200 ? 'allowed' : answer.headers.get('x-keddah-reason')
}

const cli = ({ keddah, stateDir }: Site, ...args: string[]): ReturnType<typeof runKeddah> =>
  runKeddah([...args, '--admin', keddah.admin, '--token-file', join(stateDir, 'admin.token')])

async function readiness({ keddah }: Site): Promise<{ status: number; warnings: string[] }> {
  const answer = await fetch(`${keddah.admin}/readyz`)
  const { warnings } = (await answer.json()) as { warnings: string[] }
  return { status: answer.status, warnings }
}

describe('policies of Ranger Admin', () => {
  test('count from the first request on, and what it sends later by itself', async () => {
    const admin = await startRangerAdmin()
    say(admin, letting('alice'))
    const site = await started(await filesOf([admin.url]))
    expect(await reasonFor(site, 'alice')).toBe('allowed')
    expect(await reasonFor(site, 'bob')).toBe('ranger_none')
    say(admin, letting('bob'))
    await waitFor(async () => (await reasonFor(site, 'bob')) === 'allowed')
    expect(await reasonFor(site, 'alice')).toBe('ranger_none')
  })

  test('stay while it does not answer; whoever asks for a refresh is told, and others can still be refreshed', async () => {
    const admin = await startRangerAdmin()
    say(admin, letting('alice'))
    const site = await started(await filesOf([admin.url]))
    unreachable(admin)
    const { code, stderr } = await cli(site, 'refresh', 'ranger-policies')
    expect(code).not.toBe(0)
    expect(stderr).toContain('the policies of HDFS')
    expect((await cli(site, 'refresh', 'service-acl')).code).toBe(0)
    expect((await cli(site, 'ranger', 'disable', 'HDFS')).code).toBe(0)
    expect(await reasonFor(site, 'alice')).toBe('mode')
    expect((await readiness(site)).status).toBe(200)
    admin.fault = null
    expect((await cli(site, 'ranger', 'enable', 'HDFS')).code).toBe(0)
    expect(await reasonFor(site, 'alice')).toBe('allowed')
    expect((await cli(site, 'refresh', 'ranger-policies')).code).toBe(0)
  })

  test('are taken from what was kept, at a start without it', async () => {
    const admin = await startRangerAdmin()
    say(admin, letting('alice'))
    const files = await filesOf([admin.url])
    const first = await started(files)
    expect(await reasonFor(first, 'alice')).toBe('allowed')
    await first.keddah.stop()
    unreachable(admin)
    const second = await started(files)
    expect(await reasonFor(second, 'alice')).toBe('allowed')
    expect(await reasonFor(second, 'bob')).toBe('ranger_none')
  })

  test('that have never come: the rest goes on, everybody is told, and they count once they come', async () => {
    const admin = await startRangerAdmin()
    unreachable(admin)
    const site = await started(await filesOf([admin.url], { onNoPolicies: 'deny' }))
    expect(await reasonFor(site, 'alice')).toBe('ranger_none')
    const { status, warnings } = await readiness(site)
    expect([status, warnings]).toEqual([200, [expect.stringContaining('no Ranger policies for HDFS')]])
    expect(site.keddah.stderr()).toContain('no Ranger policies for HDFS')
    say(admin, letting('alice'))
    admin.fault = null
    await waitFor(async () => (await reasonFor(site, 'alice')) === 'allowed')
    expect((await readiness(site)).warnings).toEqual([])
  })

  test('are asked for by nobody who looks at the settings, or has switched Ranger off', async () => {
    const admin = await startRangerAdmin()
    say(admin, letting('alice'))
    const files = await filesOf([admin.url])
    const folder = writeKeddahFiles(files)
    onTestFinished(() => folder.remove())
    expect((await runKeddah(['config', 'check', folder.configFile])).code).toBe(0)
    expect(admin.count()).toBe(0)
    const off = await started(await filesOf([admin.url], { enabled: false }))
    expect(await reasonFor(off, 'alice')).toBe('mode')
    expect(admin.count()).toBe(0)
    expect(existsSync(join(off.stateDir, 'ranger'))).toBe(false)
  })
})
