import { join } from 'node:path'
import type { Contender } from './contender.ts'
import { envoy } from './envoy.ts'
import { haproxy } from './haproxy.ts'
import { keddah } from './keddah.ts'
import { nginx, nginxAuthRequest } from './nginx.ts'

const nodeProxy = (name: string): Contender => ({
  name,
  refuses: false,
  unavailable: () => null,
  command: ({ port, upstream }) => ({
    file: process.execPath,
    args: [
      join(import.meta.dirname, `${name.replace('@', '').replace('/', '-')}.mjs`),
      String(port),
      upstream,
    ],
  }),
})

/** Every contender, the cheapest to explain first. `direct` (no proxy at all) is the runner's own row. */
export const CONTENDERS: readonly Contender[] = [
  keddah('keddah', { cacheMax: 65_536, audit: 'denies' }),
  keddah('keddah, cache off', { cacheMax: 0, audit: 'denies' }),
  keddah('keddah, audit all', { cacheMax: 65_536, audit: 'all' }),
  nodeProxy('http-proxy'),
  nodeProxy('http-proxy-3'),
  nodeProxy('httpxy'),
  nodeProxy('@fastify/http-proxy'),
  nginx,
  nginxAuthRequest,
  envoy,
  haproxy,
]
