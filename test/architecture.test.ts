import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * Imports point one way. Each room lists the rooms it may import, and the reason that is printed when another one
 * appears. `errors.ts` may be imported by everybody and is not listed.
 */
const ROOMS: Record<string, { may: readonly string[]; because: string }> = {
  errors: { may: [], because: 'the registry of codes knows nobody' },
  hadoop: { may: [], because: "Hadoop's semantics are pure and know nothing of this product" },
  ranger: { may: ['hadoop'], because: "Ranger's semantics are pure and know nothing of this product" },
  policy: {
    may: ['hadoop', 'ranger'],
    because: 'a compiled policy is made of values; who asks and who loads is not its business',
  },
  decision: {
    may: ['hadoop', 'ranger', 'policy'],
    because: 'the decision is a pure function of a request and a policy',
  },
  routes: {
    may: ['hadoop', 'ranger'],
    because: 'a request line is understood without knowing any policy; of Ranger it needs the words alone',
  },
  tls: { may: [], because: 'certificates and handshakes are the same for every listener and every upstream' },
  telemetry: {
    may: ['hadoop', 'ranger', 'decision'],
    because: 'what is measured must not depend on who measures it',
  },
  identity: {
    may: ['hadoop', 'policy', 'routes', 'telemetry'],
    because: 'who is calling does not depend on doors or settings',
  },
  config: {
    may: ['hadoop', 'ranger', 'policy', 'routes', 'telemetry', 'tls'],
    because: 'loading must not reach into what it configures',
  },
  http: {
    may: ['hadoop', 'ranger', 'policy', 'decision', 'identity', 'routes', 'telemetry', 'tls'],
    because: 'a door asks and enforces; it gets plain options, never the settings file',
  },
  admin: {
    may: ['hadoop', 'ranger', 'policy', 'decision', 'identity', 'routes', 'config', 'telemetry', 'tls'],
    because: 'the admin listener and the data listeners share no code path',
  },
  sandbox: { may: [], because: 'the sandbox stands for foreign daemons' },
  index: {
    may: ['hadoop', 'ranger', 'policy', 'decision', 'routes'],
    because: 'the library surface is the pure core',
  },
  app: {
    may: [
      'hadoop',
      'ranger',
      'policy',
      'decision',
      'routes',
      'telemetry',
      'identity',
      'config',
      'tls',
      'http',
      'admin',
    ],
    because: 'the composition root wires rooms; commands and the sandbox use it',
  },
  cli: {
    may: [
      'hadoop',
      'ranger',
      'policy',
      'decision',
      'routes',
      'telemetry',
      'identity',
      'config',
      'tls',
      'admin',
      'app',
      'sandbox',
      'index',
    ],
    because: 'commands go through the app, never straight to a door',
  },
  main: { may: ['cli'], because: 'the entry does nothing but start a command' },
}

/** Rooms whose files take values and give values: no I/O, clock or logger. */
const PURE: Record<string, readonly string[]> = {
  errors: [],
  hadoop: ['node:net'],
  ranger: ['node:net'],
  policy: ['node:net', 'node:crypto'],
  decision: ['node:net'],
  routes: [],
}

/** npm packages that only the named rooms may use, so that each has one place where it is replaced. */
const PACKAGES: Record<string, readonly string[]> = {
  pino: ['telemetry'],
  'prom-client': ['telemetry'],
  yaml: ['config', 'cli'],
  zod: ['config', 'admin'],
  saxes: ['hadoop'],
  'lru-cache': ['decision', 'identity'],
  'ipaddr.js': ['hadoop', 'config'],
  re2js: ['hadoop', 'identity', 'config'],
}

const SRC = resolve(import.meta.dirname, '../src')
const IMPORT =
  /^\s*(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm

interface Import {
  readonly file: string
  readonly room: string
  readonly specifier: string
  readonly target: string | null
}

const roomOf = (file: string): string => {
  const parts = relative(SRC, file).split(sep)
  return parts.length > 1 ? (parts[0] ?? '') : (parts[0] ?? '').replace(/\.ts$/, '')
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(SRC, name))

const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(IMPORT)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? ''
    const target = specifier.startsWith('.') ? roomOf(resolve(dirname(file), specifier)) : null
    return { file: relative(SRC, file), room: roomOf(file), specifier, target }
  }),
)

/** What no module has to be imported for: clock, timers, chance, network, process, console. */
const IMPURE =
  /\b(?:Date|setTimeout|setInterval|setImmediate|queueMicrotask|console|process|performance|globalThis|fetch|Math\.random)\s*(?:\?\.|[.(])/g

const impuritiesIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
    .flatMap((line) => line.match(IMPURE) ?? [])

describe('the rooms of src/', () => {
  test('every room is known', () => {
    const unknown = [...new Set(files.map(roomOf))].filter((room) => !(room in ROOMS))
    expect(unknown, 'a new room needs a line in docs/architecture.md and in this test').toEqual([])
  })

  test.each(Object.entries(ROOMS))('%s imports only what its place allows', (room, { may, because }) => {
    const wrong = imports
      .filter((entry) => entry.room === room && entry.target !== null)
      .filter(
        (entry) => entry.target !== room && entry.target !== 'errors' && !may.includes(entry.target ?? ''),
      )
      .map((entry) => `${entry.file} imports ${entry.specifier}`)
    expect(wrong, `src/${room} may import only [${may.join(', ')}]: ${because}`).toEqual([])
  })

  test.each(Object.entries(PURE))('%s is pure', (room, allowed) => {
    const wrong = imports
      .filter((entry) => entry.room === room && entry.specifier.startsWith('node:'))
      .filter((entry) => !allowed.includes(entry.specifier))
      .map((entry) => `${entry.file} imports ${entry.specifier}`)
    expect(
      wrong,
      `src/${room} takes values and gives values; it may use only [${allowed.join(', ')}] of Node`,
    ).toEqual([])
  })

  test.each(Object.keys(PURE))('%s asks nothing of the process, the clock or chance', (room) => {
    const wrong = files
      .filter((file) => roomOf(file) === room)
      .flatMap((file) =>
        impuritiesIn(readFileSync(file, 'utf8')).map((use) => `${relative(SRC, file)}: ${use}`),
      )
    expect(
      wrong,
      `src/${room} takes values and gives values: hand it the time, or what it is to tell`,
    ).toEqual([])
  })

  test.each([
    ['const now = Date.now()', ['Date.']],
    ['const now = new Date()', ['Date(']],
    ['setTimeout (step, 1)', ['setTimeout (']],
    ['console.log(x)', ['console.']],
    ['return globalThis.process?.pid', ['globalThis.', 'process?.']],
    ['Math.random() + performance.now()', ['Math.random(', 'performance.']],
    ['void fetch(url)', ['fetch(']],
    ['// Date.now() is not asked here', []],
    [' * `setTimeout()` of the caller', []],
    ['the process; let it write there: lookup.fetched(x), Math.max(a, b)', []],
  ])('of `%s` %j is asked of the world', (text, uses) => {
    expect(impuritiesIn(text)).toEqual(uses)
  })

  test.each(Object.entries(PACKAGES))('%s is used in one place', (name, rooms) => {
    const wrong = imports
      .filter((entry) => entry.specifier === name || entry.specifier.startsWith(`${name}/`))
      .filter((entry) => !rooms.includes(entry.room))
      .map((entry) => entry.file)
    expect(wrong, `${name} is used by [${rooms.join(', ')}] alone, so that it can be replaced there`).toEqual(
      [],
    )
  })

  test('the environment and the command line are read by main.ts alone', () => {
    const wrong = files
      .filter((file) => roomOf(file) !== 'main' && /\bprocess\.(argv|env)\b/.test(readFileSync(file, 'utf8')))
      .map((file) => relative(SRC, file))
    expect(
      wrong,
      'what a command depends on is handed to it, so that tests and embedders can hand in theirs',
    ).toEqual([])
  })

  test('only the decision room makes permits', () => {
    const wrong = imports
      .filter((entry) => entry.room !== 'decision' && entry.specifier.endsWith('decision/permit.ts'))
      .filter((entry) => /\bissuePermit\b/.test(readFileSync(join(SRC, entry.file), 'utf8')))
      .map((entry) => entry.file)
    expect(wrong, 'forwarding without a decision must not be possible').toEqual([])
  })

  test('no file is longer than 400 lines', () => {
    const long = files
      .map((file) => ({ file: relative(SRC, file), lines: readFileSync(file, 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 401)
    expect(long, 'a file over 400 lines holds a second idea').toEqual([])
  })
})
