import { type Caller, type ProxyUsers, webHdfsCaller } from './caller.ts'
import { type Answer, type Call, written } from './exchange.ts'
import { type FileTree, summarize } from './file-tree.ts'
import { NO_PARAMETERS, type Parameters } from './parameters.ts'
import { RemoteException } from './remote-exception.ts'

/**
 * The check of the file system. Its first line names who asked, which is `user.name`, else `ugi`, else nobody.
 *
 * Source: org.apache.hadoop.hdfs.server.namenode.{FsckServlet, NamenodeFsck}.
 */
export function fsck(call: Call, form: Parameters | null, tree: FileTree, proxyUsers: ProxyUsers): Answer {
  const path = call.query.first('path') ?? '/'
  try {
    const { user, real } = fsckCaller(call.query, form, proxyUsers)
    const ugi = real === null ? `${user} (auth:SIMPLE)` : `${user} (auth:PROXY) via ${real} (auth:SIMPLE)`
    const address = call.remoteAddress.replace(/^::ffff:/, '')
    const head = `FSCK started by ${ugi} from /${address} for path ${path} at ${javaDate()}\n`
    return written(200, 'text/plain;charset=utf-8', head + report(path, tree))
  } catch (error) {
    if (!(error instanceof RemoteException)) throw error
    return written(error.status, 'text/plain;charset=utf-8', `${error.message}\n`)
  }
}

function fsckCaller(query: Parameters, form: Parameters | null, proxyUsers: ProxyUsers): Caller {
  const named = query.first('user.name') ?? form?.first('user.name') ?? null
  const ugi = query.first('ugi')?.split(',', 1)[0] ?? ''
  if (named !== null || ugi === '') return webHdfsCaller(query, form, proxyUsers)
  const doas = query.firstAnyCase('doas')
  const assumed: Parameters = {
    first: (name) => (name === 'user.name' ? ugi : null),
    firstAnyCase: (name) => (name === 'doas' ? doas : null),
  }
  return webHdfsCaller(NO_PARAMETERS, assumed, proxyUsers)
}

function report(path: string, tree: FileTree): string {
  const node = tree.find(path)
  if (node === null)
    return `FileSystem is inaccessible due to:\njava.io.FileNotFoundException: Path ${path} does not exist\n`
  const { files, folders, bytes } = summarize(node)
  return (
    `\nStatus: HEALTHY\n Number of data-nodes:\t1\n Number of racks:\t\t1\n Total dirs:\t\t\t${folders}\n` +
    ` Total symlinks:\t\t0\n\nReplicated Blocks:\n Total size:\t${bytes} B\n Total files:\t${files}\n\n\n` +
    `The filesystem under path '${path}' is HEALTHY\n`
  )
}

/** `Wed Nov 25 10:08:43 UTC 2026` */
function javaDate(): string {
  const [day, date, month, year, time] = new Date().toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${date} ${time} UTC ${year}`
}
