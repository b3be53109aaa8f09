import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { allowing, denying, useRangerStage } from '../../support/attack/ranger-stage.ts'
import { valuesOf } from '../../support/attack/messages.ts'
import { chunked, head } from '../../support/attack/stage.ts'
import { until } from '../../support/until.ts'

/**
 * A policy denies alice the queue `root.prod` and what is below it, another one lets her submit to `root.open`. She sends
 * a body that Keddah reads in one way and the ResourceManager in another, or has Keddah do for nobody what costs memory.
 */
const APPLICATIONS = 'security.applicationclient.protocol.acl'
const HONEST = '/ws/v1/cluster/info?user.name=alice'
const ACL = { [APPLICATIONS]: 'alice' }
const POLICIES = [
  allowing('queue', 'root.open', ['submit-app']),
  denying('queue', 'root.prod', ['submit-app']),
]
const QUEUES = { default: 'root.open', etl: 'root.prod.etl', batch: 'root.open.batch' }
const stage = useRangerStage({
  kind: 'resourcemanager',
  policies: POLICIES,
  acl: ACL,
  honest: HONEST,
  component: { queues: QUEUES },
  service: { timeouts: { body: '2s' }, limits: { resourceBodyBytes: '16MiB' } },
})

const NOBODY = { first: '', headers: [] }
const APPS = '/ws/v1/cluster/apps'
const JSON_TYPE = 'Content-Type: application/json'
const XML_TYPE = 'Content-Type: application/xml'

/** Lines of a head for a submission; the length of the body is said if there is one. */
const headFor = (target: string, ...lines: readonly string[]): string =>
  head(
    `${target.endsWith('/queue') ? 'PUT' : 'POST'} ${target}?user.name=alice HTTP/1.1`,
    'Host: rm',
    'Connection: close',
    ...lines,
  )

const submission = (body: string, type = JSON_TYPE, target = APPS, ...lines: readonly string[]): Buffer =>
  Buffer.from(headFor(target, type, `Content-Length: ${Buffer.byteLength(body)}`, ...lines) + body)

const xml = (content: string, root = 'application-submission-context'): string =>
  `<?xml version="1.0" encoding="UTF-8"?><${root}>${content}</${root}>`

// Without this, a Keddah that refuses everything would pass all that follows.
describe('what is allowed arrives byte for byte', () => {
  test.each([
    [
      'JSON',
      JSON_TYPE,
      APPS,
      '{ "application-id":"application_1_1",\r\n\t"queue" : "root.open" , "é": "\\u00e9ü" }\n',
    ],
    [
      'JSON in any case',
      'content-TYPE: Application/JSON; charset=utf-8',
      APPS,
      '{"queue":"root.open.batch"}',
    ],
    ['a short name', JSON_TYPE, APPS, '{"queue":"batch"}'],
    ['no name', JSON_TYPE, APPS, '{"application-name":"x","queue":null}'],
    [
      'XML',
      XML_TYPE,
      APPS,
      xml('\r\n  <application-name>é</application-name><queue>root.open</queue><!-- x -->'),
    ],
    [
      'a reservation',
      JSON_TYPE,
      '/ws/v1/cluster/reservation/submit',
      '{"queue":"root.open","reservation-id":"r"}',
    ],
    ['a move', JSON_TYPE, `${APPS}/application_1_1/queue`, '{"queue":"root.open"}'],
    ['a move in XML', XML_TYPE, `${APPS}/application_1_1/queue`, xml('<queue>root.open</queue>', 'appqueue')],
  ])('%s', async (_, type, target, body) => {
    expect((await stage.send(submission(body, type, target))).status).toBe(200)
    const [seen] = await stage.reached()
    expect(Buffer.from(seen?.body ?? '', 'latin1').toString()).toBe(body)
    expect(valuesOf(seen ?? NOBODY, 'content-length')).toEqual([String(Buffer.byteLength(body))])
  })

  test('in chunks as well, with its length said', async () => {
    const bytes =
      headFor(APPS, JSON_TYPE, 'Transfer-Encoding: chunked') + chunked('{"que', 'ue":"root.open"', '}')
    expect((await stage.send(bytes)).status).toBe(200)
    const [seen] = await stage.reached()
    expect(seen?.body).toBe('{"queue":"root.open"}')
    expect(seen?.raw).not.toMatch(/transfer-encoding/i)
  })

  test('and what names no queue is not asked about', async () => {
    const state = `PUT ${APPS}/application_1_1/state?user.name=alice HTTP/1.1`
    const body = '{"state":"KILLED"}'
    const bytes =
      head(state, 'Host: rm', 'Connection: close', JSON_TYPE, `Content-Length: ${body.length}`) + body
    expect((await stage.send(bytes)).status).toBe(200)
    expect((await stage.reached()).map((request) => request.body)).toEqual([body])
  })
})

// Attack: the plain thing, under every name of the queue.
describe('a submission to the queue', () => {
  test.each([
    ['by its name', JSON_TYPE, APPS, '{"queue":"root.prod"}'],
    ['below it', JSON_TYPE, APPS, '{"queue":"root.prod.etl.night"}'],
    ['by a short name', JSON_TYPE, APPS, '{"queue":"etl"}'],
    ['with an escaped key', JSON_TYPE, APPS, '{"\\u0071ueue":"root.prod"}'],
    ['with an escaped name', JSON_TYPE, APPS, '{"queue":"root.\\u0070rod"}'],
    ['in XML', XML_TYPE, APPS, xml('<queue>root.prod</queue>')],
    ['in XML with a reference', XML_TYPE, APPS, xml('<queue>root.&#112;rod</queue>')],
    ['by a reservation', JSON_TYPE, '/ws/v1/cluster/reservation/submit', '{"queue":"root.prod"}'],
    ['by a move', JSON_TYPE, `${APPS}/application_1_1/queue`, '{"queue":"root.prod"}'],
    ['by a service', JSON_TYPE, '/app/v1/services', '{"name":"s","queue":"root.prod"}'],
  ])('is refused %s', async (_, type, target, body) => {
    const reply = await stage.send(submission(body, type, target))
    expect([reply.status, reply.reason]).toEqual([403, 'ranger_deny'])
    expect(await stage.reached()).toEqual([])
  })

  test('is refused in chunks', async () => {
    const bytes =
      headFor(APPS, JSON_TYPE, 'Transfer-Encoding: chunked') + chunked('{"queue":"ro', 'ot.prod"}')
    expect((await stage.send(bytes)).reason).toBe('ranger_deny')
    expect(await stage.reached()).toEqual([])
  })

  test('tells the user what the ResourceManager would', async () => {
    const json = await stage.send(submission('{"queue":"etl"}'))
    expect(JSON.parse(json.body)).toEqual({
      RemoteException: {
        exception: 'AccessControlException',
        message: 'User alice does not have permission to submit to queue root.prod.etl',
        javaClassName: 'org.apache.hadoop.security.AccessControlException',
      },
    })
    const asXml = await stage.send(submission('{"queue":"etl"}', JSON_TYPE, APPS, 'Accept: application/xml'))
    expect(asXml.body).toContain('<RemoteException><exception>AccessControlException</exception>')
  })

  // Attack: the ResourceManager finds a queue by the last part of its name, which no policy has.
  test('is refused by a name whose path nobody knows, and the user is told what to write', async () => {
    const reply = await stage.send(submission('{"queue":"night"}'))
    expect([reply.status, reply.reason]).toEqual([403, 'ranger_none'])
    expect(reply.body).toContain('submit to queue night: name it in full, from `root` on')
    expect(await stage.reached()).toEqual([])
  })

  // Attack: one who reads the query believes another queue than one who reads the body.
  test('is decided by the body, whatever a query says', async () => {
    for (const query of ['queue=root.open', 'Queue=root.open', 'application-submission-context=root.open']) {
      const body = '{"queue":"root.prod"}'
      const first = `POST ${APPS}?${query}&user.name=alice HTTP/1.1`
      const bytes =
        head(first, 'Host: rm', 'Connection: close', JSON_TYPE, `Content-Length: ${body.length}`) + body
      expect((await stage.send(bytes)).reason).toBe('ranger_deny')
    }
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: a body with two queues in it, one for each reader.
describe('a body that can be read in two ways is not taken', () => {
  const REFUSED = ['resource_body', 'resource_body_type', 'form_body']
  const entity = '<!DOCTYPE a [<!ENTITY q "root.prod">]>'
  const context = 'application-submission-context'
  test.each([
    ['a key twice', JSON_TYPE, '{"queue":"root.open","queue":"root.prod"}'],
    ['a key twice, escaped once', JSON_TYPE, '{"queue":"root.open","\\u0071ueue":"root.prod"}'],
    ['a key in another case', JSON_TYPE, '{"queue":"root.open","Queue":"root.prod"}'],
    ['a key with a prefix', JSON_TYPE, '{"queue":"root.open","@queue":"root.prod"}'],
    ['the queue wrapped', JSON_TYPE, `{"queue":"root.open","${context}":{"queue":"root.prod"}}`],
    ['a queue that is no text', JSON_TYPE, '{"queue":["root.open","root.prod"]}'],
    ['a list', JSON_TYPE, '[{"queue":"root.prod"}]'],
    ['two documents', JSON_TYPE, '{"queue":"root.open"}{"queue":"root.prod"}'],
    ['a comment', JSON_TYPE, '{/*"queue":"root.open",*/"queue":"root.prod"}'],
    ['single quotes', JSON_TYPE, "{'queue':'root.prod'}"],
    ['a byte order mark', JSON_TYPE, '\uFEFF{"queue":"root.prod"}'],
    ['a NUL', JSON_TYPE, '{"queue":"root.open\0"}'],
    ['blanks about the name', JSON_TYPE, '{"queue":" root.prod"}'],
    ['an empty part of the name', JSON_TYPE, '{"queue":"root..prod"}'],
    ['no body', JSON_TYPE, ''],
    ['a DOCTYPE', XML_TYPE, `${entity}<${context}><queue>root.open</queue></${context}>`],
    ['an entity', XML_TYPE, `${entity}<${context}><queue>&q;</queue></${context}>`],
    ['two elements', XML_TYPE, xml('<queue>root.open</queue><queue>root.prod</queue>')],
    ['a namespace', XML_TYPE, xml('<queue xmlns="urn:x">root.open</queue><queue>root.prod</queue>')],
    ['a prefix', XML_TYPE, xml('<x:queue xmlns:x="urn:x">root.open</x:queue><queue>root.prod</queue>')],
    ['a comment in the name', XML_TYPE, xml('<queue>root.<!-- -->prod</queue>')],
    ['a section', XML_TYPE, xml('<queue><![CDATA[root.prod]]></queue>')],
    ['another root', XML_TYPE, xml('<queue>root.prod</queue>', 'context')],
    ['another encoding', XML_TYPE, '<?xml version="1.0" encoding="UTF-7"?><a/>'],
    ['no end', XML_TYPE, `<${context}><queue>root.open</queue>`],
    ['XML that is called JSON', JSON_TYPE, xml('<queue>root.prod</queue>')],
    ['JSON that is called XML', XML_TYPE, '{"queue":"root.prod"}'],
    ['plain text', 'Content-Type: text/plain', '{"queue":"root.prod"}'],
    ['no type', 'X-Nothing: x', '{"queue":"root.prod"}'],
    ['a list of types', 'Content-Type: application/json, application/xml', '{"queue":"root.open"}'],
    ['another charset', 'Content-Type: application/json; charset=utf-16', '{"queue":"root.open"}'],
    ['a form', 'Content-Type: application/x-www-form-urlencoded', 'queue=root.prod'],
    ['a form in parts', 'Content-Type: multipart/form-data; boundary=x', '--x--'],
  ])('%s', async (_, type, body) => {
    const reply = await stage.send(submission(body, type))
    expect(REFUSED).toContain(reply.reason)
    expect(await stage.reached()).toEqual([])
  })

  test('two types', async () => {
    const reply = await stage.send(submission('{"queue":"root.open"}', JSON_TYPE, APPS, XML_TYPE))
    expect(reply.status).toBe(400)
    expect(await stage.reached()).toEqual([])
  })

  test.each(['gzip', 'GZIP', 'deflate', 'identity, gzip', 'x-gzip'])('a body in %s', async (coding) => {
    const body = gzipSync('{"queue":"root.prod"}')
    const lines = [JSON_TYPE, `Content-Encoding: ${coding}`, `Content-Length: ${body.length}`]
    const reply = await stage.send(Buffer.concat([Buffer.from(headFor(APPS, ...lines)), body]))
    expect([reply.status, reply.reason]).toEqual([415, 'resource_body_type'])
    expect(await stage.reached()).toEqual([])
  })
})

// Attack: whoever may do nothing makes Keddah read and keep what he sends.
describe('nothing of a body is wanted', () => {
  const mallory = headFor(APPS, JSON_TYPE, 'Content-Length: 21', 'Expect: 100-continue')

  test('before the lists of the service have said yes', async () => {
    const reply = await stage.send(mallory.replace('alice', 'mallory'))
    expect([reply.status, reply.reason, reply.interim]).toEqual([403, 'acl', []])
  })

  test('while whoever may use the service is told to go on', async () => {
    const caller = await stage.call()
    caller.write(mallory)
    await until(() => caller.received.includes('100 Continue'))
    expect(await stage.reached()).toEqual([])
    caller.write('{"queue":"root.open"}')
    const [answer] = await caller.answers(1)
    expect([answer?.status, answer?.interim]).toEqual([200, [100]])
  })

  test('where it says itself that it is too large', async () => {
    const lines = [JSON_TYPE, `Content-Length: ${16 * 1_048_576 + 1}`, 'Expect: 100-continue']
    const reply = await stage.send(headFor(APPS, ...lines))
    expect([reply.status, reply.reason, reply.interim]).toEqual([413, 'body_too_large', []])
  })
})

// Attack: a body that does not end, in size or in time.
describe('a body is given up', () => {
  test('where its chunks become too many', async () => {
    const caller = await stage.call()
    caller.write(headFor(APPS, JSON_TYPE, 'Transfer-Encoding: chunked'))
    const chunk = `100000\r\n${' '.repeat(1_048_576)}\r\n`
    for (let count = 0; count < 17; count += 1) caller.write(chunk)
    const [answer] = await caller.answers(1)
    expect(answer?.status).toBe(413)
    expect(await stage.reached()).toEqual([])
  })

  test('where it stops', async () => {
    const reply = await stage.send(`${headFor(APPS, JSON_TYPE, 'Content-Length: 21')}{"queue":"root.op`)
    expect(reply.status).toBe(408)
    expect(await stage.reached()).toEqual([])
  })

  // Attack: many bodies at a time, each of which is small enough.
  test('where others hold all the memory there is for bodies, until they are gone', async () => {
    const callers = await Promise.all(Array.from({ length: 5 }, () => stage.call()))
    const most = `${headFor(APPS, JSON_TYPE, 'Content-Length: 16000000')}${' '.repeat(15_000_000)}`
    for (const caller of callers) caller.write(most)
    await until(() => callers.some(({ received }) => received.includes('HTTP/1.1 503')))
    for (const caller of callers) caller.hangUp()
    await until(() => callers.every(({ isClosed }) => isClosed))
    const body = `{"queue":"root.prod","x":"${' '.repeat(15_000_000)}"}`
    expect((await stage.send(submission(body))).reason).toBe('ranger_deny')
    expect(await stage.reached()).toEqual([])
  })
})
