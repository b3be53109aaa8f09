import { describe, expect, test } from 'vitest'
import { refusalBody, type RefusalText } from '../../../src/http/refusal-bodies.ts'

const HOSTILE = `User <script>&"'\u0000\uD800 is not authorized`
const refusal = (message = 'no'): RefusalText => ({
  status: 403,
  reason: 'acl',
  message,
  exception: 'AuthorizationException',
  requestId: 'r-1',
})

describe('a refusal', () => {
  test('has the order of keys of its surface', () => {
    const className = 'org.apache.hadoop.security.authorize.AuthorizationException'
    expect(refusalBody('webhdfs', refusal(), null).text).toBe(
      `{"RemoteException":{"exception":"AuthorizationException","javaClassName":"${className}","message":"no"}}`,
    )
    expect(refusalBody('rest', refusal(), '*/*').text).toBe(
      `{"RemoteException":{"exception":"AuthorizationException","message":"no","javaClassName":"${className}"}}`,
    )
    expect(refusalBody('kms', refusal(), null).text).toBe(
      `{"RemoteException":{"message":"no","exception":"AuthorizationException","javaClassName":"${className}"}}`,
    )
  })

  test.each([
    [null, 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/xml', 'application/xml'],
    ['text/xml;q=0.5', 'application/xml'],
    ['application/xml;q=0.5, application/json', 'application/json'],
    ['application/xml, application/json;q=0.9', 'application/xml'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/xml'],
    ['application/xhtml+xml', 'application/json'],
    ['application/xml;q=x', 'application/json'],
  ])('on REST for Accept `%s` is %s', (accept, type) => {
    expect(refusalBody('rest', refusal(), accept).type).toBe(type)
  })

  test('lets nobody write into it', () => {
    expect(JSON.parse(refusalBody('webhdfs', refusal(HOSTILE), null).text)).toMatchObject({
      RemoteException: { message: HOSTILE },
    })
    expect(refusalBody('rest', refusal(HOSTILE), 'text/xml').text).toContain(
      '<message>User &lt;script&gt;&amp;&quot;&apos;\uFFFD\uFFFD is not authorized</message>',
    )
    for (const accept of [null, 'text/html'])
      expect(refusalBody('page', refusal(HOSTILE), accept).text).not.toContain('script')
  })
})
