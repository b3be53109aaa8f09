import { Configuration, type ConfigurationResource } from '../../../src/hadoop/configuration.ts'
import type { CredentialView } from '../../../src/identity/authenticator.ts'

/** A configuration as if it had been read from `core-site.xml`, one property a line. */
export function configurationOf(properties: Readonly<Record<string, string>>): Configuration {
  const entries = Object.entries(properties).map(([key, value], at) => ({
    key,
    value,
    file: 'core-site.xml',
    line: at + 1,
    column: 1,
    final: false,
  }))
  const resource: ConfigurationResource = { file: 'core-site.xml', entries, problems: [] }
  return Configuration.of([resource])
}

/** What an authenticator sees of a request; headers are listed as often as they were sent. */
export function viewOf(request: {
  userName?: string
  doAs?: string
  peer?: string
  headers?: readonly (readonly [name: string, value: string])[]
}): CredentialView {
  return {
    peer: request.peer ?? '192.0.2.1',
    parameters: { userName: request.userName ?? null, doAs: request.doAs ?? null },
    header: (name) => (request.headers ?? []).flatMap(([sent, value]) => (sent === name ? [value] : [])),
  }
}
