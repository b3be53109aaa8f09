import { onTestFinished } from 'vitest'
import type { FeedClock } from '../../../../src/config/ranger/admin-feed.ts'
import type { RangerService } from '../../../../src/config/ranger/service.ts'
import { RangerStore } from '../../../../src/config/ranger/store.ts'
import type { AdminAddress, Wait } from '../../../../src/config/ranger/admin-client.ts'
import type { DownloadLimits, DownloadRequest } from '../../../../src/config/ranger/download.ts'
import { RangerFailure } from '../../../../src/config/ranger/failure.ts'

/** Times that nothing on loopback needs. */
export const LIMITS: DownloadLimits = {
  connectMs: 20_000,
  readMs: 20_000,
  downloadMs: 20_000,
  maxBytes: 1_048_576,
}

/** How a stand-in is asked for the service `hadoopdev`. */
export const addressOf = (urls: readonly string[], parts: Partial<AdminAddress> = {}): AdminAddress => ({
  serviceName: 'hadoopdev',
  urls,
  isSecure: false,
  appId: 'hdfs',
  clusterName: 'c1',
  pluginHost: 'edge1',
  user: null,
  tls: null,
  wantsDeltas: false,
  limits: LIMITS,
  ...parts,
})

/** Waits for nothing. */
export const noWait: Wait = () => Promise.resolve()

export const never: DownloadRequest['signal'] = new AbortController().signal

/** How a call fails: the reason and the message; a call that does not fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<RangerFailure> {
  try {
    await call
  } catch (error) {
    if (error instanceof RangerFailure) return error
    throw error
  }
  throw new Error('no failure')
}

/** A policy that lets `users` read below `path`. */
export const policy = (id: number, users: readonly string[], path = '/data'): Record<string, unknown> => ({
  id,
  name: `policy ${id}`,
  service: 'hadoopdev',
  serviceType: 'hdfs',
  resources: { path: { values: [path], isRecursive: true } },
  policyItems: [{ users, accesses: [{ type: 'read' }] }],
})

/** A download of Ranger Admin. */
export const policiesOf = (
  version: number,
  policies: readonly unknown[],
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> => ({ serviceName: 'hadoopdev', policyVersion: version, policies, ...more })

/** A clock that stands still. Timers run when they are told to; waits of a second end at once, longer ones never. */
export class StillClock implements FeedClock {
  time: number = 1_700_000_000_000
  chance: number = 0.5
  readonly timers: { readonly ms: number; readonly run: () => void }[] = []
  readonly #tooLong: (() => void)[] = []

  now(): number {
    return this.time
  }

  after(ms: number, run: () => void): () => void {
    const timer = { ms, run }
    this.timers.push(timer)
    return () => {
      const at = this.timers.indexOf(timer)
      if (at >= 0) this.timers.splice(at, 1)
    }
  }

  random(): number {
    return this.chance
  }

  readonly wait: Wait = (ms) =>
    ms <= 1_000 ? Promise.resolve() : new Promise((resolve) => this.#tooLong.push(resolve))

  /** Lets the next timer run; gives how long it would have waited. */
  tick(): number {
    const timer = this.timers.shift()
    if (timer === undefined) throw new Error('no timer is set')
    timer.run()
    return timer.ms
  }

  /** Ends every long wait. */
  lose(): void {
    for (const resolve of this.#tooLong.splice(0)) resolve()
  }
}

/** A service of Ranger Admin that keeps its cache in `cacheDir`. */
export function serviceOf(
  source: { urls: readonly string[]; cacheDir: string } | { policies: string; roles?: string },
  parts: Partial<RangerService> & { address?: Partial<AdminAddress> } = {},
): RangerService {
  const { address = {}, ...rest } = parts
  return {
    component: 'HDFS',
    serviceName: 'hadoopdev',
    serviceDefFile: null,
    superUsers: [],
    superGroups: [],
    fallback: 'native',
    source:
      'urls' in source
        ? {
            kind: 'admin',
            address: addressOf(source.urls, address),
            pollMs: 30_000,
            cacheDir: source.cacheDir,
          }
        : { kind: 'file', policies: source.policies, roles: source.roles ?? null },
    maxFileBytes: 1_048_576,
    place: { file: '/k.yaml', line: 3, column: 5, key: 'components.HDFS.ranger.source' },
    print: JSON.stringify([source, rest]),
    ...rest,
  }
}

/** A store, and what it has told. */
export function storeOf(): {
  store: RangerStore
  clock: StillClock
  told: { news: number; emptied: number; failures: string[] }
} {
  const clock = new StillClock()
  const told = { news: 0, emptied: 0, failures: [] as string[] }
  const store = new RangerStore({
    asksAdmin: true,
    clock,
    onNew: () => {
      told.news += 1
    },
    onFailure: (_, { what, reason }) => told.failures.push(`${what} ${reason}`),
    onEmptied: () => {
      told.emptied += 1
    },
  })
  onTestFinished(() => store.close())
  return { store, clock, told }
}
