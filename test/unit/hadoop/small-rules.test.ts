import { describe, expect, test } from 'vitest'
import { hadoopAuditLine } from '../../conformance/areas/audit-line.ts'
import { expectedPrincipal } from '../../../src/hadoop/client-principal.ts'
import { forwardedAddressAsHadoop, parseProxyServers } from '../../../src/hadoop/forwarded-address.ts'
import { parseStaticGroups } from '../../../src/hadoop/static-group-mapping.ts'
import type { Subject } from '../../../src/hadoop/subject.ts'
import { configError } from '../../support/config-error.ts'

describe('static groups', () => {
  test.each<[string, [string, string[]][]]>([
    ['dr.who=;', [['dr.who', []]]],
    [
      'ada=eng,math,eng;bo',
      [
        ['ada', ['eng', 'math']],
        ['bo', []],
      ],
    ],
    [' ada = eng , x ', [[' ada ', [' eng ', ' x ']]]],
    ['=eng,math', [['eng,math', []]]],
    ['ada==eng=', [['ada', ['eng']]]],
    ['ada=eng;ada=math', [['ada', ['math']]]],
    ['__proto__=root', [['__proto__', ['root']]]],
    [';;', []],
  ])('%j', (text, wanted) => {
    expect([...parseStaticGroups(text)]).toEqual(wanted)
  })

  test.each(['ada=eng=math', '=', 'ada=eng\nbo=ops', 'a=b;==;c=d'])('%j does not load', (text) => {
    expect(configError(() => parseStaticGroups(text))?.code).toBe('ERR_POLICY_STATIC_GROUPS')
  })
})

describe('the forwarded address as Hadoop finds it', () => {
  const dns = (name: string): string | null => (name === 'proxy1' ? '192.0.2.7' : null)
  test.each<[string, string | null, string, string]>([
    ['192.0.2.9', '198.51.100.1, 198.51.100.2', '192.0.2.9', '198.51.100.1'],
    ['192.0.2.7', '198.51.100.1', '192.0.2.9, proxy1', '198.51.100.1'],
    ['192.0.2.8', '198.51.100.1', '192.0.2.9, ghost', '192.0.2.8'],
    ['192.0.2.9', null, '192.0.2.9', '192.0.2.9'],
    ['192.0.2.9', ' , 198.51.100.1', '192.0.2.9', '192.0.2.9'],
    ['192.0.2.9', 'not-an-ip', '192.0.2.9', 'not-an-ip'],
    ['192.0.2.9', ',,', '192.0.2.9', ''],
    ['127.0.0.1', '198.51.100.1', ',192.0.2.9', '198.51.100.1'],
    ['127.0.0.1', '198.51.100.1', '192.0.2.9,,', '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1', '192.0.2.9\n\n192.0.2.8', '127.0.0.1'],
    ['2001:db8:0:0:0:0:0:5', '198.51.100.1', '2001:DB8::5', '198.51.100.1'],
  ])('peer %s, header %j, trusted %j: %s', (peer, header, servers, wanted) => {
    expect(forwardedAddressAsHadoop(peer, header, parseProxyServers(servers, dns))).toBe(wanted)
  })

  test('nobody is trusted without the key', () => {
    expect(parseProxyServers(null, dns).size).toBe(0)
  })
})

describe('the client principal that is expected', () => {
  test.each<[string, string | null, string[], string | null]>([
    ['dn/_HOST@R', '192.0.2.5', ['dn7.example.com'], 'dn/dn7.example.com@R'],
    ['dn/_HOST@R', '192.0.2.5', ['DN7.Example.com.'], 'dn/dn7.example.com@R'],
    ['dn/_HOST@R', '192.0.2.5', [], 'dn/192.0.2.5@R'],
    ['dn/_HOST@R', '2001:db8::5', ['six.example'], 'dn/six.example@R'],
    ['dn/_HOST@R', '2001:db8::5', [], null],
    ['dn/_HOST@R', null, [], null],
    ['dn/_HOST@R', '0.0.0.0', [], null],
    ['dn/_HOST@R', '0.0.0.0', ['dn7.example.com'], 'dn/dn7.example.com@R'],
    ['dn@R', null, [], 'dn@R'],
    ['dn/_host@R', null, [], 'dn/_host@R'],
    ['dn/_HOST', null, [], 'dn/_HOST'],
    ['dn/_HOST@', null, [], 'dn/_HOST@'],
    ['', null, [], ''],
  ])('%j from %j named %j: %j', (pattern, address, names, wanted) => {
    expect(expectedPrincipal(pattern, { address, names })).toBe(wanted)
  })
})

describe("Hadoop's audit lines", () => {
  const svc: Subject = { user: 'svc', principal: 'svc/h@R', method: 'KERBEROS', groups: [], realUser: null }
  const ada: Subject = { user: 'ada', principal: 'ada', method: 'PROXY', groups: null, realUser: svc }
  const who = 'ada (auth:PROXY) via svc/h@R (auth:KERBEROS)'

  test('allowed', () => {
    expect(hadoopAuditLine(ada, 'interface p.C', { kind: 'allowed' })).toEqual({
      level: 'INFO',
      text: `Authorization successful for ${who} for protocol=interface p.C`,
    })
  })

  test.each<[string | null, string]>([
    [null, ': denied by configured ACL'],
    ['dn/h@R', ': this service is only accessible by dn/h@R'],
  ])('a user refused, expected principal %j', (clientPrincipal, cause) => {
    expect(hadoopAuditLine(ada, 'interface p.C', { kind: 'user', clientPrincipal })).toEqual({
      level: 'WARN',
      text: `Authorization failed for ${who} for protocol=interface p.C${cause}`,
    })
  })

  test('a host refused: no user, two blanks', () => {
    expect(hadoopAuditLine(ada, 'interface p.C', { kind: 'host', address: '2001:db8::5' })).toEqual({
      level: 'WARN',
      text: 'Authorization failed for  for protocol=interface p.C from host = 2001:db8:0:0:0:0:0:5',
    })
  })
})
