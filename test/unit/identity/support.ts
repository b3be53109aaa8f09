import type { X509Certificate } from 'node:crypto'
import { Configuration, parseConfigurationXml } from '../../../src/hadoop/configuration.ts'
import type { CredentialView } from '../../../src/identity/authenticator.ts'

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** A configuration as read from `core-site.xml`; the first property stands in line 2, each next one a line below. */
export function configurationOf(properties: Readonly<Record<string, string>>): Configuration {
  const lines = Object.entries(properties).map(
    ([key, value]) => `<property><name>${key}</name><value>${escaped(value)}</value></property>`,
  )
  const xml = ['<configuration>', ...lines, '</configuration>'].join('\n')
  return Configuration.of([parseConfigurationXml(xml, 'core-site.xml')])
}

/** What an authenticator sees of a request; headers are listed as often as they were sent. */
export function viewOf(request: {
  userName?: string
  doAs?: string
  peer?: string
  certificate?: X509Certificate
  headers?: readonly (readonly [name: string, value: string])[]
}): CredentialView {
  return {
    peer: request.peer ?? '192.0.2.1',
    certificate: request.certificate ?? null,
    parameters: { userName: request.userName ?? null, doAs: request.doAs ?? null },
    header: (name) => (request.headers ?? []).flatMap(([sent, value]) => (sent === name ? [value] : [])),
  }
}
