import { effectiveValue, familyOf } from '../config/families.ts'
import { type ComponentGate, gatesOf } from '../config/gates.ts'
import type { Settings } from '../config/settings.ts'
import { located } from '../errors/located.ts'
import type { Configuration } from '../hadoop/configuration.ts'
import { parseProxyServers } from '../hadoop/forwarded-address.ts'
import type { MachineList } from '../hadoop/machine-list.ts'
import { HostList } from '../http/arrival/host-list.ts'
import type { Authenticator } from '../identity/authenticator.ts'
import type { GroupMapping } from '../identity/groups/settings.ts'
import { createIdentifier, type Identifier } from '../identity/identifier.ts'
import type { UserPattern } from '../identity/names.ts'
import { parseTrustedPeers } from '../identity/peers.ts'
import { createPseudoAuthenticator } from '../identity/pseudo.ts'
import { createTrustedHeaderAuthenticator } from '../identity/trusted-header.ts'
import { parityOf } from '../policy/divergences.ts'
import { createRouteTable, type CustomRoute, type RouteTable } from '../routes/table.ts'
import { type Links, linksOf } from './links.ts'
import { readUserMappings } from './user-mappings.ts'

/**
 * What is made of the settings and of Hadoop's files beside the policy.
 *
 * Shape: `routes` and `links` are by the name of the service; `customRoutes` are those of all services of kind
 * `custom`, in order; `hadoopProxies` is null unless D-9 is switched to Hadoop's way.
 */
export interface Prepared {
  readonly identifier: Identifier
  readonly groups: GroupMapping
  /** Equal for group mappings that nothing tells apart. */
  readonly groupsPrint: string
  readonly trustedProxies: MachineList | null
  readonly hadoopProxies: ReadonlySet<string> | null
  readonly routes: ReadonlyMap<string, RouteTable>
  /** By the name of the service; null where it asks for nothing. */
  readonly doors: ReadonlyMap<
    string,
    { readonly proxyProtocol: MachineList | null; readonly hosts: HostList | null }
  >
  readonly links: ReadonlyMap<string, Links>
  readonly customRoutes: readonly CustomRoute[]
  readonly gates: readonly ComponentGate[]
}

function groupsPrint({ groups, parity }: Settings, configuration: Configuration): string {
  const keys = [...configuration.keys()].filter((key) => familyOf(key, false) === 'user-mappings').sort()
  return JSON.stringify([groups, parity, ...keys.map((key) => [key, effectiveValue(configuration, key)])])
}

/**
 * Makes the parts that identify callers and route requests. Changes nothing, so that a load may still fail after it.
 *
 * Errors: `ConfigError` with the first problem; those of a setting name its key, and the caller knows its place.
 */
export function prepare(settings: Settings, configuration: Configuration): Prepared {
  const parity = parityOf(settings.parity)
  const { anonymousUser, defaultRealm } = settings.identity
  const mappings = { groups: settings.groups, defaultRealm: defaultRealm ?? '', parity }
  const { names, groups } = readUserMappings(configuration, mappings)
  const authenticators = authenticatorsOf(settings, names.pattern)
  const custom = settings.services.filter(({ kind }) => kind === 'custom')
  return {
    identifier: under('identity.anonymousUser', () =>
      createIdentifier({ authenticators, anonymousUser, names }),
    ),
    groups,
    groupsPrint: groupsPrint(settings, configuration),
    trustedProxies:
      settings.trustedProxies.length === 0
        ? null
        : parseTrustedPeers(settings.trustedProxies, 'trustedProxies'),
    // Names among them are left out: only addresses of proxies are believed.
    hadoopProxies: parity.has('D-9')
      ? parseProxyServers(configuration.get('hadoop.proxyservers') ?? null, () => null)
      : null,
    routes: new Map(
      settings.services.map(({ name, kind, routes }, index) => [
        name,
        under(`services[${index}].routes`, () =>
          kind === 'custom' ? createRouteTable(kind, routes) : createRouteTable(kind),
        ),
      ]),
    ),
    doors: new Map(
      settings.services.map(({ name, proxyProtocol, hosts, tls }, index) => {
        const from = `services[${index}].proxyProtocol.from`
        return [
          name,
          {
            proxyProtocol: proxyProtocol === undefined ? null : parseTrustedPeers(proxyProtocol.from, from),
            hosts: hosts === undefined ? null : new HostList(hosts, tls !== null),
          },
        ] as const
      }),
    ),
    links: linksOf(settings, configuration),
    gates: gatesOf(settings, configuration),
    customRoutes: custom.flatMap(({ routes }) => routes),
  }
}

function authenticatorsOf(settings: Settings, pattern: UserPattern): Authenticator[] {
  return settings.identity.authenticators.map((authenticator, index) => {
    if (authenticator.kind === 'pseudo') return createPseudoAuthenticator({ pattern })
    const key = `identity.authenticators[${index}]`
    const { header, secretHeader, secret, certificateNames = [] } = authenticator
    const peers = parseTrustedPeers(authenticator.peers, `${key}.peers`)
    const isShared = secretHeader !== undefined && secret !== null
    const shared = isShared ? { header: secretHeader, secret: secret.reveal() } : null
    return under(`${key}.header`, () =>
      createTrustedHeaderAuthenticator({ header, peers, shared, certificateNames }),
    )
  })
}

/** Names the setting where a problem does not name any. */
function under<T>(key: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw located(error, (problem) => ({ key: problem.key ?? key }))
  }
}
