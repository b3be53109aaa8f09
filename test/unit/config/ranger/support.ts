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
