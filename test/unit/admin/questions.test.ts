import { describe, expect, test } from 'vitest'
import { type Answer, Questioner, type QuestionOptions } from '../../../src/admin/questions.ts'
import type { ComponentGate } from '../../../src/config/gates.ts'
import { usualGate } from '../../../src/routes/early-refusal.ts'
import { snapshotOf } from './support.ts'

const CLIENT = 'security.client.protocol.acl'
const CLIENT_PROTOCOL = 'org.apache.hadoop.hdfs.protocol.ClientProtocol'

const SNAPSHOT = snapshotOf({
  [CLIENT]: 'alice,oozie staff',
  'security.client.protocol.hosts': '10.0.0.0/8',
  'hadoop.proxyuser.oozie.users': 'alice',
  'hadoop.proxyuser.oozie.hosts': '*',
})

const questioner = (changes: Partial<QuestionOptions> = {}): Questioner =>
  new Questioner({ groupsOf: () => [], explain: false, ...changes })

const ask = (question: unknown, changes: Partial<QuestionOptions> = {}): Answer => {
  const answer = questioner(changes).ask(SNAPSHOT, question, 9)
  if (answer instanceof Promise) throw new Error('the groups were at hand, so must be the answer')
  return answer
}

const about = (changes: object): object => ({
  user: 'alice',
  address: '10.1.1.1',
  service: CLIENT,
  ...changes,
})

describe('an answer', () => {
  test('names effect, reason, message, rule, file, line and revision, in this order', () => {
    const answer = ask(about({ id: 'x', user: 'mallory' }))
    expect(answer).toEqual({
      id: 'x',
      effect: 'deny',
      reason: 'acl',
      message: expect.stringContaining(`protocol interface ${CLIENT_PROTOCOL}`),
      rule: `${CLIENT} = alice,oozie staff`,
      file: 'hadoop-policy.xml',
      line: 2,
      revision: SNAPSHOT.revision,
    })
    const order = ['id', 'effect', 'reason', 'message', 'rule', 'file', 'line', 'revision']
    expect(Object.keys(answer)).toEqual(order)
  })

  test('has an id only where the question has one, and of the same type', () => {
    expect(ask(about({}))).not.toHaveProperty('id')
    expect(ask(about({ id: 0 }))).toHaveProperty('id', 0)
    expect(ask(about({ id: '' }))).toHaveProperty('id', '')
  })

  test('holds the questions and what Hadoop would do only when they are asked for', () => {
    expect(ask(about({}))).not.toHaveProperty('questions')
    const explained = ask(about({}), { explain: true })
    expect(explained).toHaveProperty('questions')
    expect(explained).toHaveProperty('hadoop')
  })
})

describe('what is asked about', () => {
  test('is a policy key, the protocol behind it, or a request; they agree', () => {
    const url = { service: undefined, kind: 'namenode', method: 'GET', url: '/webhdfs/v1/?op=LISTSTATUS' }
    for (const topic of [{}, { service: undefined, protocol: CLIENT_PROTOCOL }, url]) {
      expect(ask(about(topic)), JSON.stringify(topic)).toMatchObject({ effect: 'allow', reason: 'allowed' })
      const refused = ask(about({ ...topic, user: 'mallory' }))
      expect(refused, JSON.stringify(topic)).toMatchObject({ effect: 'deny', reason: 'acl', line: 2 })
    }
  })

  test('is unknown: a refusal that names it, as Hadoop has it', () => {
    expect(ask(about({ service: undefined, protocol: 'x.Y' }))).toMatchObject({
      effect: 'deny',
      reason: 'service_unknown',
      message: 'Protocol interface x.Y is not known.',
    })
    expect(ask(about({ service: 'security.nothing.acl' }))).toMatchObject({ reason: 'service_unknown' })
    const url = { service: undefined, kind: 'namenode', method: 'GET', url: '/nowhere' }
    expect(ask(about(url))).toMatchObject({ effect: 'deny', reason: 'service_unknown' })
  })

  test('is a request with its scheme and host, pasted from somewhere', () => {
    const url = { service: undefined, kind: 'namenode', method: 'GET' }
    const pasted = 'http://nn1.example.com:9870/webhdfs/v1/?user.name=root&op=LISTSTATUS'
    expect(ask(about({ ...url, url: pasted, user: 'mallory' }))).toMatchObject({ reason: 'acl' })
    expect(ask(about({ ...url, url: pasted }))).toMatchObject({ effect: 'allow' })
  })

  test('is a method that the path does not have: refused with the word of the listener', () => {
    const url = { service: undefined, kind: 'namenode', method: 'PATCH', url: '/webhdfs/v1/?op=LISTSTATUS' }
    expect(ask(about(url))).toMatchObject({ effect: 'deny', reason: 'method_not_allowed', rule: null })
  })

  test.each([
    ['an operation that is not one', '/webhdfs/v1/?op=NOSUCH', 'operation'],
    ['no operation', '/webhdfs/v1/', 'operation'],
    ['a path that can be read in two ways', '/webhdfs/v1/a%2fb?op=LISTSTATUS', 'encoded_slash'],
    ['a parameter that stands twice', '/webhdfs/v1/?op=LISTSTATUS&OP=DELETE', 'ambiguous_parameter'],
    ['an address that only a DataNode may be told', '/x?namenoderpcaddress=a:1', 'forbidden_parameter'],
    ['no path', 'webhdfs', 'not_a_path'],
  ])('is %s: refused with the word of the listener', (_, url, reason) => {
    const question = about({ id: 3, service: undefined, kind: 'namenode', method: 'GET', url })
    const answer = ask(question)
    expect(answer).toEqual({
      id: 3,
      effect: 'deny',
      reason,
      message: expect.stringMatching(/.../),
      rule: null,
      file: null,
      line: null,
      revision: SNAPSHOT.revision,
    })
    expect(ask(question, { explain: true })).toMatchObject({ effect: 'deny', reason })
  })

  const ofService = (name: string, changes: object): ComponentGate => ({
    ...usualGate('namenode', new Set()),
    component: 'HDFS',
    name,
    ...changes,
  })
  const reading = { service: undefined, kind: 'namenode', method: 'GET', url: '/webhdfs/v1/x?op=OPEN' }

  test('is a request to a service that does not take it: refused as its listener does', () => {
    const gates = [ofService('names', { redirects: 'refuse' })]
    expect(ask(about(reading))).toMatchObject({ effect: 'allow' })
    expect(ask(about(reading), { gates })).toMatchObject({ effect: 'deny', reason: 'redirects_refused' })
    const route = { kind: 'namenode', op: 'OPEN', service: CLIENT, secondStep: null }
    expect(ask(about(reading), { gates, explain: true })).toMatchObject({ effect: 'deny', route })
    // Attack: a DataNode is led to a NameNode of the caller's choice.
    const url = '/webhdfs/v1/x?op=OPEN&namenoderpcaddress=evil:1'
    expect(ask(about({ ...reading, kind: 'datanode', url }))).toMatchObject({ reason: 'name_node' })
    expect(
      ask(about({ ...reading, kind: 'datanode', url }), { nameNodes: new Set(['evil:1']) }),
    ).toMatchObject({
      effect: 'allow',
    })
    expect(ask(about({ ...reading, url: `${reading.url}&delegation=abc` }))).toMatchObject({
      effect: 'deny',
      reason: 'delegation',
    })
  })

  test('is a request that one of two services takes: the other one is heard, and named', () => {
    const gates = [ofService('all', {}), ofService('names', { redirects: 'refuse' })]
    expect(ask(about(reading), { gates })).toMatchObject({
      effect: 'deny',
      reason: 'redirects_refused',
      message: expect.stringMatching(/ \(service `names`\)$/),
    })
  })

  test('is a link: only its listener can say', () => {
    const url = `${reading.url}&keddah-locator=AAAA`
    expect(ask(about({ ...reading, url }))).toMatchObject({
      error: { code: 'bad_question', message: expect.stringContaining('keddah-locator') },
    })
  })

  test('is a request that says `doas`: who is meant has to be asked', () => {
    const url = '/webhdfs/v1/?op=LISTSTATUS&doas=alice'
    expect(ask(about({ service: undefined, kind: 'namenode', method: 'GET', url }))).toMatchObject({
      error: { code: 'bad_question', message: expect.stringContaining('realUser'), line: 9 },
    })
  })

  test('is told together with the explanation: how the request was read', () => {
    const route = (method: string, url: string): unknown => {
      const answer = ask(about({ service: undefined, kind: 'namenode', method, url }), { explain: true })
      return 'effect' in answer ? answer.route : answer
    }
    const read = {
      kind: 'namenode',
      method: 'GET',
      path: '/webhdfs/v1/',
      service: null,
      op: null,
      secondStep: null,
    }
    expect(route('GET', 'http://nn1:9870/webhdfs/v1/?op=LISTSTATUS')).toEqual({
      ...read,
      match: 'route',
      service: CLIENT,
      op: 'LISTSTATUS',
    })
    expect(route('GET', '/webhdfs/v1/?op=X')).toEqual({ ...read, match: 'operation' })
    expect(route('PATCH', '/webhdfs/v1/?op=X')).toEqual({ ...read, method: 'PATCH', match: 'method' })
    expect(route('GET', '/a/../b')).toEqual({ ...read, path: '/b', match: 'unlisted' })
    expect(route('GET', 'http://nn1:9870')).toEqual({ ...read, path: '/', match: 'route', service: CLIENT })
    expect(route('GET', '/a;b')).toBeUndefined()
  })
})

describe('who asks', () => {
  test('is a user in a group, given or looked up', () => {
    const bob = about({ user: 'bob' })
    expect(ask({ ...bob, groups: ['staff'] })).toMatchObject({ effect: 'allow' })
    expect(ask({ ...bob, groups: [] }, { groupsOf: () => ['staff'] })).toMatchObject({ effect: 'deny' })
    expect(ask(bob, { groupsOf: () => ['staff'] })).toMatchObject({ effect: 'allow' })
  })

  test('is answered at once where the groups are at hand, and later where they are not', async () => {
    const later = questioner({ groupsOf: () => Promise.resolve(['staff']) }).ask(
      SNAPSHOT,
      about({ user: 'bob' }),
      1,
    )
    expect(later).toBeInstanceOf(Promise)
    expect(await later).toMatchObject({ effect: 'allow' })
  })

  test('is an impersonated user: the proxy rules are asked first', () => {
    expect(ask(about({ realUser: 'oozie' }))).toMatchObject({ effect: 'allow' })
    expect(ask(about({ user: 'bob', realUser: 'oozie', groups: ['staff'] }))).toMatchObject({
      effect: 'deny',
      reason: 'impersonation',
    })
  })

  test('comes from an address, or from nowhere known', () => {
    expect(ask(about({ address: '192.168.0.1' }))).toMatchObject({ effect: 'deny', reason: 'hosts' })
    expect(ask(about({ address: '::ffff:10.0.0.1' }))).toMatchObject({ effect: 'allow' })
  })
})

describe('a bad question', () => {
  test.each([
    ['an array', [], 'JSON object'],
    ['a text', 'alice', 'JSON object'],
    ['null', null, 'JSON object'],
    ['no user', { service: CLIENT }, '`user` is missing'],
    ['an empty user', about({ user: '' }), '`user`'],
    ['a user that is no text', about({ user: 1 }), '`user`'],
    ['a misspelled field', about({ realuser: 'oozie' }), 'unknown field `realuser`'],
    ['groups that are no list', about({ groups: 'staff' }), '`groups`'],
    ['groups that are no texts', about({ groups: [1] }), '`groups`'],
    ['an address that is none', about({ address: '010.0.0.1' }), '`010.0.0.1`'],
    ['nothing to ask about', about({ service: undefined }), 'give one of'],
    ['two things to ask about', about({ protocol: CLIENT_PROTOCOL }), 'give one of'],
    ['a method without a url', about({ method: 'GET' }), 'goes with `url`'],
    [
      'an unknown kind',
      about({ service: undefined, kind: 'nn', method: 'GET', url: '/' }),
      'unknown kind `nn`',
    ],
    ['no method', about({ service: undefined, kind: 'namenode', url: '/' }), '`method` is missing'],
    ['an id that is an object', about({ id: {} }), '`id`'],
  ])('%s', (_, question, message) => {
    // JSON has no undefined: fields that are undefined here stand for fields that are absent.
    const answer = ask(JSON.parse(JSON.stringify(question)))
    expect(answer).toEqual({
      error: { code: 'bad_question', message: expect.stringContaining(message), line: 9 },
    })
  })

  test('gives its id back, so that the answer can be told', () => {
    expect(ask({ id: 'q', nonsense: 1 })).toMatchObject({ id: 'q', error: { line: 9 } })
  })

  test('that is not JSON names the line', () => {
    expect(questioner().askLine(SNAPSHOT, '{"user":', 12)).toMatchObject({
      error: { code: 'bad_json', line: 12 },
    })
  })

  // Attack: names that mean something to JavaScript objects.
  test('with names of the language is a question like any other', () => {
    const asked = '{"__proto__":{"user":"alice"},"service":"constructor"}'
    expect(questioner().askLine(SNAPSHOT, asked, 1)).toMatchObject({ error: { code: 'bad_question' } })
    expect(ask(about({ user: '__proto__' }))).toMatchObject({ effect: 'deny', reason: 'acl' })
    expect(ask(about({ service: 'constructor' }))).toMatchObject({ reason: 'service_unknown' })
  })
})

test('a hundred thousand questions take seconds', () => {
  const line = JSON.stringify(about({ user: 'mallory', groups: ['a', 'b'] }))
  const many = questioner()
  let denied = 0
  for (let index = 1; index <= 100_000; index += 1) {
    const answer = many.askLine(SNAPSHOT, line, index)
    if (!(answer instanceof Promise) && 'effect' in answer && answer.effect === 'deny') denied += 1
  }
  expect(denied).toBe(100_000)
})
