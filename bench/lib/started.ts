import { mkdtempSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Contender } from '../contenders/contender.ts'
import { freePort, type Program, startPinned, waitForHttp } from './processes.ts'
import { installed } from './programs.ts'

/** Proxies have the first core to themselves, backend and load generator share the second. */
const PROXY_CORE = 0
export const LOAD_CORE = 1

export const PATH = '/webhdfs/v1/?op=GETFILESTATUS'
export const BODY: string = JSON.stringify({
  FileStatus: { owner: 'root', group: 'supergroup', padding: 'x'.repeat(170) },
})

/** Something that answers by HTTP. */
export interface Started {
  readonly url: string
  readonly program: Program
}

/** The server behind all contenders: one constant JSON answer, by nginx where it is installed. */
export async function startBackend(dir: string): Promise<Started> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  if (!installed('nginx')) return startScript('backend.mjs', [BODY], dir)
  const file = join(dir, 'backend.conf')
  writeFileSync(
    file,
    `worker_processes 1; daemon off; pid ${dir}/backend.pid; error_log ${dir}/backend.log;
events { worker_connections 4096; }
http { access_log off; default_type application/json; keepalive_requests 1000000000;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u;
  scgi_temp_path ${dir}/s; server { listen 127.0.0.1:${port}; location / { return 200 '${BODY}'; } } }
`,
  )
  const program = startPinned(LOAD_CORE, 'nginx', ['-c', file, '-p', dir], dir)
  await waitForHttp(url)
  return { url, program }
}

/** Starts a script of `contenders/` as a backend. */
export async function startScript(name: string, args: readonly string[], dir: string): Promise<Started> {
  const port = await freePort()
  const script = resolve(import.meta.dirname, '../contenders', name)
  const program = startPinned(LOAD_CORE, process.execPath, [script, String(port), ...args], dir)
  const url = `http://127.0.0.1:${port}`
  await waitForHttp(url)
  return { url, program }
}

/** Starts a contender in a folder of its own; null where it cannot run here, and the reason is printed. */
export async function startContender(
  contender: Contender,
  dir: string,
  upstream: string,
): Promise<(Started & { readonly place: string }) | null> {
  const reason = contender.unavailable()
  if (reason !== null) {
    console.error(`left out: ${contender.name}: ${reason}`)
    return null
  }
  const port = await freePort()
  const place = mkdtempSync(join(dir, 'c-'))
  const { file, args } = contender.command({ dir: place, port, upstream })
  const program = startPinned(PROXY_CORE, file, args, place)
  const url = `http://127.0.0.1:${port}`
  await waitForHttp(url)
  return { url, program, place }
}
