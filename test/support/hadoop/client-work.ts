import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runClient, runProgram } from './client.ts'
import { get } from './files.ts'
import type { JavaHome } from './java.ts'
import { providePython } from './python.ts'

const SHELL = 'org.apache.hadoop.fs.FsShell'

/** A client of Hadoop that knows one address, and where it keeps its files. */
export interface Worker {
  readonly home: JavaHome
  /** Base URL for HTTP; the Java client takes the same host as `webhdfs://` or `swebhdfs://`. */
  readonly base: string
  readonly folder: string
}

/** What somebody did from `begun` to `ended`, in milliseconds since the epoch; `error` null: it came out right. */
export interface Deed {
  readonly what: string
  readonly begun: number
  readonly ended: number
  readonly error: string | null
}

function remote({ base }: Worker, path: string): string {
  const { protocol, host } = new URL(base)
  return `${protocol === 'https:' ? 'swebhdfs' : 'webhdfs'}://${host}/user/alice/${path}`
}

async function hdfsDfs(worker: Worker, args: readonly string[], wanted: RegExp): Promise<Deed> {
  const begun = Date.now()
  const { status, stdout, stderr } = await runClient(worker.home, 'alice', SHELL, args)
  const isRight = status === 0 && wanted.test(stdout.toString('utf8'))
  const error = isRight ? null : `${status}\n${stdout.toString('utf8')}\n${stderr}`
  return { what: args.join(' '), begun, ended: Date.now(), error }
}

/** Every command of `hdfs dfs` that a user has, each a process of its own; ends after one that went wrong. */
export async function shellScript(worker: Worker, name: string): Promise<readonly Deed[]> {
  const [source, target] = [join(worker.folder, `${name}.bin`), join(worker.folder, `${name}.back`)]
  writeFileSync(source, randomBytes(100_000))
  const [file, moved] = [remote(worker, `${name}/file`), remote(worker, `${name}/moved`)]
  const commands: readonly [args: readonly string[], wanted: RegExp][] = [
    [['-mkdir', '-p', remote(worker, name)], /^$/],
    [['-put', source, file], /^$/],
    [['-appendToFile', source, file], /^$/],
    [['-checksum', file], /MD5-of-0MD5-of-512CRC32C/],
    [['-ls', remote(worker, name)], /200000 /],
    [['-mv', file, moved], /^$/],
    [['-get', moved, target], /^$/],
    [['-rm', '-skipTrash', moved], /^Deleted /],
  ]
  const deeds: Deed[] = []
  for (const [args, wanted] of commands) {
    const deed = await hdfsDfs(worker, args, wanted)
    deeds.push(deed)
    if (deed.error !== null) return deeds
  }
  const sent = readFileSync(source)
  const isSame = readFileSync(target).equals(Buffer.concat([sent, sent]))
  const now = Date.now()
  return [...deeds, { what: 'compare', begun: now, ended: now, error: isSame ? null : 'other contents' }]
}

const COPIED = 200
const THREADS = 4

/** Copies 200 files with one `hdfs dfs -put`, four at a time. Shape: lines about files that did not arrive. */
export async function copyFolder(worker: Worker, name: string): Promise<readonly string[]> {
  const source = join(worker.folder, name)
  mkdirSync(source, { recursive: true })
  for (let number = 0; number < COPIED; number += 1)
    writeFileSync(join(source, `f${number}`), randomBytes(1_000 + number))
  const args = ['-put', '-f', '-t', String(THREADS), source, remote(worker, '')]
  const { status, stderr } = await runClient(worker.home, 'alice', SHELL, args)
  const lines = stderr.split('\n').filter((line) => line.startsWith('put: '))
  return status === 0 ? [] : lines.length > 0 ? lines : [stderr]
}

/** Names of files that are not there as they were copied. */
export async function missingFrom(worker: Worker, name: string): Promise<readonly string[]> {
  const source = join(worker.folder, name)
  const missing: string[] = []
  for (const file of readdirSync(source)) {
    const { status, body } = await get(worker.base, `/user/alice/${name}/${file}`, 'OPEN')
    if (status !== 200 || !body.equals(readFileSync(join(source, file)))) missing.push(file)
  }
  return missing
}

const PYTHON = `
import json, os, sys, time
from hdfs import InsecureClient
client = InsecureClient(sys.argv[1], user='alice')
content = bytes(range(256)) * 10
deeds = []
while not os.path.exists(sys.argv[2]):
    folder, begun, error = '/user/alice/python/%d' % len(deeds), time.time() * 1000, None
    try:
        client.write(folder + '/a', data=content, overwrite=True)
        client.write(folder + '/a', data=b'more', append=True)
        client.rename(folder + '/a', folder + '/b')
        with client.read(folder + '/b') as reader:
            assert reader.read() == content + b'more'
        assert client.list(folder) == ['b']
        assert client.checksum(folder + '/b')['algorithm'].startswith('MD5-of')
        assert client.delete(folder, recursive=True)
    except Exception as caught:
        error = repr(caught)
    deeds.append({'what': folder, 'begun': begun, 'ended': time.time() * 1000, 'error': error})
print(json.dumps(deeds))
`

/** Rounds of the Python client, until `end` is called. */
export function pythonRounds(worker: Worker): { end(): Promise<readonly Deed[]> } {
  const flag = join(worker.folder, 'python.end')
  if (existsSync(flag)) throw new Error('the rounds of this folder are over')
  const running = providePython().then((packages) =>
    runProgram('python3', ['-c', PYTHON, worker.base, flag], {
      env: { PATH: process.env['PATH'] ?? '', PYTHONPATH: packages, LC_ALL: 'C.UTF-8' },
    }),
  )
  return {
    async end() {
      writeFileSync(flag, '')
      const { status, stdout, stderr } = await running
      if (status !== 0) throw new Error(`the Python client ended with ${status}\n${stderr}`)
      return JSON.parse(stdout.toString('utf8'))
    },
  }
}
