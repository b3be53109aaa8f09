import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { installed } from '../lib/processes.ts'

/** What a contender gets to make its command from: an empty folder, its port and the backend. */
interface Place {
  readonly dir: string
  readonly port: number
  readonly upstream: string
}

/**
 * One row of the benchmark.
 *
 * `refuses` says whether it enforces the rules (alice and bob may, mallory may not, 127.0.0.66 is blocked), which
 * the correctness check asserts; a contender that authorizes nothing does less work and is marked so.
 */
export interface Contender {
  readonly name: string
  readonly refuses: boolean
  /** Null where it can run here, else the reason why not. */
  unavailable(): string | null
  command(place: Place): { file: string; args: string[] }
}

const HERE = resolve(import.meta.dirname)
const MAIN = resolve(HERE, '../../src/main.ts')

const nodeProxy = (name: string): Contender => ({
  name,
  refuses: false,
  unavailable: () => null,
  command: ({ port, upstream }) => ({
    file: process.execPath,
    args: [join(HERE, `${name.replace('@', '').replace('/', '-')}.mjs`), String(port), upstream],
  }),
})

const POLICY = `<?xml version="1.0"?>
<configuration>
  <property><name>security.client.protocol.acl</name><value>alice,bob</value></property>
  <property><name>security.client.protocol.hosts</name><value>127.0.0.0/8</value></property>
  <property><name>security.client.protocol.hosts.blocked</name><value>127.0.0.66</value></property>
</configuration>
`

const keddah = (name: string, cacheMax: number, audit: 'denies' | 'all'): Contender => ({
  name,
  refuses: true,
  unavailable: () => null,
  command: ({ dir, port, upstream }) => {
    const conf = join(dir, 'conf')
    mkdirSync(conf, { recursive: true })
    writeFileSync(join(conf, 'core-site.xml'), '<configuration/>\n')
    writeFileSync(join(conf, 'hadoop-policy.xml'), POLICY)
    const settings = {
      hadoop: { confDir: conf },
      stateDir: join(dir, 'state'),
      admin: { listen: '127.0.0.1:0' },
      identity: { authenticators: [{ kind: 'pseudo' }] },
      cache: { max: cacheMax },
      audit: { file: join(dir, 'audit.jsonl'), allows: audit === 'all' ? 'all' : 'none' },
      services: [{ name: 'namenode', kind: 'namenode', listen: `127.0.0.1:${port}`, upstreams: [upstream] }],
    }
    const file = join(dir, 'keddah.yaml')
    writeFileSync(file, JSON.stringify(settings, null, 2))
    return { file: process.execPath, args: [MAIN, 'serve', '--config', file] }
  },
})

const nginx: Contender = {
  name: 'nginx (map + geo)',
  refuses: true,
  unavailable: () => (installed('nginx') ? null : 'nginx is not installed'),
  command: ({ dir, port, upstream }) => {
    const file = join(dir, 'nginx.conf')
    chmodSync(dir, 0o755)
    writeFileSync(
      file,
      `worker_processes 1; daemon off; pid ${dir}/nginx.pid; error_log ${dir}/error.log;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  map $args $user { ~(?:^|&)user\\.name=(?<u>[^&]*) $u; }
  map $user $user_ok { alice 1; bob 1; default 0; }
  geo $host_ok { 127.0.0.0/8 1; 127.0.0.66 0; default 0; }
  map $user_ok$host_ok $deny { 11 0; default 1; }
  upstream backend { server ${upstream.replace('http://', '')}; keepalive 64; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port}; keepalive_requests 1000000000;
    location / { if ($deny) { return 403; } proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass http://backend; } } }
`,
    )
    return { file: 'nginx', args: ['-c', file, '-p', dir] }
  },
}

const haproxy: Contender = {
  name: 'HAProxy (ACL files)',
  refuses: true,
  unavailable: () => (installed('haproxy') ? null : 'haproxy is not installed'),
  command: ({ dir, port, upstream }) => {
    const file = join(dir, 'haproxy.cfg')
    writeFileSync(join(dir, 'users.acl'), 'alice\nbob\n')
    writeFileSync(join(dir, 'allow.src'), '127.0.0.0/8\n')
    writeFileSync(join(dir, 'block.src'), '127.0.0.66\n')
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${port}
  acl user_ok url_param(user.name),url_dec -f ${dir}/users.acl
  acl src_ok src -f ${dir}/allow.src
  acl src_bad src -f ${dir}/block.src
  http-request deny deny_status 403 if src_bad or !src_ok or !user_ok
  default_backend out
backend out
  server nn ${upstream.replace('http://', '')}
`,
    )
    return { file: 'haproxy', args: ['-db', '-f', file] }
  },
}

/** Every contender, the cheapest to explain first. `direct` (no proxy at all) is the runner's own row. */
export const CONTENDERS: readonly Contender[] = [
  keddah('keddah', 65_536, 'denies'),
  keddah('keddah, cache off', 0, 'denies'),
  keddah('keddah, audit all', 65_536, 'all'),
  nodeProxy('http-proxy'),
  nodeProxy('http-proxy-3'),
  nodeProxy('httpxy'),
  nodeProxy('@fastify/http-proxy'),
  nginx,
  haproxy,
]
