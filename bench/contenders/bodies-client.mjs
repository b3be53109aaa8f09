// Sends or gets one large body, and prints how many seconds it took. PUT streams, GET throws away.
import { request } from 'node:http'

const [url, method, size] = process.argv.slice(2)
const PIECE = Buffer.alloc(262_144, 'x')
const start = performance.now()
const headers = method === 'PUT' ? { 'content-length': size, 'content-type': 'application/octet-stream' } : {}
const sent = request(url, { method, headers }, (response) => {
  let bytes = 0
  let text = ''
  response.on('data', (piece) => {
    bytes += piece.length
    if (method === 'PUT') text += piece
  })
  response.on('end', () => {
    const moved = method === 'PUT' ? Number(text) : bytes
    if (response.statusCode !== 200 || moved !== Number(size))
      throw new Error(`${response.statusCode}: ${moved} bytes`)
    console.log((performance.now() - start) / 1_000)
  })
})
let left = method === 'PUT' ? Number(size) : 0
const pump = () => {
  while (left > 0) {
    const piece = left < PIECE.length ? PIECE.subarray(0, left) : PIECE
    left -= piece.length
    if (!sent.write(piece)) return sent.once('drain', pump)
  }
  sent.end()
}
pump()
