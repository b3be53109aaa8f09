// httpxy with a keep-alive agent. Authorizes nothing.
import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'httpxy'

const [port, target] = process.argv.slice(2)
const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true, maxSockets: 64 }) })
createServer((request, response) => {
  proxy.web(request, response).catch(() => response.writeHead(502).end())
}).listen(Number(port), '127.0.0.1')
