import { describe, expect, test } from 'vitest'
import { defaultRealmOf } from '../../../src/hadoop/krb5-conf.ts'

describe('the default realm of a krb5.conf', () => {
  test.each([
    ['[libdefaults]\n  default_realm = EXAMPLE.COM\n', 'EXAMPLE.COM'],
    ['includedir /etc/krb5.conf.d/\r\n\r\n[libdefaults]\r\n\tdefault_realm=EXAMPLE.COM \r\n', 'EXAMPLE.COM'],
    ['[libdefaults]\ndefault_realm = "EXAMPLE.COM"\n', 'EXAMPLE.COM'],
    ['[libdefaults]\ndefault_realm = A\ndefault_realm = B\n', 'A'],
    ['[logging]\ndefault = FILE\n[libdefaults]\n[realms]\n[libdefaults]\ndefault_realm = A', 'A'],
    ['[libdefaults]\nEXAMPLE.ORG = {\n  default_realm = B\n}\ndefault_realm = A', 'A'],
  ])('%j names %s', (text, realm) => {
    expect(defaultRealmOf(text)).toBe(realm)
  })

  test.each([
    '',
    'default_realm = A',
    '[libdefaults]\n# default_realm = A\n; default_realm = A',
    '[libdefaults]\ndefault_realm =\n',
    '[libdefaults]\ndefault_realms = A',
    '[libdefaults]\n[realms]\nA = {\n  default_realm = A\n}\n',
    '[appdefaults]\ndefault_realm = A',
  ])('%j names none', (text) => {
    expect(defaultRealmOf(text)).toBeNull()
  })
})
