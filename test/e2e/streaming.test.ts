import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { exchangeRaw } from '../support/door.ts'
import { openBefore, openBeforeRaw } from '../support/opened.ts'
import { until } from '../support/until.ts'
import { headerOf } from '../support/upstream.ts'

const WRITE = '/webhdfs/v1/f?op=MKDIRS&user.name=alice'
const READ = '/webhdfs/v1/f?op=LISTSTATUS&user.name=alice'
const MEGABYTE = 1_048_576

const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex')

/** A connection of a client, with what came back so far. */
function dial(url: string): { socket: Socket; text: () => string; isClosed: () => boolean } {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  let isClosed = false
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  socket.on('error', () => {})
  socket.on('close', () => (isClosed = true))
  return { socket, text: () => text, isClosed: () => isClosed }
}

describe('bodies of requests', () => {
  test.each([
    ['of known length', 16 * MEGABYTE, false],
    ['in chunks', 16 * MEGABYTE, true],
    ['small, of known length', 300, false],
    ['small, in chunks', 300, true],
    ['of just the size that is read first', 65_536, false],
    ['of one byte more', 65_537, false],
  ])('arrive as they were sent: %s', async (_what, size, isChunked) => {
    const { door, upstream } = await openBefore((_, response, body) =>
      response.end(digest(Buffer.from(body, 'latin1'))),
    )
    const data = randomBytes(size)
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = httpRequest(`${door.url}${WRITE}`, {
        method: 'PUT',
        headers: isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': size },
      })
      sent.on('error', reject).on('response', (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text))
      })
      sent.end(data)
    })
    expect(answer).toBe(digest(data))
    expect(upstream.received).toHaveLength(1)
    const isFramedByLength = headerOf(upstream.received[0], 'content-length') === String(size)
    expect([isFramedByLength, headerOf(upstream.received[0], 'transfer-encoding')]).toEqual(
      isChunked ? [false, 'chunked'] : [true, null],
    )
  })

  test('a DELETE with a body in chunks is one request upstream', async () => {
    // The attack (CVE-2026-29057): proxies that announce no body for DELETE and send it all the same turn it into a
    // second request, which nobody has decided on.
    const { door, upstream } = await openBefore()
    const hidden = `GET /webhdfs/v1/secret?op=LISTSTATUS&user.name=root HTTP/1.1\r\nHost: x\r\n\r\n`
    const answer = await exchangeRaw(
      door.url,
      `DELETE /webhdfs/v1/f?op=DELETE&user.name=alice HTTP/1.1\r\nHost: nn\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${hidden.length.toString(16)};ext=1\r\n${hidden}\r\n0\r\nX-Trailer: root\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(upstream.received).toHaveLength(1)
    expect(upstream.received[0]?.body).toBe(hidden)
    expect(headerOf(upstream.received[0], 'x-trailer')).toBeNull()
  })

  test('a slow upstream slows the client down', async () => {
    const { door, upstream } = await openBeforeRaw(({ socket }) => socket.pause())
    const { socket } = dial(door.url)
    const size = 64 * MEGABYTE
    socket.write(`PUT ${WRITE} HTTP/1.1\r\nHost: nn\r\nContent-Length: ${size}\r\n\r\n`)
    let sent = 0
    const chunk = Buffer.alloc(65_536)
    const pump = (): void => {
      while (sent < size && socket.writableLength < MEGABYTE) {
        socket.write(chunk)
        sent += chunk.length
      }
    }
    socket.on('drain', pump)
    pump()
    let before = -1
    await until(() => {
      const isStill = sent === before && upstream.connections.length === 1
      before = sent
      return isStill
    })
    // What the kernel holds on two connections, and what the streams in between do.
    expect(sent).toBeLessThan(32 * MEGABYTE)
    socket.destroy()
  })

  test('a client that waits to be asked is asked once it is allowed', async () => {
    const { door, upstream } = await openBefore()
    const { socket, text } = dial(door.url)
    socket.write(`PUT ${WRITE} HTTP/1.1\r\nHost: nn\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`)
    await until(() => text().includes('100 Continue'))
    socket.write('hello')
    await until(() => text().includes('{"ok":true}'))
    expect(upstream.received[0]?.body).toBe('hello')
    expect(headerOf(upstream.received[0], 'expect')).toBeNull()
    socket.destroy()
  })

  test('a client that hangs up in the middle takes its request with it', async () => {
    const { door, upstream } = await openBeforeRaw(() => {})
    const { socket } = dial(door.url)
    socket.write(`PUT ${WRITE} HTTP/1.1\r\nHost: nn\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(70_000)}`)
    await until(() => (upstream.connections[0]?.bytes.length ?? 0) > 60_000)
    socket.destroy()
    await until(() => upstream.connections[0]?.socket.destroyed === true)
    await until(() => door.log.length >= 0)
    expect(await door.metric('keddah_upstream_requests_total{service="nn",outcome="aborted"}')).toBe(1)
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
  })

  test.each([
    ['before it is forwarded', 100],
    ['on its way to the upstream', 1_000_000],
  ])('a body that stops coming is given up, %s', async (_what, length) => {
    const { door, upstream } = await openBefore(undefined, { timeouts: { body: 200 } })
    const { socket, text, isClosed } = dial(door.url)
    socket.write(`PUT ${WRITE} HTTP/1.1\r\nHost: nn\r\nContent-Length: ${length}\r\n\r\nabc`)
    await until(isClosed)
    expect(text()).toMatch(/^HTTP\/1\.1 408 /)
    expect(upstream.received).toEqual([])
  })

  test('a body that keeps coming may take longer than any timeout', async () => {
    const { door, upstream } = await openBefore(undefined, {
      timeouts: { body: 1_000, upstreamHeaders: 1_000, headers: 1_000 },
      limits: { minBodyRate: 2 },
    })
    const { socket, text } = dial(door.url)
    socket.write(`PUT ${WRITE} HTTP/1.1\r\nHost: nn\r\nTransfer-Encoding: chunked\r\n\r\n`)
    for (let count = 0; count < 9; count += 1) {
      socket.write('1\r\nx\r\n')
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    socket.write('0\r\n\r\n')
    await until(() => text().includes('{"ok":true}'))
    expect(upstream.received[0]?.body).toBe('x'.repeat(9))
    socket.destroy()
  })

  test('an answer that comes before the body is delivered, and the rest is not read as a request', async () => {
    const { door } = await openBeforeRaw(({ socket }) => {
      socket.once('data', () => socket.write('HTTP/1.1 307 x\r\nLocation: /f\r\nContent-Length: 0\r\n\r\n'))
    })
    const { socket, text, isClosed } = dial(door.url)
    socket.write(`PUT ${WRITE} HTTP/1.1\r\nHost: nn\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(70_000)}`)
    await until(() => text().includes('307'))
    await until(isClosed)
    expect(text()).toContain('Location: /f')
    expect(text().toLowerCase()).toContain('connection: close')
    expect(text().match(/HTTP\/1\.1 \d/g)).toHaveLength(1)
  })
})

describe('bodies of answers', () => {
  test('arrive as they were sent, and no faster than they are read', async () => {
    const data = randomBytes(32 * MEGABYTE)
    let written = 0
    const { door } = await openBefore((_, response) => {
      const pump = (): void => {
        while (written < data.length) {
          const end = Math.min(data.length, written + 65_536)
          const goesOn = response.write(data.subarray(written, end))
          written = end
          if (!goesOn) return void response.once('drain', pump)
        }
        response.end()
      }
      pump()
    })
    const received = await new Promise<Buffer>((resolve, reject) => {
      httpRequest(`${door.url}${READ}`, (response) => {
        let before = -1
        const look = setInterval(() => {
          if (written !== before) {
            before = written
            return
          }
          clearInterval(look)
          try {
            expect(written).toBeLessThan(data.length)
          } catch (error) {
            reject(error)
          }
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => resolve(Buffer.concat(chunks)))
        }, 200)
      })
        .on('error', reject)
        .end()
    })
    expect(digest(received)).toBe(digest(data))
  })

  test('a client that hangs up stops the upstream', async () => {
    let isStopped = false
    const { door } = await openBefore((_, response) => {
      const more = setInterval(() => response.write('x'.repeat(1_000)), 5)
      response.on('close', () => {
        clearInterval(more)
        isStopped = true
      })
    })
    const { socket, text } = dial(door.url)
    socket.write(`GET ${READ} HTTP/1.1\r\nHost: nn\r\n\r\n`)
    await until(() => text().length > 2_000)
    socket.destroy()
    await until(() => isStopped)
    expect(await door.metric('keddah_upstream_requests_total{service="nn",outcome="aborted"}')).toBe(1)
  })

  test('a client that stops reading is cut off', async () => {
    let isStopped = false
    const { door } = await openBefore(
      (_, response) => {
        const more = setInterval(() => {
          if (!response.writableNeedDrain) response.write(Buffer.alloc(262_144))
        }, 1)
        response.on('close', () => {
          clearInterval(more)
          isStopped = true
        })
      },
      { timeouts: { body: 300 } },
    )
    const { socket } = dial(door.url)
    socket.pause()
    socket.write(`GET ${READ} HTTP/1.1\r\nHost: nn\r\n\r\n`)
    await until(() => isStopped)
    expect(await door.metric('keddah_in_flight_requests{service="nn"}')).toBe(0)
    socket.destroy()
  })

  test.each([204, 304])('%i has none', async (status) => {
    const { door } = await openBefore((_, response) => response.writeHead(status).end())
    const answer = await exchangeRaw(
      door.url,
      `GET ${READ} HTTP/1.1\r\nHost: nn\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer.toLowerCase()).not.toMatch(/transfer-encoding|content-length/)
    expect(answer.split('\r\n\r\n')[1]).toBe('')
  })

  test('HEAD keeps the length that GET would have', async () => {
    const { door } = await openBefore((_, response) => response.setHeader('Content-Length', 12).end())
    const answer = await exchangeRaw(
      door.url,
      `HEAD ${READ} HTTP/1.1\r\nHost: nn\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toContain('Content-Length: 12')
    expect(answer.split('\r\n\r\n')[1]).toBe('')
  })

  test('an HTTP/1.0 client gets no chunks', async () => {
    const { door } = await openBefore((_, response) => {
      response.write('a')
      response.end('b')
    })
    const answer = await exchangeRaw(door.url, `GET ${READ} HTTP/1.0\r\n\r\n`)
    expect(answer.toLowerCase()).not.toContain('chunked')
    expect(answer).toMatch(/\r\n\r\nab$/)
  })

  test('interim answers that nobody asked for are swallowed, as DataNodes send them', async () => {
    const { door } = await openBeforeRaw(({ socket }) => {
      socket.once('data', () => {
        socket.write(
          'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Con',
        )
        setTimeout(() => socket.write('tinue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok'), 20)
      })
    })
    const answer = await fetch(`${door.url}${WRITE}`, { method: 'PUT' })
    expect([answer.status, await answer.text()]).toEqual([201, 'ok'])
  })
})
