import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { missing } from '../lib/programs.ts'
import type { Contender } from './contender.ts'

export const haproxy: Contender = {
  name: 'HAProxy (ACL files)',
  refuses: true,
  unavailable: () => missing('haproxy'),
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
