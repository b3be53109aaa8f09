import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Place, Problem } from '../../errors.ts'
import type { Component } from '../../policy/components.ts'
import type { Inputs } from '../inputs.ts'
import type { RangerAdminSettings, RangerSettings } from '../schema-ranger.ts'
import { Secret } from '../secret.ts'
import { readSecretFile } from '../secret-file.ts'
import type { TlsFiles } from '../tls-files.ts'
import type { AdminAddress } from './admin-client.ts'

/** Policies of files, or of Ranger Admin; paths are absolute. Units: milliseconds and bytes. */
export type RangerSource =
  | { readonly kind: 'file'; readonly policies: string; readonly roles: string | null }
  | {
      readonly kind: 'admin'
      readonly address: AdminAddress
      readonly pollMs: number
      readonly cacheDir: string
    }

/**
 * Where the policies of one component come from, and how they count.
 *
 * Shape: `serviceDefFile`: the definition of policies that come without one, null: the built-in one. `print` is equal where
 * nothing differs, secrets included. `place` is where the source stands in the settings.
 */
export interface RangerService {
  readonly component: Component
  readonly serviceName: string
  readonly serviceDefFile: string | null
  readonly superUsers: readonly string[]
  readonly superGroups: readonly string[]
  readonly fallback: 'native' | 'deny'
  readonly source: RangerSource
  readonly maxFileBytes: number
  readonly place: Place
  readonly print: string
}

/** What reading the settings of a source takes. What is wrong goes to `problems`. */
export interface ServiceReading {
  readonly inputs: Inputs
  readonly tlsFiles: TlsFiles
  readonly problems: Problem[]
  readonly stateDir: string
  readonly maxFileBytes: number
  readonly absolute: (path: string) => string
  readonly placeOf: (key: string) => Place
}

/**
 * Reads the passwords and certificates that the source of a component names. Null where Ranger is not set up for it.
 *
 * Shape: `key` is where the block stands, such as `components.HDFS.ranger`.
 */
export function readRangerService(
  component: Component,
  written: RangerSettings,
  fallback: 'native' | 'deny',
  key: string,
  reading: ServiceReading,
): RangerService | null {
  const { serviceName, source, superUsers, superGroups, serviceDefFile } = written
  if (serviceName === undefined || source === undefined) return null
  const { absolute, maxFileBytes } = reading
  const ready: RangerSource =
    source.kind === 'file'
      ? {
          kind: 'file',
          policies: absolute(source.policies),
          roles: source.roles === undefined ? null : absolute(source.roles),
        }
      : {
          kind: 'admin',
          address: addressOf(component, serviceName, source, `${key}.source`, reading),
          pollMs: source.pollInterval,
          cacheDir:
            source.cacheDir === undefined ? join(reading.stateDir, 'ranger') : absolute(source.cacheDir),
        }
  const parts = {
    component,
    serviceName,
    serviceDefFile: serviceDefFile === undefined ? null : absolute(serviceDefFile),
    superUsers,
    superGroups,
    fallback,
    source: ready,
    maxFileBytes,
  }
  return { ...parts, place: reading.placeOf(`${key}.source`), print: printOf(parts) }
}

function addressOf(
  component: Component,
  serviceName: string,
  source: RangerAdminSettings,
  key: string,
  { inputs, tlsFiles, problems, absolute, placeOf }: ServiceReading,
): AdminAddress {
  const {
    urls,
    secure,
    appId,
    clusterName,
    pluginHost,
    user,
    passwordFile,
    tls,
    timeouts,
    deltas,
    maxBytes,
  } = source
  const password =
    passwordFile === undefined
      ? new Secret(new Uint8Array())
      : readSecretFile(absolute(passwordFile), placeOf(`${key}.passwordFile`), inputs, problems, 'password')
  return {
    serviceName,
    urls,
    isSecure: secure,
    // The types of Ranger's services are the names of the components.
    appId: appId ?? component.toLowerCase(),
    clusterName: clusterName ?? '',
    pluginHost: pluginHost ?? hostname(),
    user: user === undefined ? null : { name: user, password },
    tls: tls === undefined ? null : tlsFiles.client(tls, `${key}.tls`),
    wantsDeltas: deltas,
    limits: {
      connectMs: timeouts.connect,
      readMs: timeouts.read,
      downloadMs: timeouts.download,
      maxBytes,
    },
  }
}

/** A secret says `[secret]` of itself, so that its bytes go in beside it; the print of TLS has its key in it. */
function printOf(parts: Omit<RangerService, 'place' | 'print'>): string {
  const hash = createHash('sha256').update(JSON.stringify(parts))
  if (parts.source.kind === 'admin') hash.update(parts.source.address.user?.password.reveal() ?? '')
  return hash.digest('base64')
}
