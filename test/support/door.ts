import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { limits } from '../../src/config/schema-limits.ts'
import type { Component } from '../../src/policy/components.ts'
import type { Permissions } from '../../src/policy/permissions.ts'
import { createSnapshot, type Snapshot } from '../../src/decision/snapshot.ts'
import { anyDataNode } from '../../src/http/redirects/data-node-list.ts'
import { Locators } from '../../src/http/redirects/locator.ts'
import { PageLinks } from '../../src/http/pages/page-links.ts'
import { PAGE_LINKS } from '../../src/http/pages/page-review.ts'
import { REDIRECTS } from '../../src/http/redirects/redirect-review.ts'
import { startListener } from '../../src/http/listener.ts'
import type { HttpDependencies, HttpListener, ProtectedService } from '../../src/http/service.ts'
import type { Authenticator } from '../../src/identity/authenticator.ts'
import { createGroupService, type GroupService } from '../../src/identity/group-service.ts'
import { createIdentifier, type Identifier } from '../../src/identity/identifier.ts'
import { compileUserPattern, type UserPattern } from '../../src/identity/names.ts'
import { createPseudoAuthenticator } from '../../src/identity/pseudo.ts'
import { Configuration } from '../../src/hadoop/configuration.ts'
import { AuthToLocal } from '../../src/hadoop/kerberos-name.ts'
import type { ServiceKind } from '../../src/routes/kinds.ts'
import { createRouteTable, type CustomRoute } from '../../src/routes/table.ts'
import { createTelemetry, type Telemetry } from '../../src/telemetry/telemetry.ts'
import { CLIENT, policyOf } from './policy.ts'
import { until } from './until.ts'

export const pattern: UserPattern = compileUserPattern(Configuration.of([]))

/** An identifier of these authenticators, with Hadoop's own rules for names. */
export const identifierOf = (
  authenticators: readonly Authenticator[],
  anonymousUser: string | null = null,
): Identifier =>
  createIdentifier({
    authenticators,
    anonymousUser,
    names: { pattern, rules: AuthToLocal.of(Configuration.of([]), 'EXAMPLE.COM') },
  })

/** Alice may list files, and so may whom oozie acts for; mallory is on no list. */
export const POLICY: Readonly<Record<string, string>> = {
  [CLIENT]: 'alice,bo staff',
  'security.applicationclient.protocol.acl': 'alice',
  'security.admin.operations.protocol.acl': 'admin',
  'hadoop.proxyuser.oozie.users': 'alice,mallory',
  'hadoop.proxyuser.oozie.hosts': '*',
}

/** The usual limits, but without a queue: who finds no place is refused at once. */
const LIMITS = { ...limits.parse({}), queue: { length: 0, wait: 1_000 } }

/** How a listener of the tests differs from the usual one: a NameNode, pseudo authentication, `POLICY`. */
export interface DoorOptions {
  readonly upstreams: readonly string[]
  readonly kind?: ServiceKind
  readonly component?: Component
  readonly permissions?: Permissions
  readonly listen?: ProtectedService['listen']
  readonly routes?: readonly CustomRoute[]
  readonly enforcement?: ProtectedService['enforcement']
  readonly timeouts?: Partial<ProtectedService['timeouts']>
  readonly maxInFlight?: number
  readonly revokeOnRefresh?: boolean
  readonly origins?: ProtectedService['origins']
  readonly limits?: Partial<ProtectedService['limits']>
  readonly tls?: ProtectedService['tls']
  readonly upstreamTls?: ProtectedService['upstreamTls']
  readonly proxyProtocol?: ProtectedService['proxyProtocol']
  readonly hosts?: ProtectedService['hosts']
  readonly highAvailability?: Partial<ProtectedService['highAvailability']>
  readonly reviewers?: ProtectedService['reviewers']
  readonly policy?: Readonly<Record<string, string>>
  readonly authenticators?: readonly Authenticator[]
  readonly anonymousUser?: string | null
  readonly redirects?: ProtectedService['redirects']
  readonly dataNodes?: ProtectedService['dataNodes']
  readonly nameNodes?: ProtectedService['nameNodes']
  readonly pageLinks?: ProtectedService['pageLinks']
  /** The clock of locators, which live for a minute. */
  readonly now?: () => number
  readonly groupsOf?: (user: string) => Promise<readonly string[]>
  readonly dependencies?: Partial<HttpDependencies>
  /** Bound and not served: the test calls `serve`. */
  readonly isHeld?: boolean
}

/** A listener with everything behind it, in this process. */
export interface TestDoor extends HttpListener {
  readonly service: ProtectedService
  readonly telemetry: Telemetry
  readonly log: readonly string[]
  /** Puts another policy in force. */
  refresh(policy: Readonly<Record<string, string>>): void
  /** The audit lines so far, once there are as many as said. */
  audit(count: number): Promise<Record<string, unknown>[]>
  /** The same in the field names of Ranger. */
  rangerAudit(count: number): Promise<Record<string, unknown>[]>
  /** The value of a metric with exactly these labels, as it is printed; 0 where there is none. */
  metric(series: string): Promise<number>
  readonly stop: () => Promise<void>
}

/** Opens a listener on a free port of the loopback. */
export async function openDoor(options: DoorOptions): Promise<TestDoor> {
  const folder = mkdtempSync(join(tmpdir(), 'keddah-door-'))
  const log: string[] = []
  const file = join(folder, 'audit.log')
  const rangerFile = join(folder, 'ranger.log')
  const telemetry = createTelemetry({
    version: '0',
    log: { level: 'debug', destination: { write: (line) => log.push(line) } },
    audit: {
      file,
      allows: 'all',
      bufferLines: 10_000,
      rangerFile,
      rangerExcludeUsers: ['hbase', 'hive'],
    },
  })
  let snapshot: Snapshot = createSnapshot(policyOf(options.policy ?? POLICY), {
    cacheMax: 100,
    permissions: options.permissions ?? null,
  })
  const identifier = identifierOf(
    options.authenticators ?? [createPseudoAuthenticator({ pattern })],
    options.anonymousUser,
  )
  const groupsOf = options.groupsOf ?? (() => Promise.resolve([]))
  const groups: GroupService = createGroupService({
    provider: { name: 'test', groupsOf },
    overrides: new Map(),
    cache: { refreshMs: 60_000, negativeMs: 0, warnMs: 60_000, backgroundReload: false },
  })
  const locators = new Locators({
    secrets: [randomBytes(32)],
    lifetimeMs: 60_000,
    now: options.now ?? (() => Date.now()),
  })
  const service: ProtectedService = {
    name: 'nn',
    kind: options.kind ?? 'namenode',
    component: options.component ?? null,
    listen: options.listen ?? { host: '127.0.0.1', port: 0 },
    upstreams: options.upstreams,
    enforcement: options.enforcement ?? 'enforce',
    routes: createRouteTable(options.kind ?? 'namenode', options.routes),
    timeouts: {
      headers: 10_000,
      body: 20_000,
      connect: 5_000,
      upstreamHeaders: 20_000,
      idle: 30_000,
      tunnel: 30_000,
      ...options.timeouts,
    },
    maxInFlight: options.maxInFlight ?? 32,
    limits: { ...LIMITS, ...options.limits },
    tls: options.tls ?? null,
    upstreamTls: options.upstreamTls ?? null,
    proxyProtocol: options.proxyProtocol ?? null,
    hosts: options.hosts ?? null,
    highAvailability: {
      probe: 100,
      failoverWait: 0,
      failoverQueue: 4_096,
      retryBudget: 0.2,
      ...options.highAvailability,
    },
    reviewers: options.reviewers ?? [REDIRECTS, PAGE_LINKS],
    redirects: options.redirects ?? 'rewrite',
    dataNodes: options.dataNodes ?? anyDataNode([9864], true),
    revokeOnRefresh: options.revokeOnRefresh ?? true,
    origins: options.origins ?? null,
    nameNodes: options.nameNodes ?? new Set(['127.0.0.1:8020']),
    pageLinks:
      options.pageLinks === undefined ? new PageLinks(options.upstreams, new Map()) : options.pageLinks,
  }
  const listener = await startListener(service, {
    snapshot: () => snapshot,
    identifier: () => identifier,
    groups: () => groups,
    trustedProxies: () => null,
    hadoopProxies: () => null,
    delegationParameter: () => 'refuse',
    locators: () => locators,
    telemetry,
    sharesPorts: false,
    ticketSecret: null,
    nodeOptions: [],
    ...options.dependencies,
  })
  if (options.isHeld !== true) listener.serve()
  const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').filter(Boolean)
  const recordsOf = async (path: string, count: number): Promise<Record<string, unknown>[]> => {
    await until(() => linesOf(path).length >= count)
    return linesOf(path).map((line) => JSON.parse(line) as Record<string, unknown>)
  }
  return {
    ...listener,
    service,
    telemetry,
    log,
    refresh(policy) {
      snapshot = createSnapshot(policyOf(policy), { cacheMax: 100 })
    },
    audit: (count) => recordsOf(file, count),
    rangerAudit: (count) => recordsOf(rangerFile, count),
    async metric(series) {
      const line = (await telemetry.metrics.text()).split('\n').find((text) => text.startsWith(`${series} `))
      return line === undefined ? 0 : Number(line.slice(series.length + 1))
    },
    async stop() {
      await listener.close({ graceMs: 0 })
      await telemetry.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What came back for raw bytes, until the other side closed. */
export function exchangeRaw(url: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const { port, hostname } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'))
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    // A reset after the answer is how a server closes over bytes that it has not read.
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.on('end', () => socket.end())
  })
}
