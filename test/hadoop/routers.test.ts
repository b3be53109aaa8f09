import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, ask, webHdfs } from '../support/hadoop/ask.ts'
import { shellScript } from '../support/hadoop/client-work.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { get } from '../support/hadoop/files.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { metricOf } from '../support/hadoop/metric.ts'
import { type Routers, startRouters } from '../support/hadoop/router.ts'
import { CLIENT_PROTOCOL, essence, webHdfsRefusal } from '../support/hadoop/words.ts'
import { until } from '../support/hadoop/wait.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

/** The tests follow each other: the router that starts leaves safe mode in the course of them. */
withHadoop(
  'routers behind one URL',
  (hadoop) => {
    let routers: Routers
    let keddah: Keddah
    let folder = ''
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'keddah-routers-'))
      routers = await startRouters(hadoop)
      const { running, starting } = routers
      const known = {
        dataNodes: [new URL(hadoop.dataNode).host],
        nameNodes: [running.id, starting.id],
      }
      keddah = await startKeddah({
        hadoop: running,
        services: [
          {
            name: 'routers',
            kind: 'router',
            upstream: [starting.url, running.url],
            settings: { ...known, highAvailability: { probe: '500ms', failoverWait: '30s' } },
          },
          { name: 'hurried', kind: 'router', upstream: [starting.url, running.url], settings: known },
          { name: 'alone', kind: 'router', upstream: starting.url, settings: known },
          {
            name: 'unnamed',
            kind: 'router',
            upstream: running.url,
            settings: { dataNodes: known.dataNodes },
          },
        ],
        policy: POLICY,
      })
    })
    afterAll(async () => {
      await keddah?.stop()
      await routers?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const list = (base: string, path: string): Promise<Answer> =>
      ask(base, 'GET', webHdfs(path, 'op=LISTSTATUS&user.name=alice'))
    const make = (base: string, path: string): Promise<Answer> =>
      ask(base, 'PUT', webHdfs(path, 'op=MKDIRS&user.name=alice'))
    const create = (base: string, path: string): Promise<Answer> =>
      ask(base, 'PUT', webHdfs(path, 'op=CREATE&overwrite=true&user.name=alice'))
    const active = async (service: string): Promise<readonly string[]> => {
      const all = await metricOf(keddah, 'keddah_upstream_active')
      return [routers.running.url, routers.starting.url].filter(
        (url) => all.get(`service="${service}",upstream="${url}"`) === 1,
      )
    }

    test('in safe mode a router reads, redirects, and writes nothing: only /isActive tells at once', async () => {
      const { url, id } = routers.starting
      const status = await ask(url, 'GET', '/isActive')
      expect(status).toMatchObject({ status: 405 })
      const bean = await ask(url, 'GET', '/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus')
      expect(bean.text).toMatch(/"State" : "active"/)
      const made = await make(url, '/user/alice/not-made')
      expect(made).toMatchObject({ status: 403 })
      expect(JSON.parse(made.text)).toEqual({
        RemoteException: {
          exception: 'StandbyException',
          javaClassName: 'org.apache.hadoop.ipc.StandbyException',
          message: `Router ${id} is in safe mode and cannot handle WRITE requests`,
        },
      })
      expect((await list(url, '/')).status).toBe(200)
      expect((await create(url, '/user/alice/not-made')).status).toBe(307)
    })

    test('Keddah asks the one that has left it, whichever is written first', async () => {
      await until('a router to be found', async () => ((await active('routers')).length === 1 ? true : null))
      expect(await active('routers')).toEqual([routers.running.url])
      const listed = await list(keddah.url('routers'), '/')
      expect(listed).toMatchObject({ status: 200 })
      expect(listed.text).toContain('"pathSuffix":"mounted"')
      expect(await make(keddah.url('routers'), '/mounted/routed')).toMatchObject({
        status: 200,
        text: '{"boolean":true}',
      })
      const seen = await ask(
        hadoop.nameNode,
        'GET',
        webHdfs('/user/alice/routed', 'op=GETFILESTATUS&user.name=alice'),
      )
      expect(seen.status).toBe(200)
      const refused = await ask(
        keddah.url('routers'),
        'GET',
        webHdfs('/mounted', 'op=LISTSTATUS&user.name=mallory'),
      )
      expect(essence(refused)).toEqual({
        status: 403,
        reason: 'acl',
        text: webHdfsRefusal('mallory', CLIENT_PROTOCOL),
      })
    })

    test('hdfs dfs does all its work through it', async () => {
      const deeds = await shellScript({ home: hadoop, base: keddah.url('routers'), folder }, 'routed-script')
      expect(deeds.filter(({ error }) => error !== null)).toEqual([])
      expect(deeds.length).toBe(9)
    })

    test('a router has the name of its machine: where `nameNodes` lacks it, no link is handed out', async () => {
      const bare = await create(routers.running.url, '/user/alice/named')
      expect(bare.headers['location']).toContain(`namenoderpcaddress=${routers.running.id}&`)
      const stopped = await create(keddah.url('unnamed'), '/user/alice/named')
      expect(stopped).toMatchObject({
        status: 502,
        headers: { 'x-keddah-reason': 'upstream_redirect_target' },
      })
      const linked = await create(keddah.url('routers'), '/user/alice/named')
      expect(linked.status).toBe(307)
      expect(linked.headers['location']).not.toContain('namenoderpcaddress')
    })

    test('an operator puts it into safe mode: writes go to the other; with both there, all is to be tried again', async () => {
      const { running, starting } = routers
      await starting.admin('-safemode', 'leave')
      await running.admin('-safemode', 'enter')
      expect((await make(running.url, '/user/alice/no')).status).toBe(403)
      for (let count = 0; count < 20; count += 1)
        expect((await make(keddah.url('routers'), `/mounted/changed/${count}`)).status).toBe(200)
      expect(await active('routers')).toEqual([starting.url])
      expect(
        (await metricOf(keddah, 'keddah_failovers_total')).get('service="routers",cause="standby"'),
      ).toBe(1)
      const content = await get(keddah.url('routers'), '/mounted/changed/0', 'OPEN')
      expect(content.text).toContain('FileNotFoundException')

      await starting.admin('-safemode', 'enter')
      await until('nobody to be active', async () => ((await active('hurried')).length === 0 ? true : null))
      const refused = await make(keddah.url('hurried'), '/mounted/refused')
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
      expect(refused.text).toContain('RetriableException')
      // One router alone has nobody to hand over to: its own words pass, and it reads.
      const alone = await make(keddah.url('alone'), '/mounted/refused')
      expect(alone).toMatchObject({ status: 403 })
      expect(alone.text).toContain('StandbyException')
      expect((await list(keddah.url('alone'), '/mounted')).status).toBe(200)
    })
  },
  ['3.4.3'],
)
