import { describe, expect, test } from 'vitest'
import { ask, ownerOf, send, useSandbox } from './support.ts'

const sandbox = useSandbox()
const FORM = 'application/x-www-form-urlencoded'

/** As whom the NameNode makes a folder in /tmp. */
let made = 0
async function actor(query: string, init: RequestInit = {}): Promise<string> {
  made += 1
  const path = `/tmp/by-${made}`
  const answer = await ask(sandbox(), 'PUT', `${path}?op=MKDIRS&${query}`, init)
  return answer.status === 200 ? ownerOf(sandbox(), path) : `${answer.status} ${await answer.text()}`
}

describe('the NameNode in simple mode', () => {
  test.each([
    ['user.name=alice', 'alice'],
    ['', 'dr.who'],
    ['User.Name=alice', 'dr.who'],
    ['user%2Ename=%61lice', 'alice'],
    ['user.name=alice&user.name=root', 'alice'],
    ['user.name=oozie&DoAs=bob', 'bob'],
    ['delegation=AAAA', 'dr.who'],
    ['delegation=AAAA&user.name=root', 'root'],
  ])('acts for `%s` as %s', async (query, user) => {
    expect(await actor(query)).toBe(user)
  })

  test('believes a form body where the query names nobody', async () => {
    const form = (body: string, type = FORM): RequestInit => ({ body, headers: { 'Content-Type': type } })
    expect(await actor('', form('user.name=root'))).toBe('root')
    expect(await actor('user.name=alice', form('user.name=root'))).toBe('alice')
    expect(await actor('', form('user.name=oozie&doas=bob'))).toBe('bob')
    expect(await actor('user.name=oozie', form('doas=bob'))).toBe('bob')
    expect(await actor('', form('user.name=root', 'text/plain'))).toBe('dr.who')
  })

  test('sets a cookie and then does not look at it', async () => {
    const first = await ask(sandbox(), 'GET', '/?op=LISTSTATUS&user.name=mallory')
    const cookie = first.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(
      /^hadoop\.auth="u=mallory&p=mallory&t=simple&e=\d+&s=[\w+/]+="; Path=\/; HttpOnly$/,
    )
    expect(await actor('', { headers: { Cookie: cookie } })).toBe('dr.who')
    expect(await actor('user.name=alice', { headers: { Cookie: cookie } })).toBe('alice')
  })

  test('looks at no header', async () => {
    const headers = { 'X-Remote-User': 'root', 'Remote-User': 'root', Authorization: 'Basic cm9vdDo=' }
    expect(await actor('', { headers })).toBe('dr.who')
  })

  test('refuses names outside the pattern', async () => {
    expect(await actor('user.name=1bad')).toContain(
      '400 {"RemoteException":{"exception":"IllegalArgumentException"',
    )
    expect(await actor('user.name=alice%20')).toContain('does not belong to the domain')
    expect(await actor('user.name=')).toContain('500 <html>\n')
    expect(await send(sandbox().nameNode, 'GET /jmx?user.name=')).toContain('HTTP/1.1 500')
  })

  test('refuses to impersonate in two ways, before and within WebHDFS', async () => {
    expect(await actor('user.name=alice&doas=bob')).toBe(
      '403 {\n  "RemoteException" : {\n    "message" : "User: alice is not allowed to impersonate bob",\n' +
        '    "exception" : "AuthorizationException",\n' +
        '    "javaClassName" : "org.apache.hadoop.security.authorize.AuthorizationException"\n  }\n}',
    )
    expect(await actor('user.name=alice&doas=bob&delegation=A')).toBe(
      '403 {"RemoteException":{"exception":"SecurityException","javaClassName":"java.lang.SecurityException",' +
        '"message":"Failed to obtain user group information: ' +
        'org.apache.hadoop.security.authorize.AuthorizationException: User: alice is not allowed to impersonate bob"}}',
    )
  })

  test('a name that no header can hold does no harm', async () => {
    expect(await send(sandbox().nameNode, 'GET /jmx?user.name=a%0D%0AX-Bad:%201')).not.toContain('X-Bad')
    expect(await send(sandbox().nameNode, 'GET /jmx?user.name=%zz')).toContain('HTTP/1.1 400 Bad Request')
  })
})

describe('the ResourceManager in simple mode', () => {
  const user = async (query: string, headers: Record<string, string> = {}): Promise<string> => {
    const answer = await fetch(`${sandbox().resourceManager}/ws/v1/cluster/userinfo?${query}`, { headers })
    const { clusterUserInfo } = (await answer.json()) as { clusterUserInfo: { requestedUser: string } }
    return clusterUserInfo.requestedUser
  }

  test('believes the query, case-sensitively', async () => {
    expect(await user('user.name=alice')).toBe('alice')
    expect(await user('User.Name=alice')).toBe('dr.who')
    expect(await user('user.name=oozie&doAs=bob')).toBe('bob')
  })

  test('believes its own cookie before the query, and no forged one', async () => {
    const first = await fetch(`${sandbox().resourceManager}/ws/v1/cluster/info?user.name=mallory`)
    const cookie = (first.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    expect(cookie).toContain('&t=simple-dt&')
    expect(await user('user.name=alice', { Cookie: cookie })).toBe('mallory')
    expect(await user('user.name=alice', { Cookie: cookie.replaceAll('mallory', 'root') })).toBe('alice')
    const foreign = await ask(sandbox(), 'GET', '/?op=LISTSTATUS&user.name=mallory')
    expect(await user('', { Cookie: foreign.headers.get('set-cookie') ?? '' })).toBe('dr.who')
  })
})

describe('the DataNode', () => {
  test('believes the query without any authentication', async () => {
    const create = (path: string, query: string): Promise<string> =>
      send(sandbox().dataNode, `PUT /webhdfs/v1${path}?op=CREATE&namenoderpcaddress=127.0.0.1:8020&${query}`)
    await create('/tmp/dn-root', 'user.name=root')
    expect(await ownerOf(sandbox(), '/tmp/dn-root')).toBe('root')
    await create('/tmp/dn-case', 'User.Name=root')
    expect(await ownerOf(sandbox(), '/tmp/dn-case')).toBe('dr.who')
    expect(await create('/user/alice/dn', '')).toContain('Permission denied: user=dr.who')
  })
})
