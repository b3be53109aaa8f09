import { describe, inject } from 'vitest'
import type { Hadoop } from './cluster.ts'
import './global-setup.ts'

/**
 * Describes `title` once for each version of Hadoop. Where there is none, `body` still declares its tests, with empty
 * addresses, and all are skipped; the reason stands in the title and on stderr.
 */
export function withHadoop(title: string, body: (hadoop: Hadoop) => void): void {
  const reason = inject('whyNoHadoop')
  const why = reason === null ? '' : ` (skipped: ${reason})`
  describe.skipIf(reason !== null).each(inject('hadoop'))(`Hadoop $version: ${title}${why}`, (hadoop) => {
    body(hadoop)
  })
}

/** Describes `title` for daemons that the tests start themselves; skipped, with the reason, where they cannot run. */
export function whereHadoopRuns(title: string, body: () => void): void {
  const reason = inject('whyNoHadoop')
  const why = reason === null ? '' : ` (skipped: ${reason})`
  describe.skipIf(reason !== null)(`${title}${why}`, () => {
    body()
  })
}
