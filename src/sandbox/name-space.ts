import { STATIC_USER } from './caller.ts'
import { symbolic } from './file-json.ts'
import { FileTree, joinPath, namesOf } from './file-tree.ts'
import { ioException } from './remote-exception.ts'

/** What NameNode and DataNode share: the files, and the RPC address under which they know each other. */
export interface NameSpace {
  readonly tree: FileTree
  readonly rpcAddress: string
}

/** `dfs.blocksize` of Hadoop, in bytes. */
export const BLOCK_SIZE = 134_217_728

/** The files that are there at the start. */
export function createTree(): FileTree {
  const tree = new FileTree()
  const file = (path: string, owner: string, text: string): void =>
    tree.write(path, Buffer.from(text), {
      owner,
      permission: '644',
      overwrite: false,
      createParent: true,
      replication: 1,
      blockSize: BLOCK_SIZE,
    })
  tree.makeFolders('/data/sales', 'hdfs', '755')
  tree.makeFolders('/tmp', 'hdfs', '1777')
  tree.makeFolders('/user', 'hdfs', '755')
  tree.makeFolders('/user/alice', 'alice', '755')
  tree.makeFolders('/user/bob', 'bob', '755')
  file('/data/sales/2026.csv', 'hdfs', 'month,region,amount\n2026-01,north,1200\n2026-02,south,980\n')
  file(
    '/user/alice/welcome.txt',
    'alice',
    'This file is in the sandbox: it is gone when the sandbox stops.\n',
  )
  return tree
}

/**
 * The one rule about rights: nobody in particular writes below `/tmp` only. So a refusal of the daemon can be told
 * from one of whoever stands in front of it.
 *
 * Errors: `RemoteException` (AccessControlException) as HDFS has it.
 * Source: org.apache.hadoop.hdfs.server.namenode.FSPermissionChecker#toAccessControlString.
 */
export function checkWrite(tree: FileTree, path: string, user: string): void {
  const names = namesOf(path)
  if (user !== STATIC_USER || (names[0] === 'tmp' && names.length > 1)) return
  const { path: inode, node } = tree.nearest(joinPath(names.slice(0, -1)))
  const mode = `${node.owner}:${node.group}:${symbolic(node)}`
  throw ioException(
    'org.apache.hadoop.security.AccessControlException',
    `Permission denied: user=${user}, access=WRITE, inode="${inode}":${mode}`,
  )
}
