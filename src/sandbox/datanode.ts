import { type Caller, type ProxyUsers, webHdfsCaller } from './caller.ts'
import { type Answer, type AnswerHeaders, type Call, errorPage, escapeMarkup } from './exchange.ts'
import { fileChecksum } from './file-checksum.ts'
import { BLOCK_SIZE, checkWrite, type NameSpace } from './name-space.ts'
import { flag, permissionOf, whole } from './operations.ts'
import { commonPage, type DaemonFacts, forwardPage, page } from './pages.ts'
import { illegalArgument, ioException, RemoteException, webHdfsJson } from './remote-exception.ts'
import { checkOffset, isWebHdfs, webHdfsPath } from './webhdfs.ts'

interface DataNodeOptions {
  readonly nameSpace: NameSpace
  readonly proxyUsers: ProxyUsers
}

const ANY_ORIGIN = { 'access-control-allow-origin': '*' }
const TRACE =
  '\n\tat org.apache.hadoop.hdfs.server.namenode.INodeFile.valueOf(INodeFile.java:87)' +
  '\n\tat org.apache.hadoop.ipc.Server$Handler.run(Server.java:3203)\n'
const FACTS: DaemonFacts = {
  beans: () => [
    {
      name: 'Hadoop:service=DataNode,name=DataNodeInfo',
      modelerType: 'org.apache.hadoop.hdfs.server.datanode.DataNode',
      XceiverCount: 1,
      SecurityEnabled: false,
    },
  ],
  settings: { 'hadoop.security.authentication': 'simple' },
}

/**
 * The DataNode: the second step of CREATE, APPEND, OPEN and GETFILECHECKSUM, without any authentication. It closes
 * the connection after every answer.
 *
 * Source: org.apache.hadoop.hdfs.server.datanode.web.webhdfs.WebHdfsHandler.
 */
export function createDataNode(options: DataNodeOptions): (call: Call) => Promise<Answer> {
  return async (call) => {
    if (!isWebHdfs(call.path)) return closing(servePage(call))
    try {
      return await answerFiles(call, options)
    } catch (error) {
      if (error instanceof RemoteException) return refused(error)
      throw error
    }
  }
}

async function answerFiles(call: Call, options: DataNodeOptions): Promise<Answer> {
  const { query, method } = call
  const op = (query.firstAnyCase('op') ?? '').toUpperCase()
  const { nameSpace } = options
  if (method === 'OPTIONS' && op === 'CREATE') return preflight()
  const act = ACTIONS.get(`${method} ${op}`)
  if (act === undefined) throw illegalArgument(`Invalid operation ${op}`)
  const caller = webHdfsCaller(query, null, options.proxyUsers)
  checkNameNode(query.firstAnyCase('namenoderpcaddress'), nameSpace)
  return act(call, caller, webHdfsPath(call), nameSpace)
}

type Action = (call: Call, caller: Caller, path: string, nameSpace: NameSpace) => Answer | Promise<Answer>

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['PUT CREATE', create],
  ['POST APPEND', append],
  ['GET OPEN', open],
  ['GET GETFILECHECKSUM', checksum],
])

async function create(call: Call, { user }: Caller, path: string, nameSpace: NameSpace): Promise<Answer> {
  const { query } = call
  const { tree, rpcAddress } = nameSpace
  call.sendContinue()
  const options = {
    owner: user,
    permission: permissionOf(query, '644'),
    overwrite: flag(query, 'overwrite', false),
    createParent: flag(query, 'createparent', true),
    replication: whole(query, 'replication', 1),
    blockSize: Math.max(whole(query, 'blocksize', BLOCK_SIZE), 1),
  }
  checkWrite(tree, path, user)
  await upload(call, nameSpace, (content) => tree.write(path, content, options))
  return answer(201, { location: `hdfs://${rpcAddress}${encodeURI(path)}`, ...ANY_ORIGIN })
}

async function append(call: Call, { user }: Caller, path: string, nameSpace: NameSpace): Promise<Answer> {
  call.sendContinue()
  checkWrite(nameSpace.tree, path, user)
  nameSpace.tree.file(path)
  await upload(call, nameSpace, (content) => nameSpace.tree.append(path, content))
  return answer(200, {})
}

/** Reads the body, counting every byte before it is kept. */
async function upload(call: Call, { tree }: NameSpace, store: (content: Buffer) => void): Promise<void> {
  let held = 0
  let content: Buffer
  try {
    content = await call.read((bytes) => {
      tree.hold(bytes)
      held += bytes
    })
  } finally {
    tree.release(held)
  }
  store(content)
}

function open({ query }: Call, _caller: Caller, path: string, { tree }: NameSpace): Answer {
  const { content } = tree.file(path)
  const offset = whole(query, 'offset', 0)
  const length = whole(query, 'length', content.length)
  checkOffset(path, offset, content.length)
  if (length < 0) throw illegalArgument(`Invalid value for webhdfs parameter "length": ${length} < 0`)
  return answer(
    200,
    {
      'access-control-allow-methods': 'GET',
      ...ANY_ORIGIN,
      'content-type': 'application/octet-stream',
    },
    content.subarray(offset, offset + length),
  )
}

function checksum(_call: Call, _caller: Caller, path: string, { tree }: NameSpace): Answer {
  const { content, blockSize } = tree.file(path)
  return answer(
    200,
    { 'content-type': 'application/json; charset=utf-8' },
    JSON.stringify(fileChecksum(content, blockSize)),
  )
}

/**
 * A real DataNode connects to whatever NameNode the parameter names. This one connects to nobody: it says what a
 * real one says when nobody listens there.
 *
 * Errors: `RemoteException`, 400 without the parameter, 403 for another NameNode.
 */
function checkNameNode(address: string | null, { rpcAddress }: NameSpace): void {
  if (address === null || address === '') throw illegalArgument('java.net.UnknownHostException: null')
  if (address !== rpcAddress)
    throw ioException(
      'java.net.ConnectException',
      `Call From localhost/127.0.0.1 to ${address} failed on connection exception: java.net.ConnectException: ` +
        'Connection refused; For more details see:  http://wiki.apache.org/hadoop/ConnectionRefused',
    )
}

function refused(error: RemoteException): Answer {
  const traced =
    error.status === 404 ? new RemoteException(404, error.javaClass, error.message + TRACE) : error
  return answer(error.status, { 'content-type': 'application/json; charset=utf-8' }, webHdfsJson(traced))
}

const answer = (status: number, headers: AnswerHeaders, body: string | Buffer = ''): Answer => ({
  status,
  headers: { ...headers, connection: 'close' },
  body,
  chunked: false,
})

const preflight = (): Answer => ({
  status: 200,
  headers: {
    ...ANY_ORIGIN,
    'access-control-allow-headers': 'accept',
    'access-control-allow-methods': 'PUT',
    'access-control-max-age': '1728000',
    connection: 'keep-alive',
  },
  body: '',
  chunked: false,
})

/** Every other page comes from a web server inside, through the same front. */
function servePage(call: Call): Answer {
  const { path, rawPath } = call
  if (path === '/' || path === '/index.html') return forwardPage('datanode.html')
  if (path === '/datanode.html') return page('DataNode', `<p>${escapeMarkup(call.headers.host ?? '')}</p>`)
  if (path === '/logLevel' || path.startsWith('/logs/')) return errorPage(403, rawPath)
  return commonPage(call, FACTS) ?? errorPage(404, rawPath)
}

const closing = (reply: Answer): Answer => ({ ...reply, headers: { ...reply.headers, connection: 'close' } })
