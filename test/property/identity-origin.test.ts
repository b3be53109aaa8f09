import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import { originOf } from '../../src/identity/origin.ts'
import { parseTrustedPeers } from '../../src/identity/peers.ts'

const trusted = parseTrustedPeers(['10.0.0.0/8', 'fd00::/8'], 'trustedProxies')

/** An address of one of the trusted proxies, and one of somebody else. */
const proxy = fc.oneof(
  fc.ipV4().map((address) => address.replace(/^\d+/, '10')),
  fc.nat(0xffff).map((part) => `fd00::${part.toString(16)}`),
)
const stranger = fc.nat(0xffff).map((part) => `198.51.${part >> 8}.${part & 0xff}`)
/** What may stand in a header: no line ends, and whatever else a client likes. */
const written = fc.string().map((text) => text.replace(/[\r\n\0]/g, ' '))

test('whatever a client writes into X-Forwarded-For, its address is the one the proxies saw', () => {
  fc.assert(
    fc.property(fc.array(written), stranger, fc.array(proxy), proxy, (lies, client, hops, peer) => {
      const line = [...lies, client, ...hops].join(', ')
      expect(originOf(peer, [line], trusted).address).toBe(client)
    }),
  )
})

test('how proxies split the chain into lines changes nothing', () => {
  fc.assert(
    fc.property(fc.array(written), stranger, fc.array(proxy), proxy, (lies, client, hops, peer) => {
      const lines = [...lies, client, ...hops]
      expect(originOf(peer, lines, trusted)).toEqual(originOf(peer, [lines.join(',')], trusted))
    }),
  )
})

/** The address of a request with this `Forwarded`, or the code of its refusal. */
function answerTo(peer: string, forwarded: string): string | null {
  try {
    return originOf(peer, [], trusted, null, [forwarded]).address
  } catch (error) {
    return error instanceof ProtocolError ? error.code : 'something else was thrown'
  }
}

test('whatever a client writes into Forwarded, it is refused or its address is the one the proxies saw', () => {
  const lie = fc.oneof(
    written,
    fc.constantFrom('for="', 'for=1.1.1.1', 'for=1.1.1.1;x="', 'for="\\', '"', 'for="a', 'x=y;for="[::1]"'),
  )
  fc.assert(
    fc.property(fc.array(lie), stranger, proxy, fc.boolean(), (lies, client, peer, quoted) => {
      const line = [...lies, quoted ? `for="${client}:1"` : `for=${client}`].join(', ')
      expect([client, 'ERR_HTTP_FORWARDED']).toContain(answerTo(peer, line))
    }),
  )
})
