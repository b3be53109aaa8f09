import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { missing } from '../lib/programs.ts'
import type { Contender } from './contender.ts'

const typed = (name: string, rest: object): object => ({
  '@type': `type.googleapis.com/envoy.extensions.filters.${name}`,
  ...rest,
})
const input = (type: string, rest: object): object => ({
  name: 'input',
  typed_config: { '@type': `type.googleapis.com/${type}`, ...rest },
})
const action = (name: string, does: 'ALLOW' | 'DENY'): object => ({
  action: {
    name: 'action',
    typed_config: { '@type': 'type.googleapis.com/envoy.config.rbac.v3.Action', name, action: does },
  },
})
const range = (address: string, bits: number): object => ({ address_prefix: address, prefix_len: bits })

/** The address first, then the user, who is put into a header because RBAC matches no query parameter. No match: refused. */
const RULES = {
  matcher_tree: {
    input: input('envoy.extensions.matching.common_inputs.network.v3.SourceIPInput', {}),
    custom_match: {
      name: 'addresses',
      typed_config: {
        '@type': 'type.googleapis.com/xds.type.matcher.v3.IPMatcher',
        range_matchers: [
          { ranges: [range('127.0.0.66', 32)], on_match: action('blocked', 'DENY') },
          {
            ranges: [range('127.0.0.0', 8)],
            on_match: {
              matcher: {
                matcher_tree: {
                  input: input('envoy.type.matcher.v3.HttpRequestHeaderMatchInput', {
                    header_name: 'x-q-user',
                  }),
                  exact_match_map: {
                    map: { alice: action('user', 'ALLOW'), bob: action('user', 'ALLOW') },
                  },
                },
              },
            },
          },
        ],
      },
    },
  },
}

const settings = (port: number, upstream: URL): object => ({
  static_resources: {
    listeners: [
      {
        address: { socket_address: { address: '127.0.0.1', port_value: port } },
        filter_chains: [
          {
            filters: [
              {
                name: 'http',
                typed_config: typed('network.http_connection_manager.v3.HttpConnectionManager', {
                  stat_prefix: 'in',
                  generate_request_id: false,
                  route_config: {
                    virtual_hosts: [
                      {
                        name: 'all',
                        domains: ['*'],
                        routes: [{ match: { prefix: '/' }, route: { cluster: 'nn' } }],
                      },
                    ],
                  },
                  http_filters: [
                    {
                      name: 'mutation',
                      typed_config: typed('http.header_mutation.v3.HeaderMutation', {
                        mutations: {
                          request_mutations: [
                            { remove: 'x-q-user' },
                            {
                              append: {
                                header: { key: 'x-q-user', value: '%QUERY_PARAM(user.name)%' },
                                append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
                              },
                            },
                          ],
                        },
                      }),
                    },
                    { name: 'rbac', typed_config: typed('http.rbac.v3.RBAC', { matcher: RULES }) },
                    { name: 'router', typed_config: typed('http.router.v3.Router', {}) },
                  ],
                }),
              },
            ],
          },
        ],
      },
    ],
    clusters: [
      {
        name: 'nn',
        type: 'STATIC',
        load_assignment: {
          cluster_name: 'nn',
          endpoints: [
            {
              lb_endpoints: [
                {
                  endpoint: {
                    address: {
                      socket_address: { address: upstream.hostname, port_value: Number(upstream.port) },
                    },
                  },
                },
              ],
            },
          ],
        },
      },
    ],
  },
})

/** Envoy with its RBAC filter as a matcher tree: a trie of addresses, a hash of users. */
export const envoy: Contender = {
  name: 'Envoy (RBAC)',
  refuses: true,
  unavailable: () => missing('envoy'),
  command: ({ dir, port, upstream }) => {
    const file = join(dir, 'envoy.json')
    writeFileSync(file, JSON.stringify(settings(port, new URL(upstream)), null, 2))
    return {
      file: 'envoy',
      args: ['-c', file, '--concurrency', '1', '--base-id', String(port), '--log-level', 'error'],
    }
  },
}
