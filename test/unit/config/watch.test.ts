import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { watchFiles } from '../../../src/config/watch.ts'
import { foldersToWatch } from '../../../src/config/watched-folders.ts'
import { policyOf, setUp, temporaryFolder, until, writeFiles, xml } from './support.ts'

/** Long enough that a change is found by its event and not by the next poll. */
const NO_POLL = 3_600_000

interface Timing {
  readonly enabled: boolean
  readonly debounceMs: number
  readonly pollMs: number
}

/** Watches files and keeps what they hold, null for what is not there. */
function watching(paths: readonly string[], timing: Partial<Timing> = {}) {
  const seen: (string | null)[][] = []
  const errors: unknown[] = []
  const watch = watchFiles({
    paths: () => paths,
    timing: () => ({ enabled: true, debounceMs: 5, pollMs: NO_POLL, ...timing }),
    async onChange() {
      seen.push(paths.map(contentOf))
    },
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => watch.close())
  return { watch, seen, errors, last: (): string | null | undefined => seen.at(-1)?.[0] }
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not there at the moment, which is what is to be seen.
    return null
  }
}

/** The first look, which every watch takes. */
const settled = (seen: readonly unknown[]): Promise<void> => until(() => seen.length > 0, 'a first look')

describe('a change is found, however it is made', () => {
  test.each<[string, (folder: string, file: string) => void]>([
    ['written in place', (_, file) => writeFileSync(file, 'new')],
    [
      'renamed over',
      (folder, file) => {
        writeFileSync(join(folder, 'tmp'), 'new')
        renameSync(join(folder, 'tmp'), file)
      },
    ],
    [
      'deleted and made again',
      (_, file) => {
        unlinkSync(file)
        writeFileSync(file, 'new')
      },
    ],
    [
      'its folder moved away and another put in its place',
      (folder) => {
        writeFiles(folder, { 'next/file': 'new' })
        renameSync(join(folder, 'in'), join(folder, 'away'))
        renameSync(join(folder, 'next'), join(folder, 'in'))
      },
    ],
    [
      'its folder deleted and made again',
      (folder) => {
        rmSync(join(folder, 'in'), { recursive: true })
        writeFiles(folder, { 'in/file': 'new' })
      },
    ],
    [
      'a link put in its place',
      (folder, file) => {
        writeFileSync(join(folder, 'other'), 'new')
        symlinkSync(join(folder, 'other'), join(folder, 'tmp'))
        renameSync(join(folder, 'tmp'), file)
      },
    ],
  ])('%s', async (_, change) => {
    const folder = temporaryFolder()
    writeFiles(folder, { 'in/file': 'old' })
    const { seen, last } = watching([join(folder, 'in/file')])
    await settled(seen)
    change(folder, join(folder, 'in/file'))
    await until(() => last() === 'new', 'the new content is seen')
    // The watch has to hold for the next change as well.
    writeFileSync(join(folder, 'in/file'), 'newer')
    await until(() => last() === 'newer', 'the next content is seen')
    expect(last()).toBe('newer')
  })

  test('a link that is swapped as Kubernetes swaps it, again and again', async () => {
    const folder = temporaryFolder()
    writeFiles(folder, { '..v0/policy.xml': '0' })
    symlinkSync('..v0', join(folder, '..data'))
    symlinkSync('..data/policy.xml', join(folder, 'policy.xml'))
    const { seen, last } = watching([join(folder, 'policy.xml')])
    await settled(seen)
    for (const version of ['1', '2', '3', '4', '5']) {
      writeFiles(folder, { [`..v${version}/policy.xml`]: version })
      symlinkSync(`..v${version}`, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
      rmSync(join(folder, `..v${Number(version) - 1}`), { recursive: true })
      await until(() => last() === version, `version ${version} is seen`)
    }
    expect(last()).toBe('5')
  })

  test('a link far above the file', async () => {
    const folder = temporaryFolder()
    writeFiles(folder, { 'a/x/y/file': 'old', 'b/x/y/file': 'new' })
    symlinkSync('a', join(folder, 'current'))
    const { seen, last } = watching([join(folder, 'current/x/y/file')])
    await settled(seen)
    symlinkSync('b', join(folder, 'tmp'))
    renameSync(join(folder, 'tmp'), join(folder, 'current'))
    await until(() => last() === 'new', 'the content behind the new link is seen')
    writeFiles(folder, { 'b/x/y/file': 'newer' })
    await until(() => last() === 'newer', 'the next content is seen')
    expect(last()).toBe('newer')
  })

  test('a file in a folder that is not there yet', async () => {
    const folder = temporaryFolder()
    const { seen, last } = watching([join(folder, 'later/still/file')])
    await settled(seen)
    expect(last()).toBeNull()
    mkdirSync(join(folder, 'later'))
    await sleep(1)
    writeFiles(folder, { 'later/still/file': 'new' })
    await until(() => last() === 'new', 'the file is seen')
  })

  test('of two writes a millisecond apart the second is never lost', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'file')
    writeFileSync(file, 'start')
    const { seen, last } = watching([file], { debounceMs: 0 })
    await settled(seen)
    for (let round = 0; round < 60; round += 1) {
      writeFileSync(file, `a${round}`)
      await sleep(1)
      writeFileSync(file, `b${round}`)
      await until(() => last() === `b${round}`, `write ${round} is seen`)
    }
    expect(last()).toBe('b59')
  })

  test('a file that is written without a pause is looked at all the same', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const { seen } = watching([file], { debounceMs: 20 })
    await settled(seen)
    const before = seen.length
    let writes = 0
    await until(() => {
      appendFileSync(file, '.')
      writes += 1
      return seen.length > before
    }, 'a look while it is written')
    expect(writes).toBeGreaterThan(1)
  })

  test('where nothing tells of changes, files are looked at in every poll', async () => {
    const folder = temporaryFolder()
    const { seen } = watching([join(folder, 'file')], { pollMs: 5 })
    await until(() => seen.length > 5, 'several looks')
    expect(seen.flat()).toContain(null)
  })
})

describe('a watch', () => {
  test('passes over what stands beside its files', async () => {
    const folder = temporaryFolder()
    writeFiles(folder, { file: 'old' })
    const { seen, last } = watching([join(folder, 'file')])
    await settled(seen)
    const before = seen.length
    writeFiles(folder, { other: 'x' })
    // The next event is a wanted one; had the first counted, there would be a look with the old content.
    await sleep(50)
    writeFiles(folder, { file: 'new' })
    await until(() => last() === 'new', 'the new content is seen')
    expect(seen.slice(before).flat()).not.toContain('old')
  })

  test('never looks twice at once, and looks again after a change during a look', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'file')
    writeFileSync(file, '0')
    let running = 0
    let most = 0
    const seen: string[] = []
    const watch = watchFiles({
      paths: () => [file],
      timing: () => ({ enabled: true, debounceMs: 0, pollMs: 3 }),
      async onChange() {
        running += 1
        most = Math.max(most, running)
        seen.push(readFileSync(file, 'utf8'))
        await sleep(10)
        running -= 1
      },
      onError: (error) => {
        throw error
      },
    })
    onTestFinished(() => watch.close())
    for (let round = 1; round <= 10; round += 1) {
      writeFileSync(file, String(round))
      await sleep(4)
    }
    await until(() => seen.at(-1) === '10', 'the last content is seen')
    expect(most).toBe(1)
  })

  test('tells of errors and goes on', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'file')
    writeFileSync(file, '0')
    let looks = 0
    const errors: unknown[] = []
    const watch = watchFiles({
      paths: () => [file],
      timing: () => ({ enabled: true, debounceMs: 0, pollMs: NO_POLL }),
      async onChange() {
        looks += 1
        if (looks === 1) throw new TypeError('a mistake')
      },
      onError: (error) => errors.push(error),
    })
    onTestFinished(() => watch.close())
    await until(() => errors.length === 1, 'the error is told')
    writeFileSync(file, '1')
    await until(() => looks > 1, 'another look')
    expect(errors).toHaveLength(1)
  })

  test('rests while it is switched off, and takes up what happened when it is switched on', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'file')
    writeFileSync(file, 'old')
    const timing = { enabled: false, debounceMs: 0, pollMs: 5 }
    const { seen, last } = watching([file], timing)
    writeFileSync(file, 'new')
    await sleep(50)
    expect(seen).toEqual([])
    const on = watching([file], { ...timing, enabled: true })
    await until(() => on.last() === 'new', 'the content is seen')
    expect(last()).toBeUndefined()
  })

  test('is over when it is closed', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'file')
    writeFileSync(file, 'old')
    const { watch, seen } = watching([file], { debounceMs: 0, pollMs: 3 })
    await settled(seen)
    watch.close()
    await sleep(20)
    const before = seen.length
    writeFileSync(file, 'new')
    await sleep(50)
    expect(seen.length).toBe(before)
  })
})

describe('the folders on the way to a file', () => {
  test('are all watched, each for the next name', () => {
    const folder = temporaryFolder()
    writeFiles(folder, { 'a/file': '' })
    const folders = foldersToWatch([join(folder, 'a/file')])
    expect([...(folders.get(join(folder, 'a')) ?? [])]).toEqual(['file'])
    expect([...(folders.get(folder) ?? [])]).toEqual(['a'])
    expect(folders.has('/')).toBe(true)
  })

  test('links are watched where they stand and where they lead', () => {
    const folder = temporaryFolder()
    writeFiles(folder, { 'v1/file': '' })
    symlinkSync('v1', join(folder, 'data'))
    symlinkSync('data/file', join(folder, 'file'))
    const folders = foldersToWatch([join(folder, 'file')])
    expect([...(folders.get(folder) ?? [])].toSorted()).toEqual(['data', 'file', 'v1'])
    expect([...(folders.get(join(folder, 'v1')) ?? [])]).toEqual(['file'])
  })

  test('links in a circle end the way', () => {
    const folder = temporaryFolder()
    symlinkSync('b', join(folder, 'a'))
    symlinkSync('a', join(folder, 'b'))
    expect([...(foldersToWatch([join(folder, 'a/file')]).get(folder) ?? [])].toSorted()).toEqual(['a', 'b'])
  })
})

describe('a watch and a refresher together', () => {
  const POLICY = 'conf/hadoop-policy.xml'

  test('take up a policy, report a broken one, and take up the mended one', async () => {
    const { refresher, write, acl, folder } = await setUp()
    const watch = watchFiles({
      paths: () => refresher.inputPaths(),
      timing: () => ({ enabled: true, debounceMs: 5, pollMs: NO_POLL }),
      onChange: () => refresher.refreshIfChanged('watch'),
      onError: (error) => {
        throw error
      },
    })
    onTestFinished(() => watch.close())
    write({ [POLICY]: policyOf('bob') })
    await until(() => acl() === 'bob', 'the new policy is in force')
    write({ [POLICY]: '<configuration>' })
    await until(() => refresher.lastFailure() !== null, 'the broken policy is reported')
    expect(acl()).toBe('bob')
    write({ [POLICY]: policyOf('carol') })
    await until(() => acl() === 'carol' && refresher.lastFailure() === null, 'the mended policy is in force')
    write({ 'conf/yarn-site.xml': xml({ 'security.x.y': '1' }) })
    await until(
      () => refresher.current().hadoop.configuration.get('security.x.y') === '1',
      'a file that was not there is read',
    )
    write({ 'other/hadoop-policy.xml': policyOf('dave'), 'other/core-site.xml': xml({}) })
    const settings = readFileSync(join(folder, 'keddah.yaml'), 'utf8')
    write({ 'keddah.yaml': settings.replace('confDir: conf', 'confDir: other') })
    await until(() => acl() === 'dave', 'another folder is read')
    write({ 'other/hadoop-policy.xml': policyOf('erin') })
    await until(() => acl() === 'erin', 'the other folder is watched')
  })
})
