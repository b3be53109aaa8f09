import { describe, expect, test } from 'vitest'
import { requestText } from '../../../src/http/upstream/request-text.ts'
import type { UpstreamRequest } from '../../../src/http/upstream/request-text.ts'

const REQUEST: UpstreamRequest = { method: 'GET', path: '/a?b=c', headers: ['x-a', 'b'], body: null }

describe('the head of a request to an upstream', () => {
  test('is one line for each header, with the framing of its body', () => {
    expect(requestText(REQUEST, 'nn').text).toBe(
      'GET /a?b=c HTTP/1.1\r\nhost: nn\r\nconnection: keep-alive\r\nx-a: b\r\n\r\n',
    )
    const put = requestText({ ...REQUEST, method: 'PUT', body: Buffer.from('ab') }, 'nn')
    expect(put.text).toContain('\r\ncontent-length: 2\r\n\r\n')
  })

  // Attack: a line end that got past everything before, by whatever mistake, makes two requests of one.
  test.each<[string, Partial<UpstreamRequest>]>([
    ['a line end in the path', { path: '/a HTTP/1.1\r\nX: y\r\n\r\n' }],
    ['a blank in the path', { path: '/a b' }],
    ['a null in the path', { path: '/a\0' }],
    ['a letter that is no ASCII in the path', { path: '/\u0120' }],
    ['a line end in a value', { headers: ['x-a', 'b\r\nHost: evil'] }],
    ['a line feed alone in a value', { headers: ['x-a', 'b\nc'] }],
    ['a letter that becomes a line feed in Latin-1', { headers: ['x-a', 'b\u010ac'] }],
    ['a line end in a name', { headers: ['x\r\nHost', 'b'] }],
    ['a blank in a name', { headers: ['x ', 'b'] }],
    ['no name', { headers: ['', 'b'] }],
    ['a blank in the method', { method: 'GET /x' }],
    ['a line end in a host', { headers: ['host', 'a\r\nb'] }],
  ])('is not written with %s', (_, change) => {
    expect(() => requestText({ ...REQUEST, ...change }, 'nn')).toThrow('cannot be sent on')
  })
})
