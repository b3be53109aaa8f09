import { describe, expect, test } from 'vitest'
import { ProtocolError } from '../../../src/errors.ts'
import { checkForm, formKind, withoutIdentity } from '../../../src/http/form-body.ts'

describe('a form', () => {
  test.each([
    [null, null],
    ['application/json', null],
    ['application/octet-stream', null],
    ['application/x-www-form-urlencoded', 'urlencoded'],
    ['APPLICATION/X-WWW-FORM-URLENCODED ; charset=utf-8', 'urlencoded'],
    ['text/plain, application/x-www-form-urlencoded', 'urlencoded'],
    ['multipart/form-data; boundary=a', 'multipart'],
    ['Multipart/Mixed', 'multipart'],
  ])('is told by the type `%s`: %s', (type, kind) => {
    expect(formKind(type)).toBe(kind)
  })

  test.each([
    ['application/x-www-form-urlencoded', null, true],
    ['application/x-www-form-urlencoded; charset=UTF-8', 'identity', true],
    ['application/x-www-form-urlencoded;charset="utf-8"', null, true],
    ['application/x-www-form-urlencoded; charset=utf-16', null, false],
    ['application/x-www-form-urlencoded; charset=utf-8; charset=utf-16', null, false],
    ['application/x-www-form-urlencoded, text/plain', null, false],
    ['application/x-www-form-urlencoded', 'gzip', false],
  ])('%s with the coding %s is clear: %s', (type, coding, isClear) => {
    let reason: string | null = null
    try {
      checkForm(type, coding)
    } catch (error) {
      reason = error instanceof ProtocolError ? error.reason : 'another'
    }
    expect(reason).toBe(isClear ? null : 'form_body')
  })

  // The attack: the same field spelled so that only the server recognises it.
  test.each([
    ['a=b&c', 'a=b&c'],
    ['', ''],
    ['user.name=root', ''],
    ['USER.NAME=root&a=b', 'a=b'],
    ['%75ser.name=root&a=b', 'a=b'],
    ['user%2Ename=root&&a=b&', 'a=b'],
    ['+user.name=root&a=b', 'a=b'],
    ['doas=x&doAs=y&delegation=z&ugi=u&a=%26b', 'a=%26b'],
    ['user.name&a=b', 'a=b'],
    ['a=b;user.name=root', 'a=b%3Buser.name%3Droot'],
    ['a;user.name=root', ''],
    ['u\u017Fer.name=root&a=b', 'a=b'],
    ['a+b=c%20d', 'a+b=c+d'],
  ])('%s is sent as %s', (body, sent) => {
    expect(withoutIdentity(Buffer.from(body)).toString()).toBe(sent)
  })

  test.each(['%', 'a=%zz', '%C3=x', 'a=%ED%A0%80'])('%s is not UTF-8', (body) => {
    expect(() => withoutIdentity(Buffer.from(body))).toThrow('not percent-encoded UTF-8')
  })

  test('of too many fields is too large', () => {
    expect(() => withoutIdentity(Buffer.from('a&'.repeat(1_001)))).toThrow('a form may have')
  })
})
