import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  type KeddahFiles,
  type KeddahFolder,
  type KeddahProcess,
  runKeddah,
  startKeddah,
  waitFor,
  writeKeddahFiles,
} from '../support/keddah.ts'

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')

/** An upstream that answers when it is told to. */
let upstream: Server
let origin = ''
const held: (() => void)[] = []
beforeAll(async () => {
  upstream = createServer((request, response) => {
    const answer = (): void => void response.end('{"FileStatuses":{"FileStatus":[]}}')
    if ((request.url ?? '').includes('/slow')) held.push(answer)
    else answer()
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
})
afterAll(() => {
  upstream.closeAllConnections()
  upstream.close()
})

const files = (settings: Record<string, unknown> = {}): KeddahFiles => ({
  policy: { 'security.client.protocol.acl': 'alice' },
  settings: {
    services: [{ name: 'namenode', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [origin] }],
    ...settings,
  },
})

const start = async (settings?: Record<string, unknown>): Promise<KeddahProcess> => {
  const keddah = await startKeddah(files(settings))
  onTestFinished(() => void keddah.stop())
  return keddah
}

const list = (keddah: KeddahProcess, user: string, path = ''): Promise<Response> =>
  fetch(`${keddah.urls.get('namenode')}/webhdfs/v1${path}/?op=LISTSTATUS&user.name=${user}`)

describe('keddah serve', () => {
  test('decides requests, says what it opened, and leaves a token for this machine until it ends', async () => {
    const keddah = await start()
    expect((await list(keddah, 'alice')).status).toBe(200)
    const refused = await list(keddah, 'mallory')
    expect([refused.status, refused.headers.get('x-keddah-reason')]).toEqual([403, 'acl'])
    expect((await fetch(`${keddah.admin}/readyz`)).status).toBe(200)

    const file = join(keddah.stateDir, 'admin.token')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(keddah.stateDir).mode & 0o777).toBe(0o700)
    const token = keddah.token()
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const headers = { Authorization: `Bearer ${token}` }
    expect((await fetch(`${keddah.admin}/admin/v1/policy`)).status).toBe(401)
    expect((await fetch(`${keddah.admin}/admin/v1/policy`, { headers })).status).toBe(200)
    await fetch(`${keddah.admin}/admin/v1/refresh/service-acl`, { method: 'POST', headers })

    keddah.signal('SIGTERM')
    expect(await keddah.ended).toBe(0)
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined()
    const audit = readFileSync(keddah.auditFile, 'utf8')
    expect(audit).toContain('"user":"mallory"')
    expect(audit).toContain(`"user":"${userInfo().username}"`)
    expect(audit).not.toContain(token)
  })

  test('warns of what opens something, and shows it as a metric', async () => {
    const keddah = await start({
      authorization: 'asHadoop',
      services: [
        { name: 'nn', kind: 'namenode', listen: '127.0.0.1:0', upstreams: [origin], enforcement: 'observe' },
      ],
    })
    const warnings = keddah.log().flatMap(({ level, msg }) => (level === 'warn' ? [String(msg)] : []))
    expect(warnings.join('\n')).toMatch(/`user\.name` is believed/)
    expect(warnings.join('\n')).toMatch(/service `nn` only observes/)
    expect(warnings.join('\n')).toMatch(/authorization is off/)
    const metrics = await (await fetch(`${keddah.admin}/metrics`)).text()
    expect(metrics).toContain('keddah_auth_pseudo_enabled 1')
    expect(metrics).toContain('keddah_service_enforcing{service="nn"} 0')
    expect(metrics).toContain('keddah_authorization_on 0')
  })

  test('outlives a SIGHUP from before it was read in, and loads anew once it runs', async () => {
    // Said at the one moment that no clock can meet: main.ts runs, and nothing that it needs is there yet.
    const preload = `import { registerHooks } from 'node:module'
      registerHooks({ resolve(specifier, context, next) {
        if (specifier.endsWith('cli/run.ts')) process.kill(process.pid, 'SIGHUP')
        return next(specifier, context)
      } })`
    const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(preload)}`]
    const keddah = await startKeddah(files(), { nodeArgs })
    onTestFinished(() => void keddah.stop())
    await waitFor(() => keddah.log().some(({ trigger }) => trigger === 'signal'))
    expect((await list(keddah, 'alice')).status).toBe(200)
  })

  test('lets requests finish at the first SIGTERM, and is not ready meanwhile', async () => {
    const keddah = await start()
    const slow = list(keddah, 'alice', '/slow')
    await waitFor(() => held.length === 1)
    keddah.signal('SIGTERM')
    await waitFor(async () => (await fetch(`${keddah.admin}/readyz`)).status === 503)
    const { reasons } = (await (await fetch(`${keddah.admin}/readyz`)).json()) as { reasons: string[] }
    expect(reasons).toEqual(['shutting down'])
    await expect(list(keddah, 'alice')).rejects.toThrow('fetch failed')
    held.pop()?.()
    expect((await slow).status).toBe(200)
    expect(await keddah.ended).toBe(0)
  })

  test('goes on taking connections for a while where it is told so, and asks each client to connect anew', async () => {
    const keddah = await start({ drain: { delay: '1h', deadline: '1h' } })
    expect((await list(keddah, 'alice')).headers.get('connection')).not.toBe('close')
    keddah.signal('SIGTERM')
    await waitFor(async () => (await fetch(`${keddah.admin}/readyz`)).status === 503)
    const answer = await list(keddah, 'alice')
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close'])
    keddah.signal('SIGTERM')
    expect(await keddah.ended).toBe(0)
  })

  test('cuts what is in flight at the deadline', async () => {
    const keddah = await start({ drain: { deadline: '200ms' } })
    const isCut = list(keddah, 'alice', '/slow').then(
      () => false,
      () => true,
    )
    await waitFor(() => held.length === 1)
    keddah.signal('SIGTERM')
    expect([await isCut, await keddah.ended]).toEqual([true, 0])
    held.pop()?.()
  })

  test('cuts requests at the second', async () => {
    const keddah = await start()
    const isCut = list(keddah, 'alice', '/slow').then(
      () => false,
      () => true,
    )
    await waitFor(() => held.length === 1)
    keddah.signal('SIGINT')
    await waitFor(() => keddah.log().some(({ msg }) => String(msg).startsWith('stopping')))
    keddah.signal('SIGINT')
    expect(await isCut).toBe(true)
    expect(await keddah.ended).toBe(0)
    held.pop()?.()
  })
})

describe('a start that is refused ends with 78, opens nothing, and says where and why', () => {
  const refused = async (
    change: (folder: KeddahFolder) => void,
    settings?: Record<string, unknown>,
  ): Promise<string> => {
    const folder = writeKeddahFiles(files(settings))
    onTestFinished(() => folder.remove())
    change(folder)
    const { code, stdout, stderr } = await runKeddah(['serve', '--config', folder.configFile])
    expect(statSync(join(folder.stateDir, 'admin.token'), { throwIfNoEntry: false })).toBeUndefined()
    expect({ code, stdout, stderr }).toMatchObject({ code: 78, stdout: '' })
    return stderr.replaceAll(folder.folder, '')
  }

  test('a broken policy, with line and column', async () => {
    const text = await refused((folder) => writeFileSync(folder.policyFile, '<configuration>\n<property>\n'))
    expect(text).toMatch(
      /^\/conf\/hadoop-policy\.xml:3:\d+: error: .*\n[^]*1 problem: nothing was started\n$/,
    )
  })

  test('ports that are taken, of services and of the admin listener, all at once', async () => {
    const taken = new URL(origin).host
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const alsoTaken = `127.0.0.1:${(other.address() as AddressInfo).port}`
    const text = await refused(() => {}, {
      admin: { listen: taken },
      services: [
        { name: 'free', kind: 'namenode', listen: '127.0.0.1:0', upstreams: ['http://127.0.0.1:1'] },
        { name: 'nn', kind: 'namenode', listen: alsoTaken, upstreams: ['http://127.0.0.1:1'] },
      ],
    })
    expect(text).toMatch(
      new RegExp(`/keddah\\.yaml:\\d+:\\d+: error: .services\\[1\\]\\.listen.*${alsoTaken}.*EADDRINUSE`),
    )
    expect(text).toMatch(
      new RegExp(`/keddah\\.yaml:\\d+:\\d+: error: .*${taken}.*admin\\.listen.*EADDRINUSE`),
    )
    expect(text).toContain('choose another port')
  })

  test('a state folder and an audit file that cannot be written, both at once', async () => {
    const text = await refused((folder) => {
      writeFileSync(folder.stateDir, 'a file')
      mkdirSync(folder.auditFile)
    })
    expect(text).toMatch(
      /\/keddah\.yaml:\d+:\d+: error: cannot write to `\/state` \(stateDir\): there is a file where a folder/,
    )
    expect(text).toMatch(
      /\/keddah\.yaml:\d+:\d+: error: cannot write to `\/audit\.log` \(audit\.file\): it is a folder\n +name a file/,
    )
    expect(text).toMatch(/2 problems: nothing was started\n$/)
  })

  test('a folder that this user may not write to, as `config check` says beforehand', async () => {
    const folder = writeKeddahFiles(files())
    onTestFinished(() => folder.remove())
    chmodSync(folder.folder, 0o555)
    // Root may write everywhere: then somebody without any right is asked instead.
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    for (const command of [
      ['config', 'check', folder.configFile],
      ['serve', '--config', folder.configFile],
    ]) {
      const { status, stderr } = spawnSync(process.execPath, [MAIN, ...command], {
        ...user,
        encoding: 'utf8',
      })
      expect(status).toBe(78)
      for (const key of ['stateDir', 'audit.file'])
        expect(stderr).toContain(`(${key}): the user of this process may not write there (EACCES)\n    `)
    }
    chmodSync(folder.folder, 0o755)
    expect(readdirSync(folder.folder).sort()).toEqual(['conf', 'keddah.yaml'])
  })

  test('a state folder that another instance has', async () => {
    const first = await start()
    const token = first.token()
    const { code, stderr } = await runKeddah(['serve', '--config', first.configFile])
    expect(code).toBe(78)
    expect(stderr).toMatch(
      /keddah\.yaml:\d+:\d+: error: .*\(stateDir\) is in use by the running instance with process id \d+\n/,
    )
    expect(stderr).toContain(`process id ${first.pid}\n`)
    expect(first.token()).toBe(token)
    expect((await runKeddah(['config', 'check', first.configFile])).code).toBe(0)

    // Killed, it leaves everything behind, and the next one starts all the same.
    first.signal('SIGKILL')
    await first.ended
    const child = spawn(process.execPath, [MAIN, 'serve', '--config', first.configFile])
    onTestFinished(() => void child.kill('SIGKILL'))
    let log = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
    await waitFor(() => log.includes('"msg":"ready"'))
    expect(first.token()).not.toBe(token)
  })
})
