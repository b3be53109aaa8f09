// @fastify/http-proxy on undici. Authorizes nothing.
import Fastify from 'fastify'
import proxy from '@fastify/http-proxy'

const [port, upstream] = process.argv.slice(2)
const app = Fastify({ logger: false })
await app.register(proxy, { upstream, undici: { connections: 64 } })
await app.listen({ port: Number(port), host: '127.0.0.1' })
