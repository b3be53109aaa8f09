import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runKeddah, waitFor } from '../support/keddah.ts'

interface Demo {
  readonly admin: string
  readonly services: Readonly<Record<string, string>>
  readonly policyDir: string
  readonly configFile: string
}

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')

describe('keddah demo --json', () => {
  let child: ReturnType<typeof spawn>
  let stdout = ''
  let demo: Demo
  const statusOf = async (
    user: string,
    service = 'namenode',
    path = '/webhdfs/v1/?op=LISTSTATUS&',
  ): Promise<number> => (await fetch(`${demo.services[service]}${path}user.name=${user}`)).status

  beforeAll(async () => {
    child = spawn(process.execPath, [MAIN, 'demo', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    await waitFor(() => stdout.includes('\n'))
    demo = JSON.parse(stdout) as Demo
  })
  afterAll(() => void child.kill('SIGKILL'))

  test('prints one line with addresses without a trailing slash, and where the files are', () => {
    expect(Object.keys(demo)).toEqual(['admin', 'services', 'policyDir', 'configFile'])
    expect(Object.keys(demo.services)).toEqual(expect.arrayContaining(['namenode', 'resourcemanager']))
    for (const url of [demo.admin, ...Object.values(demo.services)])
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(existsSync(join(demo.policyDir, 'hadoop-policy.xml'))).toBe(true)
    expect(existsSync(demo.configFile)).toBe(true)
  })

  test('lets alice and bob list the root and ask for applications, and mallory not', async () => {
    const apps = ['resourcemanager', '/ws/v1/cluster/apps?'] as const
    expect([await statusOf('alice'), await statusOf('bob'), await statusOf('mallory')]).toEqual([
      200, 200, 403,
    ])
    expect([await statusOf('alice', ...apps), await statusOf('mallory', ...apps)]).toEqual([200, 403])
  })

  test('takes up an edited policy without being told', async () => {
    const file = join(demo.policyDir, 'hadoop-policy.xml')
    const before = await readFile(file, 'utf8')
    await writeFile(`${file}.new`, before.replaceAll('alice analysts', 'alice,mallory analysts'))
    await rename(`${file}.new`, file)
    await waitFor(async () => (await statusOf('mallory')) === 200)
    await writeFile(file, before)
    await waitFor(async () => (await statusOf('mallory')) === 403)
    expect(await statusOf('alice')).toBe(200)
  })

  test('needs no token on this machine, and its folder can be asked offline', async () => {
    const refreshed = await runKeddah(['refresh', 'service-acl', '--admin', demo.admin, '--json'])
    expect([refreshed.code, JSON.parse(refreshed.stdout)]).toMatchObject([0, { changed: false }])
    const byFile = await runKeddah(['refresh', '--config', demo.configFile, '--json'])
    expect([byFile.code, byFile.stderr]).toEqual([0, ''])
    expect((await runKeddah(['policy', 'show', '--config', demo.configFile])).code).toBe(0)
    const args = ['check', '--hadoop-conf', demo.policyDir, '--user', 'mallory', '--kind', 'namenode']
    expect((await runKeddah([...args, '--url', 'GET', '/webhdfs/v1/?op=LISTSTATUS'])).code).toBe(1)
    expect((await runKeddah(['config', 'check', demo.configFile])).code).toBe(0)
  })

  test('ends at SIGTERM with 0, has said nothing more, and takes its folder away', async () => {
    const ended = new Promise((done) => child.on('close', done))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(stdout.split('\n')).toHaveLength(2)
    expect(existsSync(demo.policyDir)).toBe(false)
  })
})

describe('keddah demo --try', () => {
  test('runs every request, prints it with its answer, and ends with 0', async () => {
    const before = new Set(readdirSync(tmpdir()))
    const { code, stdout, stderr } = await runKeddah(['demo', '--try'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/# allowed: alice is on the list\ncurl -i 'http.*'\n {2}200\n {2}\{"FileStatuses"/)
    expect(stdout).toMatch(/# refused: mallory is not\ncurl -i 'http.*'\n {2}403 {2}X-Keddah-Reason: acl\n/)
    expect(stdout).toMatch(/# refused: alice is off the list now\n.*\n {2}403 {2}X-Keddah-Reason: acl\n/)
    expect(stdout).toMatch(/all \d+ as announced\n$/)
    // Other tests may run a demo at the same time; what is left over stays for good.
    const left = (): string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith('keddah-demo-') && !before.has(name))
    await waitFor(() => left().length === 0)
  })

  test('is also there as JSON', async () => {
    const { code, stdout } = await runKeddah(['demo', '--try', '--json'])
    const report = JSON.parse(stdout) as { asAnnounced: boolean; requests: { status: number }[] }
    expect([code, report.asAnnounced]).toEqual([0, true])
    expect(new Set(report.requests.map(({ status }) => status))).toEqual(new Set([200, 403]))
  })
})

describe('keddah demo', () => {
  test('prints addresses, the policy folder and requests to copy', async () => {
    const child = spawn(process.execPath, [MAIN, 'demo'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    const ended = new Promise((done) => child.on('close', done))
    await waitFor(() => stdout.includes('Ctrl-C ends it'))
    const [, folder = ''] = /policy folder +(\S+)/.exec(stdout) ?? []
    const curls = [...stdout.matchAll(/^ {2}curl -i '(\S+)'$/gm)].map(([, url]) => url ?? '')
    expect((await fetch(curls[0] ?? '')).status).toBe(200)
    expect((await fetch(curls[1] ?? '')).status).toBe(403)
    expect(existsSync(folder)).toBe(true)
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    expect(existsSync(folder)).toBe(false)
  })
})
