// The backend of the large bodies: GET gives as many bytes as `length` says, PUT counts what it gets.
import { createServer } from 'node:http'

const [port] = process.argv.slice(2)
const PIECE = Buffer.alloc(262_144, 'x')

createServer((request, response) => {
  if (request.method === 'PUT') {
    let bytes = 0
    request.on('data', (piece) => (bytes += piece.length)).on('end', () => response.end(String(bytes)))
    return
  }
  let left = Number(new URL(request.url, 'http://nn').searchParams.get('length') ?? 0)
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': left })
  const pump = () => {
    while (left > 0) {
      const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE
      left -= piece.length
      if (!response.write(piece)) return response.once('drain', pump)
    }
    response.end()
  }
  pump()
}).listen(Number(port), '127.0.0.1')
