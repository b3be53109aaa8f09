import type { ResourceAsk, ResourceAsks } from '../ranger/ask.ts'
import { parentOf, type PathReadings, readPath, readPathValue } from './hdfs-paths.ts'
import { badParameter, type QueryParameter } from './query.ts'
import { resourceParameter } from './resource-parameter.ts'
import type { CanonicalTarget } from './target.ts'

/** A daemon that speaks WebHDFS. */
export type HdfsDaemon = 'namenode' | 'router' | 'datanode' | 'httpfs'

/** What is asked on one of the places that an operation concerns. */
interface Part {
  readonly paths: readonly string[]
  readonly action: FsAction
  readonly needs: ResourceAsk['needs']
}

/** An operation that is to be understood. */
interface Operation {
  readonly daemon: HdfsDaemon
  readonly path: PathReadings
  readonly parameters: readonly QueryParameter[]
}

/** What an operation does. `hidden`: a further path of it goes by the number of an inode. */
interface Doing {
  readonly parts: readonly Part[]
  readonly isHidden?: boolean
}

/** Source: org.apache.hadoop.fs.permission.FsAction; RangerAccessControlEnforcer for what is asked. */
const ACCESS_TYPES = {
  READ: ['read'],
  WRITE: ['write'],
  EXECUTE: ['execute'],
  READ_WRITE: ['read', 'write'],
  READ_EXECUTE: ['execute', 'read'],
  WRITE_EXECUTE: ['execute', 'write'],
  ALL: ['execute', 'read', 'write'],
} as const
type FsAction = keyof typeof ACCESS_TYPES

const SYMBOLS: ReadonlyMap<string, FsAction | null> = new Map([
  ['---', null],
  ['r--', 'READ'],
  ['-w-', 'WRITE'],
  ['--x', 'EXECUTE'],
  ['rw-', 'READ_WRITE'],
  ['r-x', 'READ_EXECUTE'],
  ['-wx', 'WRITE_EXECUTE'],
  ['rwx', 'ALL'],
])

const on = (paths: readonly string[], action: FsAction, needs: Part['needs'] = 'allow'): Part => ({
  paths,
  action,
  needs,
})
const parents = (paths: readonly string[]): readonly string[] => paths.map(parentOf)

const onPath =
  (action: FsAction) =>
  ({ path }: Operation): Doing => ({ parts: [on(path.paths, action)] })
const onParent =
  (action: FsAction) =>
  ({ path }: Operation): Doing => ({ parts: [on(parents(path.paths), action)] })
const traverse = ({ path }: Operation): Doing => ({
  parts: [on(parents(path.paths), 'EXECUTE', 'no_deny')],
})
const owner = ({ path }: Operation): Doing => ({ parts: [on(path.paths, 'WRITE', 'no_deny')] })

/** The operations with a path, by what is asked about them; each with its name in the audit of HDFS. */
const ROWS: readonly (readonly [(operation: Operation) => Doing, string])[] = [
  [
    traverse,
    `GETFILESTATUS=getfileinfo GETFILELINKSTATUS=getfileinfo GETLINKTARGET=getfileinfo
      GETACLSTATUS=getAclStatus GETTRASHROOT=getEZForPath`,
  ],
  [
    onPath('READ'),
    `OPEN=open GETFILECHECKSUM=open GET_BLOCK_LOCATIONS=open GETFILEBLOCKLOCATIONS=open GETXATTRS=getXAttrs
      GETSTORAGEPOLICY=getStoragePolicy GETECPOLICY=getErasureCodingPolicy GETSNAPSHOTDIFF=computeSnapshotDiff
      GETSNAPSHOTDIFFLISTING=computeSnapshotDiff`,
  ],
  [
    onPath('READ_EXECUTE'),
    `LISTSTATUS=listStatus LISTSTATUS_BATCH=listStatus GETCONTENTSUMMARY=contentSummary
      GETQUOTAUSAGE=quotaUsage`,
  ],
  [onParent('EXECUTE'), 'LISTXATTRS=listXAttrs'],
  [checkAccess, 'CHECKACCESS=checkAccess'],
  [create, 'CREATE=create'],
  [
    onPath('WRITE'),
    `APPEND=append TRUNCATE=truncate SETREPLICATION=setReplication SETTIMES=setTimes SETXATTR=setXAttr
      REMOVEXATTR=removeXAttr SETSTORAGEPOLICY=setStoragePolicy UNSETSTORAGEPOLICY=unsetStoragePolicy
      SATISFYSTORAGEPOLICY=satisfyStoragePolicy SETECPOLICY=setErasureCodingPolicy
      UNSETECPOLICY=unsetErasureCodingPolicy`,
  ],
  // What a link names is not looked at: WebHDFS follows none, and who follows one asks by the path it leads to.
  [onParent('WRITE'), 'MKDIRS=mkdirs CREATESYMLINK=createSymlink'],
  [rename, 'RENAME=rename'],
  [({ path }) => ({ parts: [on(parents(path.paths), 'WRITE'), on(path.paths, 'ALL')] }), 'DELETE=delete'],
  [concat, 'CONCAT=concat'],
  [
    owner,
    `SETPERMISSION=setPermission SETOWNER=setOwner SETACL=setAcl MODIFYACLENTRIES=modifyAclEntries
      REMOVEACLENTRIES=removeAclEntries REMOVEDEFAULTACL=removeDefaultAcl REMOVEACL=removeAcl
      CREATESNAPSHOT=createSnapshot DELETESNAPSHOT=deleteSnapshot RENAMESNAPSHOT=renameSnapshot`,
  ],
]

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const DOINGS: ReadonlyMap<
  string,
  { readonly action: string; readonly doing: (operation: Operation) => Doing }
> = new Map(
  ROWS.flatMap(([doing, names]) =>
    words(names).map((pair) => {
      const [op = '', action = ''] = pair.split('=')
      return [op, { action, doing }] as const
    }),
  ),
)

/** They concern no path, or one that only a super-user may touch: the lists of the service, and HDFS itself, decide. */
const WITHOUT_PATH: ReadonlySet<string> = new Set(
  words(`ALLOWSNAPSHOT DISALLOWSNAPSHOT SETQUOTA SETQUOTABYSTORAGETYPE ENABLEECPOLICY DISABLEECPOLICY GETECPOLICIES
    GETECCODECS GETSTATUS GETSERVERDEFAULTS GETALLSTORAGEPOLICY GETHOMEDIRECTORY GETTRASHROOTS
    GETSNAPSHOTTABLEDIRECTORYLIST GETSNAPSHOTLIST GETDELEGATIONTOKEN RENEWDELEGATIONTOKEN CANCELDELEGATIONTOKEN
    INSTRUMENTATION`),
)

/**
 * What a WebHDFS operation does to which paths. A proxy knows no inodes: existence, stickiness, owners and what is below
 * a directory are left to HDFS.
 *
 * Shape: `op` in upper case. A path that goes by the number of an inode hides its name: it is `isUnknown`.
 * Errors: `ERR_HTTP_PARAMETER` where a parameter that names a path is missing, malformed, ambiguous or doubled.
 * Source: ranger-policies 9.4 and 9.5; NamenodeWebHdfsMethods, HttpFSServer.
 */
export function hdfsAsks(
  daemon: HdfsDaemon,
  op: string,
  { segments, parameters }: CanonicalTarget,
): ResourceAsks {
  const known = DOINGS.get(op)
  if (known === undefined) return { asks: [], isUnknown: !WITHOUT_PATH.has(op), action: op }
  const path = readPath(segments.slice(2))
  const { parts, isHidden = false } = known.doing({ daemon, path, parameters })
  return {
    asks: parts.flatMap(asksOf),
    isUnknown: path.isHidden || isHidden,
    action: known.action,
  }
}

const asksOf = ({ paths, action, needs }: Part): readonly ResourceAsk[] =>
  [...new Set(paths)].map((path) => ({
    resource: new Map([['path', path]]),
    accessTypes: ACCESS_TYPES[action],
    needs,
    shown: action,
  }))

/** HttpFS would not see a name in another case, and goes by a default of its own. The others would refuse less then. */
const given = ({ daemon, parameters }: Operation, name: string): string | null =>
  resourceParameter(parameters, name, daemon === 'httpfs')

function required(operation: Operation, name: string): string {
  const value = given(operation, name)
  if (value === null || value === '')
    throw badParameter('resource_parameter', `the parameter \`${name}\` is missing or empty`)
  return value
}

/** Source: org.apache.hadoop.hdfs.web.resources.FsActionParam. */
function checkAccess(operation: Operation): Doing {
  const symbol = required(operation, 'fsaction')
  const action = SYMBOLS.get(symbol)
  if (action === undefined)
    throw badParameter(
      'resource_parameter',
      '`fsaction` has to be like `rwx`, with `-` for what is not asked',
    )
  return action === null ? traverse(operation) : { parts: [on(operation.path.paths, action)] }
}

/** Of all flags those that leave a file that is there alone. */
const CREATE_FLAGS: ReadonlySet<string> = new Set(
  words(`CREATE SYNC_BLOCK LAZY_PERSIST NEW_BLOCK NO_LOCAL_WRITE SHOULD_REPLICATE IGNORE_CLIENT_LOCALITY
    NO_LOCAL_RACK`),
)

/**
 * HttpFS overwrites unless it is told not to. A DataNode reads `createflag` too, which may overwrite without `overwrite`.
 *
 * Source: HttpFSParametersProvider.OverwriteParam, org.apache.hadoop.hdfs.server.datanode.web.webhdfs.WebHdfsHandler.
 */
function create(operation: Operation): Doing {
  const { daemon, path } = operation
  const overwrite = given(operation, 'overwrite')
  const flags = given(operation, 'createflag')
  const leavesAlone =
    (overwrite === null ? daemon !== 'httpfs' : overwrite.toLowerCase() === 'false') &&
    (flags === null || flags === '' || flags.split(',').every((flag) => CREATE_FLAGS.has(flag.toUpperCase())))
  const parent = on(parents(path.paths), 'WRITE')
  return { parts: leavesAlone ? [parent] : [parent, on(path.paths, 'WRITE')] }
}

const RENAMES: ReadonlySet<string> = new Set(['', 'NONE', 'OVERWRITE'])

/**
 * Where the destination is a directory, the source goes into it: nobody may be denied to write there.
 *
 * Source: org.apache.hadoop.hdfs.server.namenode.FSDirRenameOp#renameTo.
 */
function rename(operation: Operation): Doing {
  const { path } = operation
  const target = readPathValue('destination', required(operation, 'destination'))
  const options = (given(operation, 'renameoptions') ?? '').split(',').map((one) => one.trim().toUpperCase())
  const parts = [
    on(parents(path.paths), 'WRITE'),
    on(parents(target.paths), 'WRITE'),
    on(target.paths, 'WRITE', 'no_deny'),
  ]
  if (!options.every((option) => RENAMES.has(option))) parts.push(on(path.paths, 'ALL'))
  return { parts, isHidden: target.isHidden }
}

function concat(operation: Operation): Doing {
  const sources = required(operation, 'sources')
    .split(',')
    .map((source) => readPathValue('sources', source))
  return {
    parts: [
      on(operation.path.paths, 'WRITE'),
      ...sources.flatMap(({ paths }) => [on(parents(paths), 'WRITE'), on(paths, 'READ')]),
    ],
    isHidden: sources.some(({ isHidden }) => isHidden),
  }
}
