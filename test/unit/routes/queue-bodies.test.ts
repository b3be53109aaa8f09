import { describe, expect, test } from 'vitest'
import { needsBody, resourceAsks } from '../../../src/routes/resource-asks.ts'
import { createRouteTable } from '../../../src/routes/table.ts'
import { canonicalTarget } from '../../../src/routes/target.ts'
import type { QueueNames } from '../../../src/ranger/ask.ts'
import type { SentBody } from '../../../src/routes/yarn-resources.ts'
import { outcome } from './support.ts'

const TABLE = createRouteTable('resourcemanager')
const APPS = 'POST /ws/v1/cluster/apps'
const AS_SUBMITTED: QueueNames = { names: 'asSubmitted', paths: new Map() }
const FULL: QueueNames = { names: 'full', paths: new Map([['etl', 'root.prod.etl']]) }

/** `queue`, with a `?` where it only has to be not denied; or the error. */
function asked(line: string, body: SentBody | null, queues = FULL): string[] | string {
  return outcome(() => {
    const [method = '', path = ''] = line.split(' ')
    const target = canonicalTarget(path)
    const match = TABLE.match(method, target)
    if (match.kind !== 'route') throw new Error(`${line} is no route`)
    const { route } = match
    expect(needsBody(route)).toBe(body !== null)
    const { asks, isUnknown } = resourceAsks({ kind: 'resourcemanager', route, target, body }, queues)
    const lines = asks.map(({ resource, needs }) => `${resource.get('queue')}${needs === 'allow' ? '' : '?'}`)
    return isUnknown ? [...lines, 'unknown'] : lines
  })
}

const sent = (
  text: string | Uint8Array,
  contentType: string | null,
  contentEncoding: string | null = null,
): SentBody => ({
  bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text,
  contentType,
  contentEncoding,
})
const json = (text: string): SentBody => sent(text, 'application/json')
const xml = (inner: string): SentBody =>
  sent(`<application-submission-context>${inner}</application-submission-context>`, 'application/xml')

const UNCLEAR = 'ERR_HTTP_BODY resource_body'
const TYPE = 'ERR_HTTP_BODY resource_body_type'

describe('the queue of a submission (P-06)', () => {
  test.each([
    ['{"queue":"root.a"}', ['root.a']],
    [' {"application-id":"x","queue" : "root.a","resource":{"queue":"root.b"}} ', ['root.a']],
    ['{"que\\u0075e":"root.\\u0061"}', ['root.a']],
    ['{"queue":"etl"}', ['root.prod.etl']],
    ['{"queue":"other"}', ['other', 'unknown']],
    ['{}', ['default', 'unknown']],
    ['{"queue":""}', ['default', 'unknown']],
    ['{"queue":null}', ['default', 'unknown']],
  ])('of %s is %j', (text, wanted) => {
    expect(asked(APPS, json(text))).toEqual(wanted)
  })

  test.each([
    ['<queue>root.a</queue>', ['root.a']],
    ['<queue>root.&#97;</queue>', ['root.a']],
    ['<!-- c --><resource><queue>root.b</queue></resource><queue>root.a</queue>', ['root.a']],
    ['<queue/>', ['default', 'unknown']],
    ['', ['default', 'unknown']],
  ])('of `%s` is %j', (inner, wanted) => {
    expect(asked(APPS, xml(inner))).toEqual(wanted)
  })

  test.each(['application/json', 'Application/JSON ; charset=UTF-8', 'application/json;charset="utf-8"'])(
    'is taken as `%s`',
    (type) => {
      expect(asked(APPS, sent('{"queue":"root.a"}', type))).toEqual(['root.a'])
    },
  )

  test('goes by the name as submitted, and nobody gets past a deny of the full one', () => {
    expect(asked(APPS, json('{"queue":"a"}'), AS_SUBMITTED)).toEqual(['a', 'root.a?'])
    expect(asked(APPS, json('{"queue":"root.a"}'), AS_SUBMITTED)).toEqual(['root.a'])
    expect(asked(APPS, json('{}'), AS_SUBMITTED)).toEqual(['default', 'root.default?'])
    const paths = new Map([['a', 'root.x.a']])
    expect(asked(APPS, json('{"queue":"a"}'), { names: 'asSubmitted', paths })).toEqual(['a', 'root.x.a?'])
  })

  test('is that of a move, of a reservation and of a service of YARN too', () => {
    const move = 'PUT /ws/v1/cluster/apps/application_1_1/queue'
    expect(asked(move, json('{"queue":"root.a"}'))).toEqual(['root.a'])
    expect(asked(move, sent('<appqueue><queue>root.a</queue></appqueue>', 'application/xml'))).toEqual([
      'root.a',
    ])
    expect(asked(move, json('{}'))).toBe(UNCLEAR)
    expect(asked('POST /ws/v1/cluster/reservation/submit', json('{"queue":"root.a"}'))).toEqual(['root.a'])
    expect(asked('POST /app/v1/services', json('{"name":"s","queue":"root.a"}'))).toEqual(['root.a'])
    expect(asked('POST /app/v1/services', xml('<queue>root.a</queue>'))).toBe(TYPE)
  })

  test.each([
    'GET /ws/v1/cluster/apps',
    'PUT /ws/v1/cluster/apps/application_1_1/state',
    'POST /ws/v1/cluster/apps/new-application',
    'GET /ws/v1/cluster/scheduler',
    'GET /cluster',
  ])('is not asked for by %s', (line) => {
    expect(asked(line, null)).toEqual([])
  })
})

describe('attacks by a body that two readers read in two ways', () => {
  test.each([
    [
      'the last of two keys counts for one reader, the first for another',
      '{"queue":"root.a","queue":"root.secret"}',
    ],
    ['an escape hides that a key stands twice', '{"queue":"root.a","qu\\u0065ue":"root.secret"}'],
    [
      'a wrapped document is read by one version, and skipped by another',
      '{"application-submission-context":{"queue":"root.secret"}}',
    ],
    ['a mapper may ignore the case of keys', '{"Queue":"root.secret"}'],
    ['a mapper may take a prefix off', '{"queue":"root.a","ns:queue":"root.secret"}'],
    ['an attribute of XML in JSON', '{"@queue":"root.secret"}'],
    ['a list of one is a text for some', '{"queue":["root.secret"]}'],
    ['the text of an element of XML in JSON', '{"queue":{"$":"root.secret"}}'],
    ['a number is a text for some', '{"queue":7}'],
    ['blanks are trimmed by some schedulers', '{"queue":" root.secret"}'],
    ['empty parts are left out by some schedulers', '{"queue":"root..secret"}'],
    ['a zero ends a text for some', '{"queue":"root.secret\\u0000"}'],
    ['what follows the document is not read by some', '{"queue":"root.a"}{"queue":"root.secret"}'],
    ['comments are read by some', '{/*"queue":"root.a",*/"queue":"root.secret"}'],
    ['a list is no document', '[{"queue":"root.secret"}]'],
    ['nothing at all', ''],
    ['a byte order mark', '\uFEFF{"queue":"root.secret"}'],
  ])('JSON: %s', (_, text) => {
    expect(asked(APPS, json(text))).toBe(UNCLEAR)
  })

  test.each([
    ['the last of two elements counts', '<queue>root.a</queue><queue>root.secret</queue>'],
    ['a comment parts a text for some', '<queue>root.<!-- -->secret</queue>'],
    ['a section is joined by some', '<queue>root.a<![CDATA[.secret]]></queue>'],
    ['an element within is skipped by some', '<queue>root.<b/>secret</queue>'],
    ['an instruction parts a text for some', '<queue>root.<?p x?>secret</queue>'],
    [
      'an attribute makes it nothing',
      '<queue xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true">root.a</queue>',
    ],
    ['a namespace makes it another element', '<queue xmlns="urn:x">root.a</queue>'],
    ['a prefix is not looked at by some', '<n:queue xmlns:n="urn:x">root.secret</n:queue>'],
    ['the case is not looked at by some', '<Queue>root.secret</Queue>'],
    ['an entity that nobody declared', '<queue>&x;</queue>'],
    ['an end is missing', '<queue>root.secret'],
  ])('XML: %s', (_, inner) => {
    expect(asked(APPS, xml(inner))).toBe(UNCLEAR)
  })

  test.each([
    [
      'entities of its own',
      '<!DOCTYPE a [<!ENTITY x "root.secret">]><application-submission-context><queue>&x;</queue></application-submission-context>',
    ],
    ['another encoding', '<?xml version="1.0" encoding="UTF-16"?><application-submission-context/>'],
    ['another version', '<?xml version="1.1"?><application-submission-context/>'],
    ['another root', '<appqueue><queue>root.secret</queue></appqueue>'],
    [
      'a namespace around',
      '<application-submission-context xmlns="urn:x"><queue>root.a</queue></application-submission-context>',
    ],
    ['two roots', '<application-submission-context/><application-submission-context/>'],
    ['a depth to be lost in', '<application-submission-context>'.padEnd(500, '<a>')],
  ])('XML: a document with %s', (_, text) => {
    expect(asked(APPS, sent(text, 'application/xml'))).toBe(UNCLEAR)
  })

  test('bytes that are no UTF-8, or UTF-16 under the name of UTF-8', () => {
    expect(asked(APPS, sent(new Uint8Array([0x7b, 0xff, 0x7d]), 'application/json'))).toBe(UNCLEAR)
    const wide = new Uint8Array(
      Array.from('{"queue":"root.secret"}').flatMap((sign) => [sign.charCodeAt(0), 0]),
    )
    expect(asked(APPS, sent(wide, 'application/json'))).toBe(UNCLEAR)
  })

  test.each([
    [null, null],
    ['text/xml', null],
    ['text/plain', null],
    ['application/json; charset=utf-16', null],
    ['application/json; charset=utf-8; charset=utf-16', null],
    ['application/json, application/xml', null],
    ['application/vnd.x+json', null],
    ['application/json', 'gzip'],
    ['application/json', 'identity, gzip'],
  ])('as `%s`, encoded as `%s`, it is read otherwise by the daemon', (type, encoding) => {
    expect(asked(APPS, sent('{"queue":"root.a"}', type, encoding))).toBe(TYPE)
  })
})
