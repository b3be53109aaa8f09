import { type FileNode, type Folder, type StoredFile, summarize } from './file-tree.ts'

const EMPTY_BLOCK = 0

/**
 * One file status, keys in alphabetical order.
 *
 * Source: org.apache.hadoop.hdfs.web.JsonUtil#toJsonString(HdfsFileStatus, boolean).
 */
export function fileStatus(node: FileNode, pathSuffix: string): object {
  const file: StoredFile | null = node.kind === 'file' ? node : null
  return {
    accessTime: file === null ? 0 : node.accessed,
    blockSize: file?.blockSize ?? EMPTY_BLOCK,
    childrenNum: node.kind === 'folder' ? node.children.size : 0,
    fileId: node.id,
    group: node.group,
    length: file?.content.length ?? 0,
    modificationTime: node.modified,
    owner: node.owner,
    pathSuffix,
    permission: node.permission,
    replication: file?.replication ?? 0,
    storagePolicy: 0,
    type: file === null ? 'DIRECTORY' : 'FILE',
  }
}

/** A listing, with a line for each entry. Names in the order of their bytes, as HDFS keeps them. */
export function fileStatuses(node: FileNode): string {
  const entries: readonly (readonly [string, FileNode])[] = node.kind === 'file' ? [['', node]] : sorted(node)
  const lines = entries.map(([name, child]) => JSON.stringify(fileStatus(child, name)))
  return `{"FileStatuses":{"FileStatus":[\n${lines.join(',\n')}\n]}}\n`
}

function sorted(folder: Folder): (readonly [string, FileNode])[] {
  return [...folder.children].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** Source: org.apache.hadoop.hdfs.web.JsonUtil#toJsonString(ContentSummary). */
export function contentSummary(node: FileNode): object {
  const { files, folders, bytes } = summarize(node)
  return {
    directoryCount: folders,
    ecPolicy: node.kind === 'file' ? 'Replicated' : '',
    fileCount: files,
    length: bytes,
    quota: -1,
    snapshotDirectoryCount: 0,
    snapshotFileCount: 0,
    snapshotLength: 0,
    snapshotSpaceConsumed: 0,
    spaceConsumed: bytes,
    spaceQuota: -1,
    typeQuota: {},
  }
}

/** `drwxr-xr-x`, from `755`. */
export function symbolic(node: FileNode): string {
  const bits = Number.parseInt(node.permission, 8)
  const letters = Array.from('rwxrwxrwx', (letter, index) => ((bits >> (8 - index)) & 1 ? letter : '-'))
  if (bits & 0o1000) letters[8] = letters[8] === 'x' ? 't' : 'T'
  return `${node.kind === 'folder' ? 'd' : '-'}${letters.join('')}`
}
