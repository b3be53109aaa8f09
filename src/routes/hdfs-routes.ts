import type { DaemonRoutes, OperationGroup, RouteGroup } from './route.ts'

/**
 * The daemons of HDFS, HttpFS and KMS: what they answer, and the policy key that decides. Hadoop applies no key to
 * HTTP, so every key is ours. `{name}` is one segment, a trailing `{path}` all that follows.
 *
 * Source: Hadoop trunk 4e6432a0 (HttpServer2, NameNodeHttpServer, NamenodeWebHdfsMethods, WebHdfsHandler,
 * HttpFSFileSystem, KMS).
 */
const CLIENT = 'security.client.protocol.acl'
const DATANODE_CLIENT = 'security.client.datanode.protocol.acl'
const OPERATIONS = 'security.admin.operations.protocol.acl'

const monitor = { service: OPERATIONS, surface: 'page', kind: 'monitor', method: 'GET' } as const
const admin = { service: OPERATIONS, surface: 'page', kind: 'admin', method: 'GET' } as const
const health = { service: null, surface: 'page', kind: 'health', method: 'GET' } as const

/** Pages of every daemon that is built on HttpServer2. `/logLevel` changes the level when `level` is given. */
export const COMMON_PAGES: readonly RouteGroup[] = [
  { ...monitor, paths: '/jmx /conf /stacks /prom /logs/{path}' },
  { ...admin, paths: '/prof /prof-output-hadoop/{path} /logLevel' },
]

const NAMENODE_OPERATIONS: readonly OperationGroup[] = [
  { method: 'GET', kind: 'redirect', service: CLIENT, names: 'OPEN GETFILECHECKSUM' },
  { method: 'GET', kind: 'token', service: CLIENT, names: 'GETDELEGATIONTOKEN' },
  {
    method: 'GET',
    kind: 'read',
    service: CLIENT,
    names: `GETFILESTATUS LISTSTATUS LISTSTATUS_BATCH GETCONTENTSUMMARY GETQUOTAUSAGE GETHOMEDIRECTORY
      GET_BLOCK_LOCATIONS GETFILEBLOCKLOCATIONS GETACLSTATUS GETXATTRS LISTXATTRS GETTRASHROOT GETTRASHROOTS
      GETALLSTORAGEPOLICY GETSTORAGEPOLICY GETECPOLICY GETECPOLICIES GETECCODECS CHECKACCESS GETSERVERDEFAULTS
      GETSNAPSHOTDIFF GETSNAPSHOTDIFFLISTING GETSNAPSHOTTABLEDIRECTORYLIST GETSNAPSHOTLIST GETLINKTARGET
      GETFILELINKSTATUS GETSTATUS`,
  },
  { method: 'PUT', kind: 'redirect', service: CLIENT, names: 'CREATE' },
  { method: 'PUT', kind: 'token', service: CLIENT, names: 'RENEWDELEGATIONTOKEN CANCELDELEGATIONTOKEN' },
  {
    method: 'PUT',
    kind: 'write',
    service: CLIENT,
    names: `MKDIRS CREATESYMLINK RENAME SETREPLICATION SETOWNER SETPERMISSION SETTIMES MODIFYACLENTRIES
      REMOVEACLENTRIES REMOVEDEFAULTACL REMOVEACL SETACL SETXATTR REMOVEXATTR ENABLEECPOLICY DISABLEECPOLICY
      SETECPOLICY ALLOWSNAPSHOT DISALLOWSNAPSHOT CREATESNAPSHOT RENAMESNAPSHOT SETSTORAGEPOLICY
      SATISFYSTORAGEPOLICY SETQUOTA SETQUOTABYSTORAGETYPE`,
  },
  { method: 'POST', kind: 'redirect', service: CLIENT, names: 'APPEND' },
  {
    method: 'POST',
    kind: 'write',
    service: CLIENT,
    names: 'CONCAT TRUNCATE UNSETSTORAGEPOLICY UNSETECPOLICY',
  },
  { method: 'DELETE', kind: 'write', service: CLIENT, names: 'DELETE DELETESNAPSHOT' },
]

const clientPage = { service: CLIENT, surface: 'page', kind: 'ui', method: 'GET' } as const
const imageTransfer = { service: 'security.namenode.protocol.acl', surface: 'page', kind: 'service' } as const

/** `/fsck` deletes and moves files when its parameters say so. */
export const NAMENODE: DaemonRoutes = {
  operations: { dialect: 'namenode', groups: NAMENODE_OPERATIONS },
  groups: [
    ...COMMON_PAGES,
    {
      ...clientPage,
      paths: `/ /index.html /dfshealth.html /dfshealth.js /dfshealth.jsp /explorer.html /explorer.js /snapshot.js
        /favicon.ico /static/{path} /startupProgress /topology`,
    },
    { ...health, paths: '/isActive' },
    { ...admin, paths: '/fsck' },
    { ...imageTransfer, method: 'GET', paths: '/imagetransfer' },
    { ...imageTransfer, method: 'PUT', paths: '/imagetransfer' },
  ],
}

/** The router of router-based federation. */
export const ROUTER: DaemonRoutes = {
  operations: { dialect: 'namenode', groups: NAMENODE_OPERATIONS },
  groups: [
    ...COMMON_PAGES,
    {
      ...clientPage,
      paths: `/ /index.html /federationhealth.html /federationhealth.js /explorer.html /explorer.js /favicon.ico
        /static/{path} /routerNetworkTopology`,
    },
    { ...health, paths: '/isActive' },
    { ...admin, paths: '/fsck' },
  ],
}

/** The second step of reading and writing. A browser asks with OPTIONS before it creates a file. */
export const DATANODE: DaemonRoutes = {
  operations: {
    dialect: 'datanode',
    groups: [
      { method: 'GET', kind: 'read', service: DATANODE_CLIENT, names: 'OPEN GETFILECHECKSUM' },
      { method: 'PUT', kind: 'write', service: DATANODE_CLIENT, names: 'CREATE' },
      { method: 'POST', kind: 'write', service: DATANODE_CLIENT, names: 'APPEND' },
      { method: 'OPTIONS', kind: 'preflight', service: null, names: 'CREATE' },
    ],
  },
  groups: [
    ...COMMON_PAGES,
    {
      ...clientPage,
      service: DATANODE_CLIENT,
      paths: '/ /index.html /datanode.html /dn.js /favicon.ico /static/{path}',
    },
    { ...monitor, paths: '/blockScannerReport' },
  ],
}

/** Edits are fetched by NameNodes and other JournalNodes. */
export const JOURNALNODE: DaemonRoutes = {
  groups: [
    ...COMMON_PAGES,
    {
      service: 'security.qjournal.service.protocol.acl',
      surface: 'page',
      kind: 'service',
      method: 'GET',
      paths: '/getJournal',
    },
  ],
}

/** Serves the data itself: reading and creating redirect nowhere else. */
export const HTTPFS: DaemonRoutes = {
  operations: {
    dialect: 'httpfs',
    groups: [
      {
        method: 'GET',
        kind: 'read',
        service: CLIENT,
        names: `OPEN GETFILESTATUS LISTSTATUS LISTSTATUS_BATCH GETHOMEDIRECTORY GETCONTENTSUMMARY GETQUOTAUSAGE
          GETFILECHECKSUM GET_BLOCK_LOCATIONS GETFILEBLOCKLOCATIONS INSTRUMENTATION GETACLSTATUS GETTRASHROOT
          GETTRASHROOTS GETXATTRS LISTXATTRS GETALLSTORAGEPOLICY GETSTORAGEPOLICY GETECPOLICY GETECPOLICIES
          GETECCODECS CHECKACCESS GETSERVERDEFAULTS GETSNAPSHOTDIFF GETSNAPSHOTDIFFLISTING
          GETSNAPSHOTTABLEDIRECTORYLIST GETSNAPSHOTLIST GETFILELINKSTATUS GETSTATUS`,
      },
      { method: 'GET', kind: 'token', service: CLIENT, names: 'GETDELEGATIONTOKEN' },
      {
        method: 'PUT',
        kind: 'write',
        service: CLIENT,
        names: `CREATE MKDIRS RENAME SETOWNER SETPERMISSION SETREPLICATION SETTIMES MODIFYACLENTRIES
          REMOVEACLENTRIES REMOVEDEFAULTACL REMOVEACL SETACL SETXATTR REMOVEXATTR SETSTORAGEPOLICY
          SATISFYSTORAGEPOLICY ALLOWSNAPSHOT DISALLOWSNAPSHOT CREATESNAPSHOT RENAMESNAPSHOT SETECPOLICY`,
      },
      { method: 'PUT', kind: 'token', service: CLIENT, names: 'RENEWDELEGATIONTOKEN CANCELDELEGATIONTOKEN' },
      {
        method: 'POST',
        kind: 'write',
        service: CLIENT,
        names: 'APPEND CONCAT TRUNCATE UNSETSTORAGEPOLICY UNSETECPOLICY',
      },
      { method: 'DELETE', kind: 'write', service: CLIENT, names: 'DELETE DELETESNAPSHOT' },
    ],
  },
  groups: COMMON_PAGES,
}

const keys = { service: 'security.kms.protocol.acl', surface: 'kms', under: '/kms/v1' } as const

/** KMS goes on deciding by its own lists behind us. */
export const KMS: DaemonRoutes = {
  groups: [
    ...COMMON_PAGES,
    {
      ...keys,
      kind: 'read',
      method: 'GET',
      paths: `/keys/metadata /keys/names /key/{name} /key/{name}/_metadata /key/{name}/_currentversion
        /key/{name}/_versions /key/{name}/_eek /keyversion/{version}`,
    },
    {
      ...keys,
      kind: 'write',
      method: 'POST',
      paths: `/keys /key/{name} /key/{name}/_invalidatecache /key/{name}/_reencryptbatch
        /keyversion/{version}/_eek`,
    },
    { ...keys, kind: 'write', method: 'DELETE', paths: '/key/{name}' },
  ],
}
