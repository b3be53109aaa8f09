import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../support/attack/app.ts'
import { send } from '../../support/attack/client.ts'
import { type LenientUpstream, startLenientUpstream } from '../../support/attack/lenient-upstream.ts'
import { valuesOf } from '../../support/attack/messages.ts'
import { lastGet } from '../../support/attack/stage.ts'
import { CLIENT } from '../../support/policy.ts'

/**
 * User names where the operator has allowed all there are (`dfs.webhdfs.user.provider.user.pattern` is `.+`): a name
 * must stay one name on its way, and two names that look alike must stay two.
 */
const COMPOSED = 'm\u00fcller'
const DECOMPOSED = 'mu\u0308ller'

let upstream: LenientUpstream
let keddah: TestApp
beforeAll(async () => {
  upstream = await startLenientUpstream()
  const service = (name: string, kind: string): object => ({
    name,
    kind,
    listen: '127.0.0.1:0',
    upstreams: [upstream.url],
  })
  keddah = await startTestApp({
    policy: {
      [CLIENT]: `alice,${COMPOSED}`,
      'security.applicationclient.protocol.acl': '*',
      'security.applicationclient.protocol.acl.blocked': 'mallory',
      'security.service.authorization.default.acl': 'admin',
    },
    coreSite: {
      'dfs.webhdfs.user.provider.user.pattern': '.+',
      'hadoop.proxyuser.hue.users': '*',
      'hadoop.proxyuser.hue.hosts': '*',
    },
    settings: { services: [service('nn', 'namenode'), service('rm', 'resourcemanager')] },
  })
})
beforeEach(() => upstream.reset())
afterAll(async () => {
  await keddah?.stop()
  await upstream?.close()
})

const ask = (service: string, query: string, ...lines: string[]): ReturnType<typeof send> =>
  send(
    keddah.url(service),
    lastGet(
      service === 'nn' ? `/webhdfs/v1/?op=LISTSTATUS&${query}` : `/ws/v1/cluster/info?${query}`,
      ...lines,
    ),
  )
const targets = (): string[] => upstream.requests().map(({ target }) => target)

// Attack: a name that ends where it is written into a query, and begins another parameter.
test.each([
  'a&doas=hdfs',
  'a#b',
  'a%26user.name=hdfs',
  'a=b',
  "a'b",
  'a"b',
  'a<b>',
  'a?b',
  'a|b',
  '\u0430lice',
  '%2A',
])('the name %j stays one name', async (name) => {
  const reply = await ask('rm', `user.name=${encodeURIComponent(name)}`)
  expect(reply.status).toBe(200)
  expect(targets()).toEqual([`/ws/v1/cluster/info?user.name=${encodeURIComponent(name)}`])
  const [target = ''] = targets()
  expect([...new URLSearchParams(target.split('?')[1])]).toEqual([['user.name', name]])
})

// Attack: a name that is another one to the list, to a reader or to the daemon.
test.each([
  'alice ',
  ' alice',
  'alice,hdfs',
  'alice hdfs',
  '*',
  'ali\u200bce',
  'alice\ufeff',
  'alice\u202e',
  'alice\0',
  'alice\n',
  'alice;x',
  'ali\u00adce',
  'alice\u00a0',
  'alice\u2028',
  '~alice',
  '..',
  'a/b/c',
  '',
])('the name %j is nobody, whatever the pattern says', async (name) => {
  const reply = await ask('rm', `user.name=${encodeURIComponent(name)}`)
  expect([400, 401]).toContain(reply.status)
  expect(targets()).toEqual([])
})

describe('two names that look alike', () => {
  // Attack: the same letters, composed in another way, in another case or from another alphabet.
  test.each([DECOMPOSED, COMPOSED.toUpperCase(), '\u0430lice', 'A\u017fice', '\uff41lice', 'alice$'])(
    '%j is not on the list',
    async (name) => {
      expect((await ask('nn', `user.name=${encodeURIComponent(name)}`)).status).toBe(403)
      expect(targets()).toEqual([])
    },
  )

  test('the one on the list arrives letter by letter', async () => {
    expect((await ask('nn', `user.name=${encodeURIComponent(COMPOSED)}`)).status).toBe(200)
    expect(targets()).toEqual(['/webhdfs/v1/?op=LISTSTATUS&user.name=m%C3%BCller'])
  })

  // Attack: a blocked name in any dress is decided as another one, and read by the daemon as the blocked one.
  test.each(['mallory@X', 'mallory/host@X', 'mallory@'])(
    'a blocked name as %s does not arrive as itself',
    async (name) => {
      const reply = await ask('rm', `user.name=hue&doas=${encodeURIComponent(name)}`)
      expect([400, 403]).toContain(reply.status)
      expect(targets()).toEqual([])
    },
  )
})

// Attack: what a refusal repeats of a name becomes markup, a header or another element.
test.each(['application/xml', 'text/xml, */*;q=0.1', 'application/json', 'text/html', '*/*'])(
  'a name is text in a refusal for %s',
  async (accept) => {
    for (const name of ['</message><x>', ']]>', '"}},{"a":"', '\u0001', '<script>', '&#0;']) {
      for (const query of [
        `user.name=hue&doas=${encodeURIComponent(`mallory,${name}`)}`,
        `user.name=${encodeURIComponent(`,${name}`)}`,
      ]) {
        const reply = await ask('rm', query, `Accept: ${accept}`)
        expect(reply.status).toBeGreaterThanOrEqual(400)
        const isMarkup = !valuesOf(reply, 'content-type').join().includes('json')
        expect(isMarkup && /<x>|<script>|&#0;/.test(reply.body)).toBe(false)
        expect(reply.body).not.toContain('\u0001')
        expect(isMarkup ? ['RemoteException'] : Object.keys(JSON.parse(reply.body) as object)).toEqual([
          'RemoteException',
        ])
      }
    }
  },
)

// Attack: refusals are collected until the policy is known.
test('a refusal tells nothing of the policy', async () => {
  for (const accept of ['text/html', 'application/xml', '*/*']) {
    for (const reply of [
      await ask('nn', 'user.name=mallory', `Accept: ${accept}`),
      await ask('nn', 'user.name=alice&doas=hdfs', `Accept: ${accept}`),
      await ask('rm', 'user.name=mallory', `Accept: ${accept}`),
      await send(keddah.url('nn'), lastGet('/jmx?user.name=mallory', `Accept: ${accept}`)),
      await send(keddah.url('nn'), lastGet('/nothing?user.name=mallory', `Accept: ${accept}`)),
    ]) {
      expect(reply.status).toBe(403)
      expect(reply.received.replaceAll('User: alice', '')).not.toMatch(
        /alice|m.+ller,|hadoop-policy|\.xml|revision|blocked = |127\.0\.0\.1|conf\//,
      )
    }
  }
})
