import { join } from 'node:path'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/**
 * One project per folder of `test/`, and one more for workers. `npm test` runs the first four, which need nothing but Node;
 * the others have scripts of their own: they take longer, or start other programs.
 */
const project = (
  name: string,
  include: string[],
  timeoutMs: number,
  more: ViteUserConfig['test'] = {},
): ViteUserConfig => ({
  test: { name, include, testTimeout: timeoutMs, hookTimeout: timeoutMs, ...more },
})

const SERIAL = { fileParallelism: false }

/** These files leave nothing behind, and may share a process: most of their time was reading the same modules again. */
const SHARED = { isolate: false }

/** What the processes that tests start have compiled is kept for the next one: half of a short command's time. */
const COMPILED = {
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/keddah-compiled') },
}

/** Files that start a whole Keddah: once more with its requests carried by two workers. */
const AGAIN = [
  'refresh',
  'refresh-busy',
  'refresh-listeners',
  'cli-serve',
  'tls-reload',
  'attacks/holes',
  'ranger-policies',
  'ranger-audit-file',
]
const ON_WORKERS = AGAIN.map((name) => `test/e2e/${name}.test.ts`)
/** What is about workers alone. It waits for time-outs, and `npm test` has to be short. */
const OF_WORKERS = 'test/e2e/workers*.test.ts'

const config: ViteUserConfig = defineConfig({
  test: {
    // By itself vitest leaves one core alone, which is half of two.
    maxWorkers: '100%',
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/*.test.ts'], 30_000, SHARED),
      project('property', ['test/property/**/*.test.ts'], 60_000, SHARED),
      project('conformance', ['test/conformance/**/*.test.ts'], 60_000, SHARED),
      project('e2e', ['test/e2e/**/*.test.ts'], 60_000, { ...COMPILED, exclude: [OF_WORKERS] }),
      project('e2e-workers', [...ON_WORKERS, OF_WORKERS], 60_000, {
        env: { ...COMPILED.env, TEST_WORKERS: '2' },
      }),
      project('hadoop', ['test/hadoop/**/*.test.ts'], 600_000, {
        ...SERIAL,
        globalSetup: ['test/support/hadoop/global-setup.ts'],
      }),
      project('ranger', ['test/ranger/**/*.test.ts'], 600_000, SERIAL),
      project('integration', ['test/integration/**/*.test.ts'], 300_000, SERIAL),
    ],
  },
})

export default config
