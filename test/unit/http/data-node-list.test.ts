import { describe, expect, test } from 'vitest'
import { anyDataNode, parseDataNodes } from '../../../src/http/redirects/data-node-list.ts'
import { configError } from '../../support/config-error.ts'

const server = (text: string): { host: string; port: number } => {
  const { hostname, port } = new URL(`http://${text}`)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) }
}
const PORTS = [9864, 9865]

describe('a list of DataNodes', () => {
  const list = parseDataNodes(
    [
      'dn1.example.com',
      'DN2.example.com:1006',
      '10.1.0.0/16',
      '10.2.0.0/16:1006',
      '192.0.2.7',
      '[2001:db8::7]:50',
    ],
    'services[0].dataNodes',
    PORTS,
  )

  test.each([
    ['dn1.example.com:9864', true],
    ['dn1.example.com:9865', true],
    ['dn2.example.com:1006', true],
    ['10.1.2.3:9864', true],
    ['10.2.2.3:1006', true],
    ['192.0.2.7:9864', true],
    ['[2001:db8::7]:50', true],
    ['[::ffff:10.1.2.3]:9864', true],
    // A port that is not one of DataNodes, or that of another entry.
    ['dn1.example.com:22', false],
    ['10.1.2.3:1006', false],
    ['10.2.2.3:9864', false],
    ['192.0.2.8:9864', false],
    ['[2001:db8::7]:9864', false],
    // A name that no entry has may still turn out to be an address in a range, at a port of one.
    ['other.example.com:9864', true],
    ['dn2.example.com:9864', true],
    ['dn1.example.com.evil.example:9864', true],
    ['other.example.com:22', false],
  ])('says of %s before it is resolved: %j', (text, expected) => {
    expect(list.mayBe(server(text))).toBe(expected)
  })

  test('lets a name lead where it is written, and any other one into a range alone', () => {
    expect(list.isAt(server('dn1.example.com:9864'), '203.0.113.9')).toBe(true)
    expect(list.isAt(server('other.example.com:9864'), '10.1.9.9')).toBe(true)
    expect(list.isAt(server('other.example.com:9864'), '203.0.113.9')).toBe(false)
    expect(list.isAt(server('other.example.com:9864'), '127.0.0.1')).toBe(false)
    expect(list.isAt(server('other.example.com:1006'), '10.1.9.9')).toBe(false)
  })

  test('of names alone never waits for an address', () => {
    const names = parseDataNodes(['dn1.example.com'], 'x', PORTS)
    expect(names.mayBe(server('dn2.example.com:9864'))).toBe(false)
    expect(names.mayBe(server('10.1.2.3:9864'))).toBe(false)
  })

  test.each([
    '',
    '*',
    'http://dn1:9864',
    'dn1/x',
    'dn1:0',
    'dn1:65536',
    'dn1:',
    '10.0.0.0/0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0',
    '010.0.0.1',
    '2130706433',
    'a b',
    'dn1,dn2',
    '-dn',
    'dn1@evil',
    '[::1',
  ])('has no entry %j', (entry) => {
    const error = configError(() => parseDataNodes(['dn1', entry], 'services[0].dataNodes', PORTS))
    expect(error?.problems).toMatchObject([{ key: 'services[0].dataNodes', code: 'data_nodes' }])
    expect(error?.problems[0]?.message).toContain(`\`${entry}\``)
  })
})

describe('without a list', () => {
  const away = anyDataNode(PORTS, false)
  const here = anyDataNode(PORTS, true)

  test.each(['10.1.2.3', '192.0.2.1', '[2001:db8::1]', 'dn1.example.com'])(
    '%s may be one, on its ports',
    (host) => {
      expect(away.mayBe(server(`${host}:9864`))).toBe(true)
      expect(away.mayBe(server(`${host}:9865`))).toBe(true)
      expect(away.mayBe(server(`${host}:8020`))).toBe(false)
    },
  )

  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[fe80::1]',
    '[ff02::1]',
    '[fd00:ec2::254]',
    '[::ffff:169.254.169.254]',
    '[64:ff9b::a9fe:a9fe]',
  ])('%s is none, by address or by a name that resolves to it', (host) => {
    const { host: address } = server(`${host}:9864`)
    for (const list of [away, here]) {
      expect(list.mayBe({ host: address, port: 9864 })).toBe(false)
      expect(list.isAt({ host: 'dn1.example.com', port: 9864 }, address)).toBe(false)
    }
  })

  test.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])(
    '%s is one only where a NameNode is on this machine too',
    (address) => {
      expect(away.mayBe({ host: address, port: 9864 })).toBe(false)
      expect(here.mayBe({ host: address, port: 9864 })).toBe(true)
      expect(away.isAt({ host: 'dn1.example.com', port: 9864 }, address)).toBe(false)
      expect(here.isAt({ host: 'dn1.example.com', port: 9864 }, address)).toBe(true)
    },
  )

  // What resolvers take for addresses is no name.
  test.each(['2130706433', '127.1', '0177.0.0.1'])('%s is no name', (host) => {
    expect(here.mayBe({ host, port: 9864 })).toBe(false)
  })
})
