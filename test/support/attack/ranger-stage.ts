import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startTestApp, type TestApp } from './app.ts'
import { type Bytes, call, type Caller, type Reply, send, type SendOptions } from './client.ts'
import { type LenientUpstream, startLenientUpstream } from './lenient-upstream.ts'
import type { SeenRequest } from './messages.ts'
import { head } from './stage.ts'

/** A policy as Ranger Admin sends it; its number is that of its place, from 1. */
export type PolicyJson = Readonly<Record<string, unknown>>

const items = (access: readonly string[], user: string): readonly object[] => [
  { users: [user], accesses: access.map((type) => ({ type, isAllowed: true })) },
]
const about = (resource: string, value: string): PolicyJson => ({
  resources: { [resource]: { values: [value], isRecursive: true } },
})

/** A policy that lets alice do something to a resource and to all below it. */
export const allowing = (resource: string, value: string, access: readonly string[]): PolicyJson => ({
  ...about(resource, value),
  policyItems: items(access, 'alice'),
})

/** A policy that denies it to her. */
export const denying = (resource: string, value: string, access: readonly string[]): PolicyJson => ({
  ...about(resource, value),
  denyPolicyItems: items(access, 'alice'),
})

/** How Keddah is set up: `component` is laid over the settings of the component, `service` over those of the service. */
export interface RangerStageOptions {
  readonly kind: 'namenode' | 'resourcemanager'
  readonly policies: readonly PolicyJson[]
  /** The policy key and who may use it. */
  readonly acl: Readonly<Record<string, string>>
  /** The target of a request that nothing is asked about. */
  readonly honest: string
  readonly component?: object
  readonly service?: object
  /** Without `mode`: no permissions are verified. */
  readonly isOff?: boolean
}

/** A running Keddah with Ranger's policies of a file, between an attacker and a server that falls for everything. */
export interface RangerStage {
  readonly url: string
  readonly app: TestApp
  readonly upstream: LenientUpstream
  send(bytes: Bytes, options?: SendOptions): Promise<Reply>
  call(): Promise<Caller>
  /** What has reached the upstream since the test began. */
  reached(): Promise<readonly SeenRequest[]>
  /** Puts other policies in the file and in force. */
  replace(policies: readonly PolicyJson[]): Promise<void>
}

const SERVICE = 'ranger-service'

/** Opens a stage before the tests of a file, and forgets between them what was asked. */
export function useRangerStage(options: RangerStageOptions): RangerStage {
  const { kind, acl, honest, isOff = false } = options
  const folder = mkdtempSync(join(tmpdir(), 'keddah-ranger-'))
  const file = join(folder, 'policies.json')
  const write = (policies: readonly PolicyJson[]): void => {
    const numbered = policies.map((policy, at) => ({ id: at + 1, name: `p${at + 1}`, ...policy }))
    writeFileSync(file, JSON.stringify({ serviceName: SERVICE, policyVersion: 1, policies: numbered }))
  }
  const component = kind === 'namenode' ? 'HDFS' : 'Yarn'
  const ranger = { enabled: true, serviceName: SERVICE, source: { kind: 'file', policies: file } }
  let app: TestApp | null = null
  let upstream: LenientUpstream | null = null
  beforeAll(async () => {
    write(options.policies)
    upstream = await startLenientUpstream()
    const service = {
      name: 'door',
      kind,
      listen: '127.0.0.1:0',
      upstreams: [upstream.url],
      ...options.service,
    }
    app = await startTestApp({
      policy: acl,
      settings: {
        ...(isOff ? {} : { mode: 'normal', components: { [component]: { ranger, ...options.component } } }),
        services: [service],
      },
    })
  })
  beforeEach(() => upstream?.reset())
  afterAll(async () => {
    await app?.stop()
    await upstream?.close()
    rmSync(folder, { recursive: true })
  })
  const stage: RangerStage = {
    get url() {
      return stage.app.url('door')
    },
    get app() {
      return opened(app)
    },
    get upstream() {
      return opened(upstream)
    },
    send: (bytes, sendOptions) => send(stage.url, bytes, sendOptions),
    call: () => call(stage.url),
    async reached() {
      // Its answer is awaited, so that whatever was on its way has arrived.
      const reply = await stage.send(head(`GET ${honest} HTTP/1.1`, 'Host: nn', 'Connection: close'))
      if (reply.status !== 200)
        throw new Error(`an honest request was answered with ${JSON.stringify(reply)}`)
      const [path] = honest.split('?')
      return stage.upstream.requests().filter(({ target }) => target.split('?')[0] !== path)
    },
    async replace(policies) {
      write(policies)
      await stage.app.app.refresh('admin', 'all')
    },
  }
  return stage
}

function opened<T>(value: T | null): T {
  if (value === null) throw new Error('the stage is set when the tests run')
  return value
}
