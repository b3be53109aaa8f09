import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/**
 * Closes a run with one plain line, `N passed, N failed, N skipped`. What could not even be collected, and errors
 * outside of tests, count as failures.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      const results = [...module.children.allTests()].map((test) => test.result().state)
      for (const state of results) count[state] += 1
      if (module.state() === 'failed' && !results.includes('failed')) count.failed += 1
    }
    const skipped = count.skipped + count.pending
    process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${skipped} skipped\n`)
  }
}
