// http-proxy 1.18.1 with a keep-alive agent: the usual Node answer. Authorizes nothing.
import { Agent, createServer } from 'node:http'
import httpProxy from 'http-proxy'

const [port, target] = process.argv.slice(2)
const proxy = httpProxy.createProxyServer({ target, agent: new Agent({ keepAlive: true, maxSockets: 64 }) })
proxy.on('error', (_error, _request, response) => response.writeHead(502).end())
createServer((request, response) => proxy.web(request, response)).listen(Number(port), '127.0.0.1')
