import { join } from 'node:path'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/**
 * One project per folder of `test/`, and one more for workers. `npm test` runs the first five, which need nothing but Node;
 * `hadoop` and `integration` start other programs and have scripts of their own.
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

/** Files of the fourth project that start a whole Keddah: once more with its requests carried by two workers. */
const ON_WORKERS = ['refresh', 'refresh-listeners', 'cli-serve', 'tls-reload', 'attacks/holes'].map(
  (name) => `test/e2e/${name}.test.ts`,
)

const config: ViteUserConfig = defineConfig({
  test: {
    // By itself vitest leaves one core alone, which is half of two.
    maxWorkers: '100%',
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/*.test.ts'], 30_000, SHARED),
      project('property', ['test/property/**/*.test.ts'], 60_000, SHARED),
      project('conformance', ['test/conformance/**/*.test.ts'], 60_000, SHARED),
      project('e2e', ['test/e2e/**/*.test.ts'], 60_000, COMPILED),
      project('e2e-workers', ON_WORKERS, 60_000, { env: { ...COMPILED.env, TEST_WORKERS: '2' } }),
      project('hadoop', ['test/hadoop/**/*.test.ts'], 600_000, {
        ...SERIAL,
        globalSetup: ['test/support/hadoop/global-setup.ts'],
      }),
      project('integration', ['test/integration/**/*.test.ts'], 300_000, SERIAL),
    ],
  },
})

export default config
