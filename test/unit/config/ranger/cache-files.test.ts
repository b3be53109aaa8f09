import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CacheFiles } from '../../../../src/config/ranger/cache-files.ts'
import { temporaryFolder } from '../support.ts'

const textsOf = async (files: CacheFiles): Promise<string[]> =>
  (await files.read('policies', 1_000)).map(({ bytes }) => bytes.toString())

test('what is kept has the name that the plugins of Ranger give it, for its owner alone, and the one before beside it', async () => {
  const folder = join(temporaryFolder(), 'ranger')
  const files = new CacheFiles(folder, 'hdfs', 'a/b:c')
  expect(await textsOf(files)).toEqual([])
  await files.write('policies', Buffer.from('one'))
  await files.write('policies', Buffer.from('two'))
  await files.write('roles', Buffer.from('three'))
  expect(readdirSync(folder).sort()).toEqual([
    'hdfs_a_b_c.json',
    'hdfs_a_b_c.json.prev',
    'hdfs_a_b_c_roles.json',
  ])
  expect(await textsOf(files)).toEqual(['two', 'one'])
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

test('a crash between its steps leaves one whole file at least', async () => {
  const folder = temporaryFolder()
  const files = new CacheFiles(folder, 'hdfs', 'dev')
  await files.write('policies', Buffer.from('one'))
  // Killed while the next one was written, and after the first rename.
  writeFileSync(join(folder, 'hdfs_dev.json.0123456789ab'), 'tw')
  expect(await textsOf(files)).toEqual(['one'])
  writeFileSync(join(folder, 'hdfs_dev.json.prev'), 'one')
  rmSync(join(folder, 'hdfs_dev.json'))
  expect(await textsOf(files)).toEqual(['one'])
})

test('a service that is gone leaves its files under another name, and none to start from', async () => {
  const folder = temporaryFolder()
  const files = new CacheFiles(folder, 'hdfs', 'dev')
  await files.write('policies', Buffer.from('one'))
  await files.write('policies', Buffer.from('two'))
  await files.setAside(1_700_000_000_000)
  expect(await textsOf(files)).toEqual([])
  expect(readFileSync(join(folder, 'hdfs_dev.json_1700000000000'), 'utf8')).toBe('two')
  await files.setAside(1_700_000_000_001)
})

test('what cannot be written is told, and leaves what is there', async () => {
  const folder = temporaryFolder()
  const files = new CacheFiles(folder, 'hdfs', 'dev')
  await files.write('policies', Buffer.from('one'))
  writeFileSync(join(folder, 'file'), '')
  const below = new CacheFiles(join(folder, 'file'), 'hdfs', 'dev')
  await expect(below.write('policies', Buffer.from('two'))).rejects.toThrow(/ENOTDIR|EEXIST/)
  expect(await textsOf(files)).toEqual(['one'])
})

test('a file over the limit or without a right to read it is none', async () => {
  const folder = temporaryFolder()
  const files = new CacheFiles(folder, 'hdfs', 'dev')
  await files.write('policies', Buffer.alloc(1_001))
  expect(await textsOf(files)).toEqual([])
  await files.write('policies', Buffer.from('two'))
  chmodSync(files.fileOf('policies'), 0o000)
  const mayReadAll = process.geteuid?.() === 0
  expect(await textsOf(files)).toEqual(mayReadAll ? ['two'] : [])
})
