import { defineConfig, type ViteUserConfig } from 'vitest/config'

/**
 * One project per folder of `test/`. `npm test` runs the first four, which need nothing but Node;
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

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/*.test.ts'], 30_000),
      project('property', ['test/property/**/*.test.ts'], 60_000),
      project('conformance', ['test/conformance/**/*.test.ts'], 60_000),
      project('e2e', ['test/e2e/**/*.test.ts'], 60_000),
      project('hadoop', ['test/hadoop/**/*.test.ts'], 600_000, {
        ...SERIAL,
        globalSetup: ['test/support/hadoop/global-setup.ts'],
      }),
      project('integration', ['test/integration/**/*.test.ts'], 300_000, SERIAL),
    ],
  },
})

export default config
