// The backend where nginx is not installed: one constant JSON answer.
import { createServer } from 'node:http'

const [port, body] = process.argv.slice(2)
createServer((request, response) => {
  request.resume()
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body)
}).listen(Number(port), '127.0.0.1')
