import type { TestProject } from 'vitest/node'
import { announce, HADOOP_VERSIONS, type HadoopVersion } from './class-path.ts'
import { type Hadoop, type StartedHadoop, startHadoop } from './cluster.ts'
import { whyNoHadoop } from './programs.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Every version, running; without addresses where `whyNoHadoop` says why. */
    hadoop: readonly Hadoop[]
    whyNoHadoop: string | null
  }
}

/**
 * One Hadoop of each version for the whole project: starting one takes 8 s of both cores, so the files share them and
 * keep to folders of their own. What a test wants to change (the policy) is Keddah's, which each file starts itself.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const reason = whyNoHadoop()
  project.provide('whyNoHadoop', reason)
  if (reason !== null) {
    process.stderr.write(`skipped: ${reason}\n`)
    project.provide('hadoop', HADOOP_VERSIONS.map(notRunning))
    return () => Promise.resolve()
  }
  const started: StartedHadoop[] = []
  const stop = async (): Promise<void> => {
    for (const each of started) await each.stop()
    announce('stopped')
  }
  try {
    for (const version of HADOOP_VERSIONS) started.push(await startHadoop(version, { yarn: true }))
  } catch (cause) {
    await stop()
    throw cause
  }
  project.provide(
    'hadoop',
    started.map(({ hadoop }) => hadoop),
  )
  return stop
}

const notRunning = (version: HadoopVersion): Hadoop => ({
  version,
  classPath: '',
  confDir: '',
  logDir: '',
  nameNode: '',
  dataNode: '',
  nameNodeRpc: '',
  resourceManager: '',
  nodeManager: '',
})
