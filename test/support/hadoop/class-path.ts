import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** What differs between these two is what operators run; 3.4.3 is the one that everything is tried on. */
export const HADOOP_VERSIONS = ['3.4.3', '3.3.6'] as const
export type HadoopVersion = (typeof HADOOP_VERSIONS)[number]

/** Jars, web pages, formatted name folders and the Python client; git ignores it. Delete it to start afresh. */
export const CACHE: string = join(import.meta.dirname, '../../../.cache/hadoop')

/** The Maven repository has no router of 3.4.3; this one runs with its jars. */
const ROUTER_VERSION = '3.4.2'

const POM = join(import.meta.dirname, 'pom.xml')
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1'

/** Long work is announced on stderr, so that nobody wonders. */
export const announce = (line: string): void => {
  process.stderr.write(`hadoop: ${line}\n`)
}

/** Runs a program whose output goes to stderr. Errors: it did not end with 0. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', process.stderr, process.stderr] })
  const [status]: unknown[] = await once(child, 'exit')
  if (status !== 0) throw new Error(`\`${program} ${args.join(' ')}\` ended with ${String(status)}`)
}

/**
 * Makes `folder` with `make`, once; a half-made folder never gets the name. Whoever comes second (another run beside
 * this one) finds it made.
 */
export async function makeOnce(folder: string, make: (draft: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder
  const draft = `${folder}.draft-${process.pid}`
  rmSync(draft, { recursive: true, force: true })
  try {
    await make(draft)
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

const maven = (home: string, ...args: string[]): Promise<void> =>
  run('mvn', ['-B', '-ntp', '-q', ...args], home)

/** Web pages of a daemon, which are in the jar with its tests only, but for YARN's. */
const unpackPages = (home: string, artifact: string, folder: string): Promise<void> =>
  maven(
    home,
    `${PLUGIN}:unpack`,
    `-Dartifact=org.apache.hadoop:${artifact}:jar:tests`,
    `-DoutputDirectory=${folder}`,
    '-Dmdep.unpack.includes=webapps/**',
  )

const jarsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(folder, name))

/**
 * The class path of a version without its configuration folder, which goes last: jars in a fixed order, then the web
 * pages, which the jars lack. Fetched from the Maven repository when the cache has none for this `pom.xml`: 90 MB, seconds
 * to minutes.
 */
export async function provideClassPath(version: HadoopVersion): Promise<string> {
  const home = join(CACHE, version)
  mkdirSync(home, { recursive: true })
  copyFileSync(POM, join(home, 'pom.xml'))
  const edition = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12)
  const jars = await makeOnce(join(home, `lib-${edition}`), async (draft) => {
    announce(`fetching the jars of ${version} with mvn, about 90 MB, kept in .cache/hadoop/${version}`)
    await maven(
      home,
      `-Dhadoop.version=${version}`,
      `${PLUGIN}:copy-dependencies`,
      `-DoutputDirectory=${draft}`,
      '-DincludeScope=runtime',
    )
    announce(`${readdirSync(draft).length} jars fetched`)
  })
  const pages = await makeOnce(join(home, 'pages'), async (draft) => {
    announce(`fetching the web pages of ${version}`)
    await unpackPages(home, `hadoop-hdfs:${version}`, draft)
  })
  return [...jarsIn(jars), pages].join(':')
}

/** What the router of router-based federation needs beside the class path of 3.4.3. */
export async function provideRouterPath(): Promise<string> {
  const home = join(CACHE, '3.4.3')
  const folder = await makeOnce(join(home, `router-${ROUTER_VERSION}`), async (draft) => {
    announce('fetching the router')
    for (const name of ['hadoop-hdfs-rbf', 'hadoop-federation-balance'])
      await maven(
        home,
        `${PLUGIN}:copy`,
        `-Dartifact=org.apache.hadoop:${name}:${ROUTER_VERSION}`,
        `-DoutputDirectory=${draft}`,
      )
    await unpackPages(home, `hadoop-hdfs-rbf:${ROUTER_VERSION}`, draft)
  })
  return [...jarsIn(folder), folder].join(':')
}
