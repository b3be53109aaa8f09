import { chmodSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { missing } from '../lib/programs.ts'
import type { Contender } from './contender.ts'

export const nginx: Contender = {
  name: 'nginx (map + geo)',
  refuses: true,
  unavailable: () => missing('nginx'),
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

/** Asks a decision service in Node for each request; the CPU time of both counts. */
export const nginxAuthRequest: Contender = {
  name: 'nginx + auth_request to a Node service',
  refuses: true,
  unavailable: () => missing('nginx'),
  command: ({ dir, port, upstream }) => {
    chmodSync(dir, 0o755)
    return {
      file: process.execPath,
      args: [resolve(import.meta.dirname, 'nginx-auth-request.mjs'), String(port), upstream, dir],
    }
  },
}
