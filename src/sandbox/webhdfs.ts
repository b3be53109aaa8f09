import type { Caller } from './caller.ts'
import { type Answer, type Call, empty, errorPage } from './exchange.ts'
import type { NameSpace } from './name-space.ts'
import { flag, json, OPERATIONS, permissionOf, whole } from './operations.ts'
import { decode, type Parameters } from './parameters.ts'
import { illegalArgument, ioException, notFound, unsupported } from './remote-exception.ts'

const ROOT = '/webhdfs/v1'

/** Operations of WebHDFS by method; those that `OPERATIONS` lacks are answered as not supported. */
const KNOWN: Readonly<Record<string, ReadonlySet<string>>> = {
  GET: words(
    `OPEN GETFILECHECKSUM GETDELEGATIONTOKEN GETFILESTATUS LISTSTATUS LISTSTATUS_BATCH GETCONTENTSUMMARY GETQUOTAUSAGE
    GETHOMEDIRECTORY GET_BLOCK_LOCATIONS GETFILEBLOCKLOCATIONS GETACLSTATUS GETXATTRS LISTXATTRS GETTRASHROOT
    GETTRASHROOTS GETALLSTORAGEPOLICY GETSTORAGEPOLICY GETECPOLICY GETECPOLICIES GETECCODECS CHECKACCESS
    GETSERVERDEFAULTS GETSNAPSHOTDIFF GETSNAPSHOTDIFFLISTING GETSNAPSHOTTABLEDIRECTORYLIST GETSNAPSHOTLIST
    GETLINKTARGET GETFILELINKSTATUS GETSTATUS`,
  ),
  PUT: words(
    `CREATE MKDIRS CREATESYMLINK RENAME SETREPLICATION SETOWNER SETPERMISSION SETTIMES MODIFYACLENTRIES
    REMOVEACLENTRIES REMOVEDEFAULTACL REMOVEACL SETACL SETXATTR REMOVEXATTR ENABLEECPOLICY DISABLEECPOLICY
    SETECPOLICY ALLOWSNAPSHOT DISALLOWSNAPSHOT CREATESNAPSHOT RENAMESNAPSHOT SETSTORAGEPOLICY
    SATISFYSTORAGEPOLICY SETQUOTA SETQUOTABYSTORAGETYPE RENEWDELEGATIONTOKEN CANCELDELEGATIONTOKEN`,
  ),
  POST: words('APPEND CONCAT TRUNCATE UNSETSTORAGEPOLICY UNSETECPOLICY'),
  DELETE: words('DELETE DELETESNAPSHOT'),
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/))
}

/** Operations that end at the DataNode, with the parameters they hand on in the order of their names. */
const REDIRECTED: ReadonlyMap<string, (query: Parameters) => readonly (readonly [string, string])[]> =
  new Map([
    ['PUT CREATE', createParameters],
    ['POST APPEND', (query: Parameters) => numbers(query, ['buffersize'])],
    ['GET OPEN', openParameters],
    ['GET GETFILECHECKSUM', () => []],
  ])

/** Says whether a path, as servlets are matched, is WebHDFS. */
export const isWebHdfs = (path: string): boolean => path === ROOT || path.startsWith(`${ROOT}/`)

/**
 * The file that a request names. `..` behind the root of WebHDFS is a name like any other.
 *
 * Errors: `UndecodableError`.
 */
export function webHdfsPath({ rawPath, path }: Pick<Call, 'rawPath' | 'path'>): string {
  const raw = decode(rawPath.replaceAll(/;[^/]*/g, ''))
  const inside = (isWebHdfs(raw) ? raw : path).slice(ROOT.length)
  return inside.length > 1 && inside.endsWith('/') ? inside.slice(0, -1) : inside || '/'
}

/**
 * Answers one request to WebHDFS of the NameNode.
 *
 * Errors: `RemoteException`.
 */
export function answerWebHdfs(call: Call, caller: Caller, nameSpace: NameSpace, dataNode: string): Answer {
  const { query } = call
  const method = call.method === 'HEAD' ? 'GET' : call.method
  const known = KNOWN[method]
  if (known === undefined)
    return errorPage(405, call.rawPath, undefined, { Allow: 'OPTIONS,HEAD,DELETE,POST,GET,PUT' })
  const op = (query.firstAnyCase('op') ?? '').toUpperCase()
  if (op === '') throw unsupported('op=NULL is not supported')
  if (!known.has(op))
    throw illegalArgument(
      `Invalid value for webhdfs parameter "op": ${op} is not a valid ${method} operation.`,
    )
  const path = webHdfsPath(call)
  const parameters = REDIRECTED.get(`${method} ${op}`)
  if (parameters === undefined) {
    const operation = OPERATIONS.get(`${method} ${op}`)
    if (operation === undefined) throw unsupported(`${op} is not supported`)
    return operation({ ...nameSpace, path, query, user: caller.user })
  }
  const rest = parameters(query)
  if (op !== 'CREATE') checkReadable(op, path, query, nameSpace)
  const location = locate({ dataNode, path, op, query, rest, rpcAddress: nameSpace.rpcAddress })
  return flag(query, 'noredirect', false) ? json({ Location: location }) : empty(307, { Location: location })
}

function checkReadable(op: string, path: string, query: Parameters, { tree }: NameSpace): void {
  const node = tree.find(path)
  if (node === null) throw notFound(`File ${path} not found.`)
  if (op === 'OPEN' && node.kind === 'file') checkOffset(path, whole(query, 'offset', 0), node.content.length)
}

/** Errors: `RemoteException`, 403, for an offset behind the end. */
export function checkOffset(path: string, offset: number, length: number): void {
  if (offset < 0 || (offset >= length && length > 0))
    throw ioException(
      'java.io.IOException',
      `Offset=${offset} out of the range [0, ${length}); OPEN, path=${path}`,
    )
}

/**
 * The address at the DataNode: op, identity, NameNode, then the rest by name. Only what the query says about the
 * identity is handed on.
 *
 * Source: org.apache.hadoop.hdfs.server.namenode.web.resources.NamenodeWebHdfsMethods#redirectURI.
 */
function locate(at: {
  dataNode: string
  path: string
  op: string
  query: Parameters
  rest: readonly (readonly [string, string])[]
  rpcAddress: string
}): string {
  const identity = [
    ['doas', at.query.firstAnyCase('doas')],
    ['user.name', at.query.first('user.name')],
  ].flatMap(([name, value]) => (value === null || value === undefined ? [] : [`${name}=${encode(value)}`]))
  const rest = at.rest.map(([name, value]) => `${name}=${encode(value)}`)
  const query = [`op=${at.op}`, ...identity, `namenoderpcaddress=${at.rpcAddress}`, ...rest].join('&')
  return `${at.dataNode}${ROOT}${at.path.split('/').map(encode).join('/')}?${query}`
}

/** As `encodeURIComponent`, but what a path and a query may hold as it is stays so. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/%(?:3A|40|24|2C)/g, decodeURIComponent)
}

function numbers(query: Parameters, names: readonly string[]): (readonly [string, string])[] {
  return names.flatMap((name) => {
    const value = whole(query, name, -1)
    return value < 0 ? [] : [[name, String(value)] as const]
  })
}

function createParameters(query: Parameters): readonly (readonly [string, string])[] {
  const permission = permissionOf(query, '')
  return [
    ...numbers(query, ['blocksize', 'buffersize']),
    ['createflag', query.firstAnyCase('createflag') ?? ''],
    ['createparent', String(flag(query, 'createparent', true))],
    ['overwrite', String(flag(query, 'overwrite', false))],
    ...(permission === '' ? [] : [['permission', permission] as const]),
    ...numbers(query, ['replication']),
  ]
}

function openParameters(query: Parameters): readonly (readonly [string, string])[] {
  return [...numbers(query, ['buffersize', 'length']), ['offset', String(whole(query, 'offset', 0))]]
}
