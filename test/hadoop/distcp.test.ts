import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, webHdfs } from '../support/hadoop/ask.ts'
import { type Ended, runClient } from '../support/hadoop/client.ts'
import { POLICY } from '../support/hadoop/configuration.ts'
import { get } from '../support/hadoop/files.ts'
import { type Keddah, startKeddah } from '../support/hadoop/keddah.ts'
import { CLIENT_PROTOCOL, refusalOf } from '../support/hadoop/words.ts'
import { withHadoop } from '../support/hadoop/with-hadoop.ts'

const FILES = 50
/** More than two blocks of `dfs.blocksize`. */
const LARGE = 2_500_000

/** The jobs run in the process of the client (LocalJobRunner). */
withHadoop(
  'hadoop distcp',
  (hadoop) => {
    let keddah: Keddah
    let folder = ''
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'keddah-distcp-'))
      mkdirSync(join(folder, 'source'))
      for (let number = 0; number < FILES; number += 1)
        writeFileSync(
          join(folder, 'source', `f${number}`),
          randomBytes(number === 0 ? LARGE : 1_000 + number),
        )
      keddah = await startKeddah({
        hadoop,
        services: [{ name: 'namenode', kind: 'namenode', upstream: hadoop.nameNode }],
        policy: POLICY,
      })
    })
    afterAll(async () => {
      await keddah?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const remote = (name: string): string =>
      `webhdfs://${new URL(keddah.url('namenode')).host}/user/alice/distcp/${name}`
    const distCp = (user: string, source: string, target: string): Promise<Ended> =>
      runClient(hadoop, user, 'org.apache.hadoop.tools.DistCp', [
        '-Dmapreduce.framework.name=local',
        `-Dhadoop.tmp.dir=${join(folder, `tmp-${user}`)}`,
        `-Dyarn.app.mapreduce.am.staging-dir=${join(folder, `staging-${user}`)}`,
        `-Dmapreduce.jobtracker.staging.root.dir=file://${join(folder, `staging-${user}`)}`,
        '-Dfs.defaultFS=file:///',
        '-update',
        '-pb',
        '-m',
        '4',
        source,
        target,
      ])
    /** What DistCp says of its counters, such as `Files Copied`. */
    const counted = ({ status, stderr, stdout }: Ended): Record<string, number> => {
      const text = stderr + stdout.toString('utf8')
      expect(status, text).toBe(0)
      return Object.fromEntries(
        [...text.matchAll(/^\s*(Files \w+|Bytes Copied)=(\d+)$/gm)].map(([, name, value]) => [
          name ?? '',
          Number(value),
        ]),
      )
    }
    const expectCopied = async (name: string): Promise<void> => {
      for (const file of readdirSync(join(folder, 'source'))) {
        const { status, body } = await get(
          keddah.url('namenode'),
          `/user/alice/distcp/${name}/${file}`,
          'OPEN',
        )
        expect(status, file).toBe(200)
        expect(body.equals(readFileSync(join(folder, 'source', file))), file).toBe(true)
      }
    }

    test('copies 50 files to Keddah, and on through it, where it compares the checksums of both sides', async () => {
      const up = counted(await distCp('alice', `file://${join(folder, 'source')}`, remote('a')))
      expect(up['Files Copied'] ?? 0).toBeGreaterThanOrEqual(FILES)
      await expectCopied('a')
      counted(await distCp('alice', remote('a'), remote('b')))
      await expectCopied('b')
      const sums = await Promise.all(
        ['a', 'b'].map((name) =>
          get(keddah.url('namenode'), `/user/alice/distcp/${name}/f0`, 'GETFILECHECKSUM'),
        ),
      )
      expect(sums[0]?.text).toContain('MD5-of-')
      expect(sums[1]?.text).toBe(sums[0]?.text)
    })

    test('finds by its checksum the one file that differs, and leaves the others', async () => {
      const path = '/user/alice/distcp/b/f7'
      const first = await ask(
        keddah.url('namenode'),
        'PUT',
        webHdfs(path, 'op=CREATE&overwrite=true&user.name=alice&blocksize=1048576'),
      )
      const { pathname, search } = new URL(String(first.headers['location']))
      const headers = { 'Content-Type': 'application/octet-stream' }
      const body = randomBytes(1_007)
      expect(await ask(keddah.url('namenode'), 'PUT', pathname + search, { headers, body })).toMatchObject({
        status: 201,
      })
      const source = `hdfs://${hadoop.nameNodeRpc}/user/alice/distcp/a`
      const again = counted(await distCp('alice', source, remote('b')))
      expect(again).toMatchObject({ 'Files Copied': 1, 'Files Skipped': FILES - 1 })
      await expectCopied('b')
    })

    test('ends with the words of Hadoop for a user who may not', async () => {
      const { status, stderr, stdout } = await distCp(
        'mallory',
        `file://${join(folder, 'source')}`,
        remote('m'),
      )
      expect(status).not.toBe(0)
      expect(stderr + stdout.toString('utf8')).toContain(refusalOf('mallory', CLIENT_PROTOCOL))
    })
  },
  ['3.4.3'],
)
