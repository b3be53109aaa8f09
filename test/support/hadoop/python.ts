import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { announce, CACHE, makeOnce, run } from './class-path.ts'

/**
 * An independent WebHDFS client: `hdfs` of PyPI. (The npm packages for WebHDFS hang on `request`, which is
 * deprecated and has advisories without a fix.) Exact versions, wheels only, nothing that runs at installation.
 */
const PACKAGES = [
  'hdfs==2.7.0',
  'requests==2.34.2',
  'six==1.17.0',
  'urllib3==2.8.0',
  'idna==3.20',
  'charset-normalizer==3.5.2',
  'certifi==2026.10.19.post1',
]

/** The Python whose packages hold that client; set up in the cache once. */
export async function providePython(): Promise<string> {
  mkdirSync(CACHE, { recursive: true })
  const packages = await makeOnce(join(CACHE, 'python'), async (draft) => {
    announce('fetching the PyPI package hdfs')
    const install = ['-m', 'pip', 'install', '-q', '--no-deps', '--only-binary', ':all:', '--target', draft]
    await run('python3', [...install, ...PACKAGES], CACHE)
  })
  return packages
}
