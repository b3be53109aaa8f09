import { describe, expect, test } from 'vitest'
import { guardLocation, guardRefresh, serverIn } from '../../../src/http/redirects/location.ts'

const OWN = 'https://keddah.example:9871'
const UPSTREAMS = ['http://rm1:8088', 'https://rm2:8090', 'http://rm3']
const guard = (value: string): string | null => guardLocation(value, OWN, UPSTREAMS)

describe('a Location', () => {
  test.each([
    '/ws/v1/cluster/apps/application_1_1',
    'apps?x=http://evil',
    '?x=y',
    '#top',
    '',
    'hdfs://nn:8020/a%20b',
    'webhdfs://nn/a',
    'HDFS://nn/a',
    'https://keddah.example:9871/ws/v1/x?y=z',
    'https://KEDDAH.example:9871/',
  ])('%s passes as it is', (value) => expect(guard(value)).toBe(value))

  test.each([
    ['http://rm1:8088/cluster?a=b', '/cluster?a=b'],
    ['HTTP://RM1:8088/cluster#x', '/cluster#x'],
    ['http://rm1:8088', '/'],
    ['https://rm2:8090/a/../b', '/b'],
    ['http://rm3:80/x', '/x'],
    // An upstream that takes itself for the first server behind TLS.
    ['http://keddah.example:9871/x', '/x'],
  ])('%s is turned to Keddah', (value, expected) => expect(guard(value)).toBe(`${OWN}${expected}`))

  test.each([
    'http://evil/',
    'http://rm1:8088.evil/',
    'http://rm1:8088@evil/',
    'http://rm1:8089/',
    'https://rm1:8088/',
    'http://rm1/',
    'http:rm1:8088/',
    'http:///rm1:8088/',
    '//evil/x',
    '//rm1:8088/x',
    '/\\evil/x',
    '\\\\evil',
    '/\t/evil',
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://rm1:8088/',
    'file:///etc/passwd',
    'http://rm1:8088//x',
    'http://rm1:8088/%2e%2e%2fx',
    'http://rm1:8088/a;b=c',
    'http://[::1]:x/',
  ])('%s leads nowhere', (value) => expect(guard(value)).toBe(null))
})

describe('a Refresh', () => {
  const refresh = (value: string): string | null => guardRefresh(value, OWN, UPSTREAMS)

  test.each(['3', '0', '3.5', '3; url=/cluster', '0;URL=apps'])('%s stays here', (value) =>
    expect(refresh(value)).not.toBe(null),
  )
  test('of an upstream is turned to Keddah', () => {
    expect(refresh('3; url=http://rm1:8088/cluster')).toBe(`3; url=${OWN}/cluster`)
    expect(refresh('3;URL="http://rm1:8088/cluster"')).toBe(`3; url=${OWN}/cluster`)
    expect(refresh("3, 'http://rm1:8088/cluster'")).toBe(`3; url=${OWN}/cluster`)
  })
  test.each([
    '0; url=http://evil/',
    "0; url='http://evil/'",
    '0; url="http://evil/"x',
    '0 url=http://evil/',
    '0, http://evil/',
    '0;http://evil/',
    '0; url=//evil/',
    'url=http://evil/',
    '; url=http://evil/',
    '0; url=http://evil/"',
  ])('%s leads nowhere', (value) => expect(refresh(value)).toBe(null))
})

test('of a link that leads nowhere, host and port alone are told', () => {
  expect(serverIn('http://evil:22/webhdfs/v1/a?delegation=TOKEN')).toBe('evil:22')
  expect(serverIn('javascript:TOKEN')).toBe('not a server')
})
