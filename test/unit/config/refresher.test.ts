import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RefreshEvent } from '../../../src/config/refresher.ts'
import { ConfigError } from '../../../src/errors.ts'
import { CLIENT, NameService, policyOf, rejection, SETTINGS, setUp, until, xml } from './support.ts'

const DATANODE = 'security.datanode.protocol.acl'
const HUE = 'hadoop.proxyuser.hue'
const OVERRIDES = 'hadoop.user.group.static.mapping.overrides'
const POLICY = 'conf/hadoop-policy.xml'
const CORE = 'conf/core-site.xml'

describe('a first load', () => {
  test('has every problem of settings and files', async () => {
    const error = await rejection(
      setUp({ 'keddah.yaml': `${SETTINGS}stateDirr: x\n`, [POLICY]: '', [CORE]: '<a/>' }),
    )
    expect(error?.problems.map(({ code }) => code)).toEqual(['unknown_key'])
    const files = await rejection(setUp({ [POLICY]: '', [CORE]: '<a/>' }))
    expect(files?.problems.map(({ code }) => code)).toEqual(['wrong_root', 'empty_policy'])
  })

  test('fails where what depends on the settings cannot be made, with the place of the setting', async () => {
    const error = await rejection(
      setUp(
        {},
        {
          prepare: () => {
            throw new ConfigError('ERR_CONFIG_SETTINGS', 'bad', {
              problems: [
                {
                  file: '',
                  line: null,
                  column: null,
                  key: 'services[0].kind',
                  severity: 'error',
                  code: 'x',
                  message: 'bad',
                  hint: null,
                },
              ],
            })
          },
        },
      ),
    )
    expect(error?.problems[0]).toMatchObject({ key: 'services[0].kind', line: 3, column: 17 })
    expect(error?.problems[0]?.file).toMatch(/keddah\.yaml$/)
  })
})

describe('a refresh of everything', () => {
  test('takes up what changed, and says so', async () => {
    const events: RefreshEvent[] = []
    const { refresher, write, acl } = await setUp({}, { onResult: (event) => events.push(event) })
    const { revision } = refresher.current()
    write({ [POLICY]: policyOf('bob') })
    const result = await refresher.refresh('signal', 'all')
    expect(result).toEqual({
      ok: true,
      revision: refresher.current().revision,
      previous: revision,
      changed: true,
    })
    expect(acl()).toBe('bob')
    expect(events).toEqual([{ trigger: 'signal', scope: 'all', result }])
  })

  test('of the same files changes nothing', async () => {
    const { refresher } = await setUp()
    const { revision } = refresher.current()
    expect(await refresher.refresh('admin', 'all')).toEqual({
      ok: true,
      revision,
      previous: revision,
      changed: false,
    })
  })

  test('takes up settings and services', async () => {
    const { refresher, write } = await setUp()
    write({ 'keddah.yaml': SETTINGS.replace('http://nn1:9870', 'http://nn2:9870') })
    expect(await refresher.refresh('admin', 'all')).toMatchObject({ ok: true, changed: true })
    expect(refresher.current().services[0]?.upstreams).toEqual(['http://nn2:9870'])
  })

  test('a change of Hadoop keys that decide nothing is a change all the same', async () => {
    const { refresher, write } = await setUp()
    write({ [CORE]: xml({ 'hadoop.security.groups.cache.secs': '5' }) })
    expect(await refresher.refresh('admin', 'all')).toMatchObject({ ok: true, changed: true })
  })

  test('the new state is in force before anybody is told', async () => {
    const order: string[] = []
    const { refresher, write, acl } = await setUp(
      {},
      {
        onSwap: (state, previous) => void order.push(`swap ${previous.revision === state.revision}`),
        onResult: () => order.push('result'),
      },
    )
    write({ [POLICY]: policyOf('bob') })
    await refresher.refresh('admin', 'all').then(() => order.push(`answer ${acl()}`))
    expect(order).toEqual(['swap false', 'result', 'answer bob'])
  })
})

describe('a broken file', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['policy', { [POLICY]: '<configuration>' }, ['malformed']],
    ['empty policy', { [POLICY]: '' }, ['empty_policy']],
    ['core-site.xml', { [CORE]: '<!DOCTYPE a>' }, ['doctype']],
    ['settings', { 'keddah.yaml': 'services: 1' }, ['bad_value']],
    [
      'host list',
      { [POLICY]: policyOf('bob', { 'security.client.protocol.hosts': '1.2.3.4/99, 7.7/8' }) },
      ['bad_range', 'bad_range'],
    ],
    [
      'all of them',
      { [POLICY]: '', [CORE]: '<a/>', 'keddah.yaml': 'services: 1' },
      ['bad_value', 'wrong_root', 'empty_policy'],
    ],
    [
      'policy, and values of another file',
      {
        [POLICY]: '<configuration>',
        [CORE]: xml({ [`${HUE}.hosts`]: '10.0.0.0/99', [`${HUE}.users`]: 'alice' }),
      },
      ['malformed', 'bad_range'],
    ],
    [
      'core-site.xml, and values of the policy',
      { [CORE]: '<!DOCTYPE a>', [POLICY]: policyOf('bob', { 'security.client.protocol.hosts': '7.7/8' }) },
      ['doctype', 'bad_range'],
    ],
    [
      'core-site.xml, which may set what a value of the policy refers to',
      {
        [CORE]: '<!DOCTYPE a>',
        [POLICY]: policyOf('bob', { 'security.client.protocol.hosts': '10.0.0.0/${bits}' }),
      },
      ['doctype'],
    ],
    [
      'core-site.xml, and references that end nowhere',
      {
        [CORE]: '<!DOCTYPE a>',
        [POLICY]: policyOf('bob', { 'security.client.protocol.hosts': '${a}', a: '${b}', b: '${a}' }),
      },
      ['doctype', 'expansion'],
    ],
    [
      'site file, which may name the upstream',
      {
        'conf/hdfs-site.xml': '<configuration>',
        'keddah.yaml': SETTINGS.replace(/, upstreams: [^}]*/, ' '),
      },
      ['malformed'],
    ],
    [
      'policy, and an upstream that the site files do not name',
      { [POLICY]: '<configuration>', 'keddah.yaml': SETTINGS.replace(/, upstreams: [^}]*/, ' ') },
      ['malformed', 'no_upstream'],
    ],
  ])('%s: everything stays, and every problem is reported', async (_, files, codes) => {
    const events: RefreshEvent[] = []
    const { refresher, write, acl, folder } = await setUp({}, { onResult: (event) => events.push(event) })
    const before = refresher.current()
    write(files)
    const result = await refresher.refresh('watch', 'all')
    expect(result.ok).toBe(false)
    if (result.ok) return
    expect(result.error.problems.map(({ code }) => code)).toEqual(codes)
    expect(result.error.problems.every(({ file }) => file.startsWith(folder))).toBe(true)
    expect(result.revision).toBe(before.revision)
    expect(refresher.current()).toBe(before)
    expect(acl()).toBe('alice')
    expect(refresher.lastFailure()).toMatchObject({ trigger: 'watch', scope: 'all', error: result.error })
    expect(events).toHaveLength(1)
  })

  test('is forgotten once a load of the same family, or of everything, has succeeded', async () => {
    const { refresher, write } = await setUp()
    const scope = (): string | undefined => refresher.lastFailure()?.scope
    write({ [POLICY]: '' })
    await refresher.refresh('admin', 'service-acl')
    await refresher.refresh('admin', 'proxy-users')
    expect(scope()).toBe('proxy-users')
    write({ [POLICY]: policyOf('alice') })
    await refresher.refresh('admin', 'proxy-users')
    expect(scope()).toBe('service-acl')
    await refresher.refresh('admin', 'all')
    expect(scope()).toBeUndefined()
  })

  test('values of other files are reported by a refresh of one family too', async () => {
    const { refresher, write } = await setUp()
    write({ [POLICY]: '<configuration>', [CORE]: xml({ [`${HUE}.hosts`]: '10.0.0.0/99' }) })
    const result = await refresher.refresh('admin', 'proxy-users')
    expect(result.ok ? [] : result.error.problems.map(({ code, key }) => [code, key])).toEqual([
      ['malformed', null],
      ['bad_range', `${HUE}.hosts`],
    ])
  })

  // Attack: break a file, wait for the name service to be out, and a host list of the policy has lost its names.
  test('does not make the last good addresses of its host names forgotten', async () => {
    const names = new NameService()
    names.addresses.set('edge1', '192.0.2.1')
    const policy = policyOf('alice', { 'security.datanode.protocol.hosts': 'edge1' })
    const { refresher, write } = await setUp({ [POLICY]: policy }, { names })
    write({ [POLICY]: '<configuration>' })
    expect((await refresher.refresh('admin', 'all')).ok).toBe(false)
    names.addresses.clear()
    write({ [POLICY]: policy })
    expect((await refresher.refresh('admin', 'all')).ok).toBe(true)
    const hosts = refresher.current().hadoop.policy.services.get(DATANODE)?.hosts.list
    expect(hosts?.includes('192.0.2.1')).toBe(true)
  })

  test('a failure of what depends on the settings keeps the old policy too', async () => {
    let fails = false
    const { refresher, write, acl } = await setUp(
      {},
      {
        prepare: () => {
          if (fails) throw new ConfigError('ERR_CONFIG_GROUPS', 'no such provider')
          return {}
        },
      },
    )
    fails = true
    write({ [POLICY]: policyOf('bob') })
    expect((await refresher.refresh('admin', 'all')).ok).toBe(false)
    expect(acl()).toBe('alice')
  })
})

describe('a refresh that fails before there is anything to load', () => {
  test('is told as any other, changes nothing, and is forgotten once one has succeeded', async () => {
    const { refresher } = await setUp({ [POLICY]: policyOf('alice') })
    const before = refresher.current()
    const error = new ConfigError('ERR_POLICY_RANGER', 'nobody answers')
    const result = refresher.fail('admin', 'ranger-policies', error)
    expect(result).toEqual({ ok: false, revision: before.revision, error })
    expect(refresher.current()).toBe(before)
    expect(refresher.lastFailure()).toMatchObject({ scope: 'ranger-policies', error })
    await refresher.refresh('admin', 'ranger-policies')
    expect(refresher.lastFailure()).toBe(null)
  })
})

describe('a refresh of one family', () => {
  const before = {
    [POLICY]: policyOf('alice', { 'some.word': 'alice' }),
    [CORE]: xml({
      [DATANODE]: 'dn',
      [`${HUE}.users`]: 'alice',
      [`${HUE}.hosts`]: '*',
      [OVERRIDES]: 'alice=staff',
    }),
  }
  const after = {
    [POLICY]: policyOf('bob', { 'some.word': 'bob' }),
    [CORE]: xml({
      [DATANODE]: 'dn2',
      [`${HUE}.users`]: 'bob',
      [`${HUE}.hosts`]: '*',
      [OVERRIDES]: 'bob=staff',
      'dfs.other': '1',
    }),
  }

  test.each<['service-acl' | 'proxy-users' | 'user-mappings', string[]]>([
    ['service-acl', ['bob', 'dn2', 'alice', 'alice=staff', 'bob', '-']],
    ['proxy-users', ['alice', 'dn', 'bob', 'alice=staff', 'alice', '-']],
    ['user-mappings', ['alice', 'dn', 'alice', 'bob=staff', 'alice', '-']],
  ])('%s takes up its keys alone', async (scope, wanted) => {
    const { refresher, write } = await setUp(before)
    write(after)
    expect(await refresher.refresh('admin', scope)).toMatchObject({ ok: true, changed: true })
    const { configuration } = refresher.current().hadoop
    expect(
      [CLIENT, DATANODE, `${HUE}.users`, OVERRIDES, 'some.word', 'dfs.other'].map(
        (key) => configuration.get(key) ?? '-',
      ),
    ).toEqual(wanted)
    const { proxyUsers } = refresher.current().hadoop.policy
    const caller = { user: 'bob', principal: 'bob', groups: [], method: 'SIMPLE' as const, realUser: null }
    const real = { ...caller, user: 'hue', principal: 'hue' }
    const refusal = proxyUsers.check({ ...caller, realUser: real }, '10.0.0.1')
    expect(refusal === null).toBe(scope === 'proxy-users')
  })

  // Attack: a key that was taken out of the policy stays in force because another family was refreshed first.
  test.each(['proxy-users', 'user-mappings'] as const)(
    '%s does not hide what left the policy',
    async (scope) => {
      const { refresher, write } = await setUp({ [POLICY]: policyOf('alice', { 'tool.acl': 'mallory' }) })
      write({ [POLICY]: policyOf('alice') })
      await refresher.refresh('admin', scope)
      expect(refresher.current().hadoop.configuration.get('tool.acl')).toBe('mallory')
      await refresher.refresh('admin', 'service-acl')
      expect(refresher.current().hadoop.configuration.get('tool.acl')).toBeUndefined()
    },
  )

  test('names for which an earlier address stands in are asked for again as well', async () => {
    const names = new NameService()
    names.addresses.set('edge1', '192.0.2.1')
    const hosts = { 'security.client.protocol.hosts': 'edge1,ghost' }
    const { refresher } = await setUp({ [POLICY]: policyOf('alice', hosts) }, { names })
    expect(refresher.current().hadoop.missing).toEqual(['ghost'])
    names.addresses.delete('edge1')
    await refresher.refresh('admin', 'all')
    expect(refresher.current().hadoop.missing).toEqual(['edge1', 'ghost'])
  })

  test('the lines of rules are those of the file that counts', async () => {
    const { refresher, write } = await setUp(before)
    write({ [POLICY]: `\n\n${policyOf('bob')}` })
    await refresher.refresh('admin', 'service-acl')
    const rule = refresher.current().hadoop.policy.services.get(CLIENT)?.acl
    expect([rule?.text, rule?.line]).toEqual(['bob', 4])
  })

  test('user mappings keep the snapshot, and with it the decision cache', async () => {
    const { refresher, write } = await setUp(before)
    const { snapshot } = refresher.current()
    write(after)
    await refresher.refresh('admin', 'user-mappings')
    expect(refresher.current().snapshot).toBe(snapshot)
    await refresher.refresh('admin', 'service-acl')
    expect(refresher.current().snapshot).not.toBe(snapshot)
  })

  test('user mappings take up `groups` of the settings and nothing else of them', async () => {
    const { refresher, write } = await setUp()
    write({ 'keddah.yaml': `${SETTINGS}groups: { overrides: { bob: [ops] } }\ncache: { max: 7 }\n` })
    expect(await refresher.refresh('admin', 'user-mappings')).toMatchObject({ ok: true, changed: true })
    const { settings } = refresher.current()
    expect([settings.groups.overrides, settings.cache.max]).toEqual([{ bob: ['ops'] }, 50_000])
  })

  test('broken settings do not keep a policy from being refreshed', async () => {
    const { refresher, write, acl } = await setUp()
    write({ 'keddah.yaml': 'services: 1', [POLICY]: policyOf('bob') })
    expect((await refresher.refresh('admin', 'service-acl')).ok).toBe(true)
    expect(acl()).toBe('bob')
  })

  test('a key that went away is unset', async () => {
    const { refresher, write } = await setUp({ [POLICY]: policyOf('alice', { [DATANODE]: 'dn' }) })
    write({ [POLICY]: policyOf('alice') })
    await refresher.refresh('admin', 'service-acl')
    expect(refresher.current().hadoop.policy.services.get(DATANODE)?.acl).toMatchObject({
      text: '*',
      origin: 'builtin',
    })
  })

  test('what `${…}` refers to is that of the same load', async () => {
    const key = 'security.client.protocol.hosts'
    const { refresher, write } = await setUp({
      [POLICY]: policyOf('alice', { [key]: '${edge}' }),
      [CORE]: xml({ edge: '10.0.0.1' }),
    })
    write({ [CORE]: xml({ edge: '10.0.0.2' }) })
    await refresher.refresh('admin', 'proxy-users')
    expect(refresher.current().hadoop.policy.services.get(CLIENT)?.hosts.text).toBe('10.0.0.1')
    await refresher.refresh('admin', 'service-acl')
    expect(refresher.current().hadoop.policy.services.get(CLIENT)?.hosts.text).toBe('10.0.0.2')
  })

  test('what `${…}` refers to in the policy file is no unknown key after it', async () => {
    const { refresher, write } = await setUp({ [POLICY]: policyOf('${team}', { team: 'alice' }) })
    const codes = (): string[] => refresher.current().hadoop.policy.findings.map(({ code }) => code)
    expect(codes()).toEqual([])
    write({ [POLICY]: policyOf('${crew}', { crew: 'bob', misspelt: 'bob' }) })
    await refresher.refresh('admin', 'proxy-users')
    expect(codes()).toEqual([])
    await refresher.refresh('admin', 'service-acl')
    expect(codes()).toEqual(['unknown_key'])
  })

  test('warnings of other families stay as they were', async () => {
    const { refresher, write } = await setUp({ [POLICY]: policyOf('alice', { 'security.x.acls': 'a' }) })
    write({ [POLICY]: policyOf('bob') })
    await refresher.refresh('admin', 'proxy-users')
    const codes = (): string[] => refresher.current().hadoop.policy.findings.map(({ code }) => code)
    expect(codes()).toEqual(['unknown_key'])
    await refresher.refresh('admin', 'service-acl')
    expect(codes()).toEqual([])
  })
})

describe('refreshes at the same time', () => {
  /** A policy with a name in it, whose look-up holds a load until the gate opens. */
  const slow = policyOf('alice', {
    'security.client.protocol.hosts': '*',
    'security.datanode.protocol.hosts': 'edge1',
  })

  async function held() {
    const names = new NameService()
    names.addresses.set('edge1', '192.0.2.1')
    const made = await setUp({ [POLICY]: slow }, { names })
    const { promise, resolve } = Promise.withResolvers<void>()
    names.gate = promise
    const open = (): void => {
      names.gate = Promise.resolve()
      resolve()
    }
    return { ...made, open }
  }

  test('who asks during a load is served by a later one', async () => {
    const { refresher, names, write, acl, open } = await held()
    const asked = names.asked.length
    const first = refresher.refresh('signal', 'all')
    await until(() => names.asked.length > asked, 'the first load waits')
    write({ [POLICY]: slow.replace('alice', 'bob') })
    const late = refresher.refresh('admin', 'all')
    open()
    await first
    await late
    expect(acl()).toBe('bob')
  })

  test('those who wait for the same are served together', async () => {
    const { refresher, names, open } = await held()
    const asked = names.asked.length
    const first = refresher.refresh('signal', 'all')
    await until(() => names.asked.length > asked, 'the first load waits')
    const waiting = Array.from({ length: 50 }, () => refresher.refresh('admin', 'all'))
    const family = refresher.refresh('admin', 'service-acl')
    open()
    await first
    const results = await Promise.all(waiting)
    await family
    expect(new Set(results).size).toBe(1)
    expect(names.asked.length - asked).toBe(3)
  })

  test('a mistake of ours is told to all who wait, and the next one is served', async () => {
    let fails = false
    const { refresher } = await setUp(
      {},
      {
        prepare: () => {
          if (fails) throw new TypeError('a mistake')
          return {}
        },
      },
    )
    fails = true
    const both = [refresher.refresh('admin', 'all'), refresher.refresh('admin', 'all')]
    for (const one of both) await expect(one).rejects.toThrow('a mistake')
    fails = false
    expect((await refresher.refresh('admin', 'all')).ok).toBe(true)
  })
})

describe('files that change while they are read', () => {
  test('a load counts only if no file changed under it', async () => {
    const names = new NameService()
    names.addresses.set('edge1', '192.0.2.1')
    const policy = (who: string): string => policyOf(who, { 'security.datanode.protocol.hosts': 'edge1' })
    const seen: (string | undefined)[] = []
    const { refresher, write, acl } = await setUp(
      { [POLICY]: policy('alice') },
      {
        names,
        onSwap: (state) => void seen.push(state.hadoop.policy.services.get(CLIENT)?.acl.text),
      },
    )
    write({ [POLICY]: policy('bob') })
    const { promise, resolve } = Promise.withResolvers<void>()
    names.gate = promise
    const asked = names.asked.length
    const refresh = refresher.refresh('admin', 'all')
    await until(() => names.asked.length > asked, 'the load has read its files')
    write({ [POLICY]: policy('carol') })
    resolve()
    await refresh
    expect(acl()).toBe('carol')
    expect(seen).toEqual(['carol'])
  })

  test('half a file that is complete a moment later is no failure', async () => {
    const { refresher, write, acl, folder } = await setUp()
    write({ [POLICY]: policyOf('bob').slice(0, 70) })
    const refresh = refresher.refresh('watch', 'all')
    // The first read has happened by now; a load in which a file changed is repeated.
    writeFileSync(join(folder, POLICY), policyOf('bob'))
    expect((await refresh).ok).toBe(true)
    expect(acl()).toBe('bob')
  })
})

describe('whether anything changed', () => {
  test.each<[string, (folder: string) => void, boolean]>([
    ['nothing', () => {}, false],
    ['a touch', (folder) => utimesSync(join(folder, POLICY), new Date(), new Date()), false],
    [
      'the same content in a new file',
      (folder) => {
        writeFileSync(join(folder, 'new'), policyOf('alice'))
        renameSync(join(folder, 'new'), join(folder, POLICY))
      },
      false,
    ],
    ['another content', (folder) => writeFileSync(join(folder, POLICY), policyOf('bob')), true],
    [
      'another content of the same length and time',
      (folder) => {
        const { atime, mtime } = statSync(join(folder, POLICY))
        writeFileSync(join(folder, POLICY), policyOf('alicf'))
        utimesSync(join(folder, POLICY), atime, mtime)
      },
      true,
    ],
    ['a file that is gone', (folder) => rmSync(join(folder, CORE)), true],
    ['a file that appears', (folder) => writeFileSync(join(folder, 'conf/hdfs-site.xml'), xml({})), true],
    ['a file that nobody reads', (folder) => writeFileSync(join(folder, 'conf/other.xml'), 'x'), false],
  ])('%s', async (_, change, wanted) => {
    const { refresher, folder } = await setUp()
    change(folder)
    expect((await refresher.refreshIfChanged('watch')) !== null).toBe(wanted)
  })

  test('a broken file is reported once, and taken up when it is mended', async () => {
    const { refresher, write, acl } = await setUp()
    write({ [POLICY]: '' })
    expect((await refresher.refreshIfChanged('watch'))?.ok).toBe(false)
    expect(await refresher.refreshIfChanged('watch')).toBeNull()
    write({ [POLICY]: policyOf('bob') })
    expect((await refresher.refreshIfChanged('watch'))?.ok).toBe(true)
    expect(acl()).toBe('bob')
  })

  test('what only a family was refreshed for is still taken up by the next look', async () => {
    const { refresher, write } = await setUp()
    write({ [POLICY]: policyOf('bob'), [CORE]: xml({ [OVERRIDES]: 'bob=ops' }) })
    await refresher.refresh('admin', 'service-acl')
    expect((await refresher.refreshIfChanged('watch'))?.ok).toBe(true)
    expect(refresher.current().hadoop.configuration.get(OVERRIDES)).toBe('bob=ops')
  })

  test('every file that was asked for is among the inputs, also what is missing', async () => {
    const { refresher, folder } = await setUp()
    expect(refresher.inputPaths().map((path) => path.slice(folder.length + 1))).toEqual([
      'keddah.yaml',
      'krb5.conf',
      'conf/core-site.xml',
      'conf/hdfs-site.xml',
      'conf/yarn-site.xml',
      'conf/mapred-site.xml',
      'conf/hadoop-policy.xml',
    ])
  })
})
