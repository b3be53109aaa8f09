import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { CACHE, makeOnce, run } from '../hadoop/class-path.ts'
import { JAVA, javaEnvironment } from '../hadoop/java.ts'

/** One request, as the Java side reads it; `accessTypes` more than one: a combination as HDFS asks. */
export interface OracleRequest {
  readonly resource: Readonly<Record<string, string>>
  readonly user: string
  readonly groups: readonly string[]
  readonly accessTypes: readonly string[]
  readonly owner?: string
  readonly roles?: readonly string[]
  readonly address?: string
  readonly at: number
  readonly action?: string
}

/** What Ranger's own engine says; `policyId` -1: none. */
export interface OracleAnswer {
  readonly determined: boolean
  readonly allowed: boolean
  readonly policyId: number
  readonly audited: boolean
}

/** Policies as Ranger Admin sends them, and roles; whether the service has permissions of its own. */
export interface OraclePolicies {
  readonly policies: object
  readonly roles?: object
  readonly fallback: boolean
}

const HOME = join(CACHE, '../ranger')
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1'

/** Ranger's own policy engine in a process of its own. */
export class RangerOracle {
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #answers: AsyncIterator<string>

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child
    this.#lines = lines
    this.#answers = lines[Symbol.asyncIterator]()
  }

  /** Fetches the jars once, compiles the Java side, and starts it. */
  static async start(): Promise<RangerOracle> {
    mkdirSync(HOME, { recursive: true })
    copyFileSync(join(import.meta.dirname, 'pom.xml'), join(HOME, 'pom.xml'))
    const jars = await makeOnce(join(HOME, 'lib'), async (draft) => {
      process.stderr.write('ranger: fetching the jars of its engine with mvn, kept in .cache/ranger\n')
      await run(
        'mvn',
        [
          '-B',
          '-ntp',
          '-q',
          `${PLUGIN}:copy-dependencies`,
          `-DoutputDirectory=${draft}`,
          '-DincludeScope=runtime',
        ],
        HOME,
      )
    })
    const classPath = readdirSync(jars)
      .filter((name) => name.endsWith('.jar'))
      .sort()
      .map((name) => join(jars, name))
      .join(':')
    const classes = join(HOME, 'classes')
    await run(
      'javac',
      ['-nowarn', '-cp', classPath, '-d', classes, join(import.meta.dirname, 'RangerOracle.java')],
      HOME,
    )
    const child = spawn(
      JAVA,
      [
        '-Xmx4g',
        '-Duser.timezone=GMT',
        '--add-opens=java.base/java.lang=ALL-UNNAMED',
        '-cp',
        `${classes}:${classPath}`,
        'RangerOracle',
      ],
      { cwd: HOME, env: javaEnvironment('root'), stdio: ['pipe', 'pipe', 'ignore'] },
    )
    if (child.stdout === null || !existsSync(classes)) throw new Error('java could not be started')
    return new RangerOracle(child, createInterface({ input: child.stdout }))
  }

  /** Takes up policies; how many milliseconds that took. */
  async load(policies: OraclePolicies): Promise<number> {
    const { milliseconds } = (await this.#ask(policies)) as { readonly milliseconds: number }
    return milliseconds
  }

  async decide(requests: readonly OracleRequest[]): Promise<readonly OracleAnswer[]> {
    return (await this.#ask({ requests })) as readonly OracleAnswer[]
  }

  /** Nanoseconds a decision: the median of so many rounds over all requests. */
  async time(
    requests: readonly OracleRequest[],
    rounds: number,
  ): Promise<{ readonly nanoseconds: number; readonly least: number; readonly allowed: number }> {
    return (await this.#ask({ time: rounds, requests })) as {
      readonly nanoseconds: number
      readonly least: number
      readonly allowed: number
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await ended
    this.#lines.close()
  }

  async #ask(question: object): Promise<unknown> {
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error('the Java side has ended')
    const answer: unknown = JSON.parse(value)
    if (typeof answer === 'object' && answer !== null && 'error' in answer)
      throw new Error(`Ranger's engine: ${String(answer.error)}`)
    return answer
  }
}
