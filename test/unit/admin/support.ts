import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import type { RefreshFailure } from '../../../src/admin/dependencies.ts'
import { type AdminServer, createAdminServer } from '../../../src/admin/server.ts'
import type { RefreshResult, Scope } from '../../../src/config/refresher.ts'
import { createSnapshot, type Snapshot } from '../../../src/decision/snapshot.ts'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import { compilePolicy } from '../../../src/policy/compile.ts'
import { parityOf } from '../../../src/policy/divergences.ts'
import { createTelemetry } from '../../../src/telemetry/telemetry.ts'

/** A policy file of these properties, one a line, so that line numbers can be told. */
const policyXml = (properties: Readonly<Record<string, string>>): string =>
  [
    '<configuration>',
    ...Object.entries(properties).map(
      ([name, value]) => `<property><name>${name}</name><value>${value}</value></property>`,
    ),
    '</configuration>',
  ].join('\n')

export const snapshotOf = (properties: Readonly<Record<string, string>>): Snapshot => {
  const resource = parseConfigurationXml(policyXml(properties), 'hadoop-policy.xml')
  const policy = compilePolicy({
    configuration: Configuration.of([resource]),
    resolve: () => null,
    parity: parityOf('none'),
    strict: false,
    authorization: 'enforce',
  })
  return createSnapshot(policy, { cacheMax: 100 })
}

export const TOKEN = 'a-token-for-tests'
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** An admin listener over real parts, with what tests want to change in between. */
export interface Bench {
  readonly url: string
  readonly server: AdminServer
  snapshot: Snapshot
  notReady: string[]
  warnings: string[]
  lastFailure: RefreshFailure | null
  loadedAt: number
  refresh: (scope: Scope) => Promise<RefreshResult>
  groups: Readonly<Record<string, readonly string[] | null>>
  readonly refreshed: Scope[]
  readonly log: string[]
  /** The audit lines so far; closes the audit. */
  audited(): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export const startBench = async (
  options: { loopbackUser?: string; port?: number; policy?: Readonly<Record<string, string>> } = {},
): Promise<Bench> => {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-admin-'))
  const file = join(folder, 'audit.log')
  const log: string[] = []
  const telemetry = createTelemetry({
    version: '0.0.0',
    log: { level: 'info', destination: { write: (line) => log.push(line) } },
    audit: { file, allows: 'none', bufferLines: 100 },
  })
  const snapshot = snapshotOf(options.policy ?? { 'security.client.protocol.acl': 'alice' })
  telemetry.metrics.policyInForce(snapshot)
  const tokens = [
    { name: 'ops', sha256: sha256(TOKEN), user: 'hdfs' },
    { name: 'other', sha256: sha256('another-token'), user: 'mallory' },
  ]
  const bench: Omit<Bench, 'url' | 'server'> = {
    snapshot,
    notReady: [],
    warnings: [],
    lastFailure: null,
    loadedAt: Date.now() - 5_000,
    refresh: () =>
      Promise.resolve({ ok: true, revision: 'new', previous: bench.snapshot.revision, changed: true }),
    groups: {},
    refreshed: [],
    log,
    audited: async () => {
      await telemetry.audit.close()
      return readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line): Record<string, unknown> => JSON.parse(line))
    },
    close: async () => {
      await server.close()
      await telemetry.close()
      rmSync(folder, { recursive: true })
    },
  }
  const server = await createAdminServer(
    {
      listen: { host: '127.0.0.1', port: options.port ?? 0 },
      tls: null,
      loopbackUser: options.loopbackUser ?? null,
    },
    {
      ...telemetry,
      snapshot: () => bench.snapshot,
      groupsOf: (user) => {
        const groups = bench.groups[user]
        return groups === undefined ? [] : groups
      },
      refresh: (scope) => {
        bench.refreshed.push(scope)
        return bench.refresh(scope)
      },
      permissions: () => null,
      switchPermissions: () => Promise.resolve({ done: 'unchanged' }),
      tokens: () => tokens,
      workers: () => [],
      notReady: () => bench.notReady,
      warnings: () => bench.warnings,
      loadedAt: () => bench.loadedAt,
      rangerLoadedAt: () => new Map(),
      lastFailure: () => bench.lastFailure,
      customRoutes: () => [],
      gates: () => [],
      nameNodes: () => new Set(),
    },
  )
  return Object.assign(bench, { server, url: server.url })
}
