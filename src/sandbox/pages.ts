import { type Answer, type Call, errorPage, escapeMarkup, written } from './exchange.ts'

/**
 * What the pages of one daemon show.
 *
 * Shape: `beans` of `/jmx` by name; `settings` of `/conf`.
 */
export interface DaemonFacts {
  readonly beans: () => readonly (Readonly<Record<string, unknown>> & { readonly name: string })[]
  readonly settings: Readonly<Record<string, string>>
}

const HTML = 'text/html;charset=utf-8'
const CSS = 'body { font-family: sans-serif; margin: 2em } td, th { padding: 0.2em 1em; text-align: left }\n'

/**
 * The pages that every daemon has: `/jmx`, `/conf`, `/stacks`, `/static/…`; null for any other path.
 *
 * Source: org.apache.hadoop.http.HttpServer2, org.apache.hadoop.jmx.JMXJsonServlet,
 * org.apache.hadoop.conf.ConfServlet.
 */
export function commonPage(call: Call, facts: DaemonFacts): Answer | null {
  if (call.path === '/jmx') return jmx(call, facts)
  if (call.path === '/conf') return configuration(call, facts)
  if (call.path === '/stacks')
    return written(
      200,
      'text/plain;charset=utf-8',
      'Process Thread Dump: \n1 active threads\nThread 1 (main):\n  State: RUNNABLE\n',
    )
  if (call.path === '/static/hadoop.css') return written(200, 'text/css', CSS)
  if (call.path === '/static/' || call.path === '/static') return errorPage(403, call.rawPath)
  return null
}

/** A page with a heading; `content` is HTML already. */
export function page(title: string, content: string): Answer {
  const shown = escapeMarkup(title)
  return written(
    200,
    HTML,
    `<!DOCTYPE html>\n<html>\n<head><title>${shown}</title><link rel="stylesheet" href="/static/hadoop.css" /></head>\n` +
      `<body>\n<h1>${shown}</h1>\n${content}\n</body>\n</html>\n`,
  )
}

/** The page at `/` that sends a browser on. */
export function forwardPage(to: string): Answer {
  return written(
    200,
    HTML,
    `<!DOCTYPE html>\n<html>\n<head><meta http-equiv="REFRESH" content="0;url=${to}" /></head>\n</html>\n`,
  )
}

/** Rows of cells, each shown as text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeMarkup(cell)}</${tag}>`).join('')}</tr>`
  return `<table>\n${[row(head, 'th'), ...rows.map((cells) => row(cells, 'td'))].join('\n')}\n</table>`
}

/** The page that load balancers ask. */
export const activePage = (): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'text/plain;charset=utf-8', Connection: 'close' },
  body: 'I am Active!\n',
  chunked: false,
})

function jmx(call: Call, { beans }: DaemonFacts): Answer {
  const wanted = call.query.first('qry')
  const found = beans().filter(({ name }) => wanted === null || wanted === '*:*' || name === wanted)
  const body = JSON.stringify({ beans: found }, null, 2).replaceAll(/^(\s*"[^"]+"):/gm, '$1 :')
  return written(200, 'application/json; charset=utf8', body, {
    'Access-Control-Allow-Methods': 'GET',
    'Access-Control-Allow-Origin': '*',
  })
}

function configuration(call: Call, { settings }: DaemonFacts): Answer {
  const properties = Object.entries(settings)
  const accept = call.headers.accept ?? ''
  const format = call.query.first('format') ?? (accept.includes('application/json') ? 'json' : 'xml')
  if (format === 'json') {
    const list = properties.map(([key, value]) => ({
      key,
      value,
      isFinal: false,
      resource: 'programmatically',
    }))
    return written(200, 'application/json;charset=utf-8', JSON.stringify({ properties: list }))
  }
  if (format !== 'xml') return errorPage(400, call.rawPath, `Bad format: ${format}`)
  const lines = properties.map(
    ([key, value]) =>
      `<property><name>${escapeMarkup(key)}</name><value>${escapeMarkup(value)}</value><final>false</final>` +
      '<source>programmatically</source></property>',
  )
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
  return written(
    200,
    'text/xml;charset=utf-8',
    `${head}<configuration>\n${lines.join('\n')}\n</configuration>\n`,
  )
}
