import { request } from 'node:http'

const BLOCK = Buffer.alloc(65_536)

/** Sends a body of so many bytes, and says how many the upstream has received. */
export function upload(url: string, length: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Length': length, 'Content-Type': 'application/octet-stream' }
    const sent = request(
      `${url}/webhdfs/v1/large?op=MKDIRS&length=0&user.name=alice`,
      { method: 'PUT', headers },
      (response) => {
        response.resume().on('end', () => resolve(Number(response.headers['x-received'])))
      },
    )
    sent.on('error', reject)
    let left = length
    const pour = (): void => {
      while (left > 0) {
        left -= BLOCK.length
        if (!sent.write(BLOCK)) return void sent.once('drain', pour)
      }
      sent.end()
    }
    pour()
  })
}

/** Asks for an answer of so many bytes, and says how many came. */
export function download(url: string, length: number): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}/webhdfs/v1/large?op=OPEN&length=${length}&user.name=alice`, (response) => {
      let received = 0
      response.on('data', (chunk: Buffer) => (received += chunk.length)).on('end', () => resolve(received))
    })
      .on('error', reject)
      .end()
  })
}
