import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const PROMETHEUS = '/usr/bin/prometheus'
const PROMTOOL = '/usr/bin/promtool'
const ROOT = join(import.meta.dirname, '../..')
const missing = [PROMETHEUS, PROMTOOL].filter((program) => !existsSync(program))
if (missing.length > 0) {
  process.stderr.write(`skipped: ${missing.join(' and ')} not found; apt-get install prometheus\n`)
}

interface Ready {
  readonly admin: string
  readonly services: Readonly<Record<string, string>>
  readonly policyDir: string
}

const children: ChildProcess[] = []
let folder = ''
let keddah: Ready
let prometheus = ''

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Asks until the answer is there; every wait of this file goes through here. */
const until = async <T>(what: string, ask: () => Promise<T | null>): Promise<T> => {
  const deadline = performance.now() + 60_000
  while (performance.now() < deadline) {
    const answer = await ask()
    if (answer !== null) return answer
    await sleep(200)
  }
  throw new Error(`waited in vain: ${what}`)
}

/** The value of an instant query that gives one sample; null when it gives none. */
const query = async (expression: string): Promise<number | null> => {
  const response = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`)
  const answer: unknown = await response.json()
  expect(answer).toMatchObject({ status: 'success' })
  const value = /"value":\[[^,\]]*,"([^"]*)"\]/.exec(JSON.stringify(answer))?.[1]
  return value === undefined ? null : Number(value)
}

const equals = (expression: string, wanted: number): Promise<true> =>
  until(`${expression} = ${wanted}`, async () => ((await query(expression)) === wanted ? true : null))

const list = async (user: string): Promise<number> => {
  const response = await fetch(`${keddah.services['namenode']}/webhdfs/v1/?op=LISTSTATUS&user.name=${user}`)
  await response.arrayBuffer()
  return response.status
}

const startKeddah = async (): Promise<Ready> => {
  const child = spawn(process.execPath, ['src/main.ts', 'demo', '--json'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const line: unknown = (await once(createInterface(child.stdout), 'line'))[0]
  return JSON.parse(String(line))
}

const startPrometheus = async (): Promise<string> => {
  const address = `127.0.0.1:${await freePort()}`
  const config = join(folder, 'prometheus.yml')
  const target = new URL(keddah.admin).host
  writeFileSync(
    config,
    `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: keddah
    static_configs: [{ targets: ['${target}'] }]
`,
  )
  const child = spawn(
    PROMETHEUS,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: 'ignore' },
  )
  children.push(child)
  const url = `http://${address}`
  await until('Prometheus is ready', async () => {
    expect(child.exitCode, 'Prometheus has ended').toBe(null)
    const response = await fetch(`${url}/-/ready`).catch(() => null)
    return response?.ok ? true : null
  })
  return url
}

const yamlBlocks = (): string[] =>
  [...readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, block]) => block ?? '',
  )

const promtool = (args: readonly string[], input?: string): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, args, { input: input ?? '', encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

describe.skipIf(missing.length > 0)('a real Prometheus', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keddah-prometheus-'))
    keddah = await startKeddah()
    prometheus = await startPrometheus()
  })

  afterAll(async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    if (folder !== '') rmSync(folder, { recursive: true })
  })

  test('scrapes what Keddah decides, with the right numbers', async () => {
    for (let index = 0; index < 3; index += 1) expect(await list('alice')).toBe(200)
    for (let index = 0; index < 2; index += 1) expect(await list('mallory')).toBe(403)
    await equals('up{job="keddah"}', 1)
    await equals('keddah_decisions_total{service="namenode",effect="allow",reason="allowed"}', 3)
    await equals('keddah_decisions_total{service="namenode",effect="deny",reason="acl"}', 2)
    await equals('keddah_request_seconds_count{service="namenode"}', 5)
    await equals('keddah_decision_seconds_count', 5)
    await equals('keddah_cache_hits_total + keddah_cache_misses_total', 5)
    await equals('keddah_in_flight_requests{service="namenode"}', 0)
    await equals('sum(keddah_upstream_requests_total{service="namenode"})', 3)
    await equals('keddah_auth_pseudo_enabled', 1)
    await equals('sum(keddah_service_enforcing)', Object.keys(keddah.services).length)
    expect(
      await query('histogram_quantile(0.99, keddah_request_seconds_bucket{service="namenode"})'),
    ).toBeGreaterThan(0)
  })

  test('sees a new policy, and no counter goes back', async () => {
    const before = await query('keddah_policy_loaded_timestamp_seconds')
    expect(await query('count(keddah_policy_info)')).toBe(1)
    const file = join(keddah.policyDir, 'hadoop-policy.xml')
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('</configuration>', `${PROPERTY}\n</configuration>`),
    )
    await until('mallory is let in', async () => ((await list('mallory')) === 200 ? true : null))
    await until('a later load', async () => {
      const loaded = await query('keddah_policy_loaded_timestamp_seconds')
      return loaded !== null && loaded > (before ?? 0) ? true : null
    })
    await equals('sum(resets(keddah_cache_hits_total[5m])) + sum(resets(keddah_cache_misses_total[5m]))', 0)
    expect(await query('sum(keddah_refreshes_total{trigger="watch",result="changed"})')).toBeGreaterThan(0)
  })

  test('has nothing to say against names, types, units and help', async () => {
    const response = await fetch(`${keddah.admin}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(promtool(['check', 'metrics'], await response.text())).toEqual({ status: 0, output: '' })
  })

  test('takes the configuration and the alerts of docs/metrics.md', () => {
    const [scrape = '', alerts = ''] = yamlBlocks()
    const config = join(folder, 'documented.yml')
    writeFileSync(config, scrape)
    expect(promtool(['check', 'config', config])).toMatchObject({ status: 0 })
    const rules = join(folder, 'rules.yml')
    writeFileSync(rules, `groups:\n- name: keddah\n  rules:\n${alerts.replace(/^/gm, '  ')}`)
    expect(promtool(['check', 'rules', rules])).toMatchObject({ status: 0 })
  })
})

const PROPERTY = `<property><name>security.client.protocol.acl</name><value>alice,mallory</value></property>`
