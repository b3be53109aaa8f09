import { describe, inject } from 'vitest'
import { HADOOP_VERSIONS, type HadoopVersion } from './class-path.ts'
import type { Hadoop } from './cluster.ts'
import './global-setup.ts'

/**
 * Describes `title` once for each version of Hadoop. Where there is none, `body` still declares its tests, with empty
 * addresses, and all are skipped; the reason stands in the title and on stderr.
 */
export function withHadoop(
  title: string,
  body: (hadoop: Hadoop) => void,
  versions: readonly HadoopVersion[] = HADOOP_VERSIONS,
): void {
  const reason = inject('whyNoHadoop')
  const why = reason === null ? '' : ` (skipped: ${reason})`
  const chosen = inject('hadoop').filter(({ version }) => versions.includes(version))
  describe.skipIf(reason !== null).each(chosen)(`Hadoop $version: ${title}${why}`, (hadoop) => {
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
