import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** What differs between these two is what operators run; 3.4.3 is the one that everything is tried on. */
export const HADOOP_VERSIONS = ['3.4.3', '3.3.6'] as const
export type HadoopVersion = (typeof HADOOP_VERSIONS)[number]

/** Jars, web pages, formatted name folders and the Python client; git ignores it. Delete it to start afresh. */
export const CACHE: string = join(import.meta.dirname, '../../../.cache/hadoop')

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

/**
 * The class path of a version without its configuration folder, which goes last: jars in a fixed order, then the web
 * pages, which the jars lack. Fetched from the Maven repository when the cache has none: 90 MB, seconds to minutes.
 */
export async function provideClassPath(version: HadoopVersion): Promise<string> {
  const home = join(CACHE, version)
  mkdirSync(home, { recursive: true })
  copyFileSync(join(import.meta.dirname, 'pom.xml'), join(home, 'pom.xml'))
  const maven = (...args: string[]): Promise<void> =>
    run('mvn', ['-B', '-ntp', '-q', `-Dhadoop.version=${version}`, ...args], home)
  const jars = await makeOnce(join(home, 'lib'), async (draft) => {
    announce(`fetching the jars of ${version} with mvn, about 90 MB, kept in .cache/hadoop/${version}`)
    await maven(`${PLUGIN}:copy-dependencies`, `-DoutputDirectory=${draft}`, '-DincludeScope=runtime')
    announce(`${readdirSync(draft).length} jars fetched`)
  })
  // The pages of the NameNode and the DataNode are in the jar with the tests only; YARN's are in its own jars.
  const pages = await makeOnce(join(home, 'pages'), async (draft) => {
    announce(`fetching the web pages of ${version}`)
    const artifact = `-Dartifact=org.apache.hadoop:hadoop-hdfs:${version}:jar:tests`
    await maven(
      `${PLUGIN}:unpack`,
      artifact,
      `-DoutputDirectory=${draft}`,
      '-Dmdep.unpack.includes=webapps/**',
    )
  })
  const names = readdirSync(jars).filter((name) => name.endsWith('.jar'))
  return [...names.sort().map((name) => join(jars, name)), pages].join(':')
}
