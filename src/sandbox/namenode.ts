import { filter, type Filtered, type ProxyUsers, webHdfsCaller } from './caller.ts'
import { createCookieSigner } from './cookie.ts'
import { type Answer, type Call, errorPage, written } from './exchange.ts'
import { summarize } from './file-tree.ts'
import { fsck } from './fsck.ts'
import { withJettyHeaders } from './jetty.ts'
import type { NameSpace } from './name-space.ts'
import { activePage, commonPage, type DaemonFacts, forwardPage, page } from './pages.ts'
import { type Parameters, parseParameters } from './parameters.ts'
import { RemoteException, webHdfsJson } from './remote-exception.ts'
import { answerWebHdfs, isWebHdfs } from './webhdfs.ts'

interface NameNodeOptions {
  readonly nameSpace: NameSpace
  readonly dataNode: string
  readonly proxyUsers: ProxyUsers
}

const MAX_FORM = 200_000
const WADL =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' +
  '<application xmlns="http://wadl.dev.java.net/2009/02"><resources base="/webhdfs/v1/"><resource path="{path:.*}">' +
  ['user.name', 'doas', 'delegation', 'op'].map((name) => `<param name="${name}" style="query"/>`).join('') +
  '</resource></resources></application>\n'

/**
 * The NameNode: WebHDFS and a few pages, believing whom `user.name` names, as it does in simple mode.
 *
 * Source: org.apache.hadoop.hdfs.server.namenode.NameNodeHttpServer, org.apache.hadoop.hdfs.web.AuthFilter.
 */
export function createNameNode(options: NameNodeOptions): (call: Call) => Promise<Answer> {
  const { nameSpace, dataNode, proxyUsers } = options
  const cookies = createCookieSigner('simple')
  const facts = factsOf(nameSpace)
  return async (call) => {
    if (call.method === 'TRACE') return withJettyHeaders(errorPage(405, call.rawPath), {})
    const webHdfs = isWebHdfs(call.path)
    const form = await readForm(call)
    // A request with `delegation` is looked into later, and in simple mode that is never.
    const skipped = webHdfs && (call.query.firstAnyCase('delegation') ?? '') !== ''
    const who: Filtered | Answer = skipped
      ? { user: null, setCookie: null }
      : filter(call, cookies, proxyUsers, form)
    if ('status' in who) return withJettyHeaders(who, {})
    const answer = webHdfs ? answerFiles(call, form) : answerPage(call, form)
    return withJettyHeaders(answer, who.setCookie === null ? {} : { 'Set-Cookie': who.setCookie })
  }

  function answerFiles(call: Call, form: Parameters | null): Answer {
    if (call.method === 'OPTIONS')
      return written(200, 'application/vnd.sun.wadl+xml', WADL, { Allow: 'OPTIONS,HEAD,DELETE,POST,GET,PUT' })
    try {
      return answerWebHdfs(call, webHdfsCaller(call.query, form, proxyUsers), nameSpace, dataNode)
    } catch (error) {
      if (!(error instanceof RemoteException)) throw error
      return written(error.status, 'application/json', webHdfsJson(error))
    }
  }

  function answerPage(call: Call, form: Parameters | null): Answer {
    const { path, rawPath } = call
    if (call.method !== 'GET' && call.method !== 'HEAD')
      return errorPage(405, rawPath, 'HTTP method not supported', { Allow: 'GET, HEAD, OPTIONS' })
    if (path === '/' || path === '/index.html') return forwardPage('dfshealth.html')
    if (path === '/dfshealth.html') return healthPage(nameSpace)
    if (path === '/explorer.html')
      return page('Browse Directory', '<p>Ask <code>/webhdfs/v1/?op=LISTSTATUS</code>.</p>')
    if (path === '/isActive') return activePage()
    if (path === '/fsck') return fsck(call, form, nameSpace.tree, proxyUsers)
    if (path === '/startupProgress')
      return written(
        200,
        'application/json; charset=UTF-8',
        '{"elapsedTime":1,"percentComplete":1,"phases":[]}',
      )
    if (path === '/topology')
      return written(200, 'text/plain; charset=utf-8', `Rack: /default-rack\n   ${new URL(dataNode).host}\n`)
    if (path === '/imagetransfer') return image(call)
    if (path === '/logLevel' || path === '/logs' || path.startsWith('/logs/'))
      return errorPage(403, rawPath, 'Unauthenticated users are not authorized to access this page.')
    return commonPage(call, facts) ?? errorPage(404, rawPath)
  }
}

/** A form body counts for PUT and POST alone, and only where it is declared as one. */
async function readForm(call: Call): Promise<Parameters | null> {
  const type = (call.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if ((call.method !== 'PUT' && call.method !== 'POST') || type !== 'application/x-www-form-urlencoded')
    return null
  let length = 0
  const body = await call.read((bytes) => {
    length += bytes
    if (length > MAX_FORM) throw new RangeError(`Form is larger than max length ${MAX_FORM}`)
  })
  return parseParameters(body.toString('utf8'))
}

function healthPage({ tree, rpcAddress }: NameSpace): Answer {
  const root = tree.find('/')
  const { files, folders, bytes } = root === null ? { files: 0, folders: 0, bytes: 0 } : summarize(root)
  return page(
    `Overview '${rpcAddress}' (active)`,
    `<p>${files} files and ${folders} directories, ${bytes} bytes. Security is off. Safemode is off.</p>`,
  )
}

function image(call: Call): Answer {
  if (call.query.first('getimage') === null)
    return errorPage(500, call.rawPath, 'GetImage failed. java.io.IOException: Illegal parameters')
  return written(200, 'application/octet-stream', 'HDFSIMG1')
}

function factsOf({ tree, rpcAddress }: NameSpace): DaemonFacts {
  return {
    beans: () => {
      const root = tree.find('/')
      const { files, folders, bytes } = root === null ? { files: 0, folders: 0, bytes: 0 } : summarize(root)
      return [
        {
          name: 'Hadoop:service=NameNode,name=NameNodeStatus',
          modelerType: 'org.apache.hadoop.hdfs.server.namenode.NameNode',
          NNRole: 'NameNode',
          HostAndPort: rpcAddress,
          SecurityEnabled: false,
          State: 'active',
        },
        {
          name: 'Hadoop:service=NameNode,name=FSNamesystemState',
          modelerType: 'org.apache.hadoop.hdfs.server.namenode.FSNamesystem',
          FilesTotal: files + folders,
          CapacityUsed: bytes,
          NumLiveDataNodes: 1,
          NumDeadDataNodes: 0,
        },
      ]
    },
    settings: {
      'fs.defaultFS': `hdfs://${rpcAddress}`,
      'hadoop.security.authentication': 'simple',
      'hadoop.security.authorization': 'true',
      'hadoop.http.staticuser.user': 'dr.who',
    },
  }
}
