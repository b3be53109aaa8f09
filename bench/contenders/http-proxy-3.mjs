// http-proxy-3, the maintained rewrite, with a keep-alive agent. Authorizes nothing.
import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'http-proxy-3'

const [port, target] = process.argv.slice(2)
const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true, maxSockets: 64 }) })
proxy.on('error', (_error, _request, response) => response.writeHead(502).end())
createServer((request, response) => proxy.web(request, response)).listen(Number(port), '127.0.0.1')
