// nginx asks a decision service for each request, which runs in a process of its own beside it.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const [port, upstream, dir] = process.argv.slice(2)
const USERS = new Set(['alice', 'bob'])

const service = createServer((request, response) => {
  const { searchParams } = new URL(request.headers['x-original-uri'] ?? '/', 'http://nn')
  const users = searchParams.getAll('user.name')
  const address = request.headers['x-forwarded-for'] ?? ''
  const isAllowed =
    users.length === 1 && USERS.has(users[0]) && address.startsWith('127.') && address !== '127.0.0.66'
  response.writeHead(isAllowed ? 204 : 403).end()
})
service.keepAliveTimeout = 0
service.listen(0, '127.0.0.1', () => {
  const file = join(dir, 'nginx.conf')
  writeFileSync(
    file,
    `worker_processes 1; daemon off; pid ${dir}/nginx.pid; error_log ${dir}/error.log;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  upstream backend { server ${upstream.replace('http://', '')}; keepalive 64; keepalive_requests 1000000000; }
  upstream decision { server 127.0.0.1:${service.address().port}; keepalive 64; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port}; keepalive_requests 1000000000;
    location / { auth_request /_authz; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass http://backend; }
    location = /_authz { internal; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass_request_body off; proxy_set_header Content-Length "";
      proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_pass http://decision; } } }
`,
  )
  const nginx = spawn('nginx', ['-c', file, '-p', dir], { stdio: 'inherit' })
  process.on('SIGTERM', () => {
    nginx.once('exit', () => process.exit(0))
    nginx.kill('SIGTERM')
  })
})
