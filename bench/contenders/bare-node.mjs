// Node's own server with nothing behind it: what a connection costs before Keddah adds anything.
import { createServer } from 'node:http'

createServer({ keepAliveTimeout: 600_000 }, (_, response) => response.end('ok')).listen(
  Number(process.argv[2]),
  '127.0.0.1',
)
