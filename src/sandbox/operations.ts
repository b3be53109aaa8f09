import { type Answer, empty, written } from './exchange.ts'
import { contentSummary, fileStatus, fileStatuses } from './file-json.ts'
import type { FileNode } from './file-tree.ts'
import { checkWrite, type NameSpace } from './name-space.ts'
import type { Parameters } from './parameters.ts'
import { invalidParameter, notFound } from './remote-exception.ts'

/** Shape: `path` is decoded and absolute, `/` for the root. */
export interface Operation extends NameSpace {
  readonly path: string
  readonly query: Parameters
  readonly user: string
}

/** A 200 with a JSON body. */
export const json = (value: unknown): Answer => written(200, 'application/json', JSON.stringify(value))

/**
 * The operations that the NameNode answers itself, by method and op. CREATE, APPEND, OPEN and GETFILECHECKSUM are
 * sent on to the DataNode instead.
 *
 * Source: org.apache.hadoop.hdfs.server.namenode.web.resources.NamenodeWebHdfsMethods.
 */
export const OPERATIONS: ReadonlyMap<string, (operation: Operation) => Answer> = new Map([
  ['GET LISTSTATUS', listStatus],
  ['GET GETFILESTATUS', getFileStatus],
  [
    'GET GETCONTENTSUMMARY',
    ({ tree, path }) => json({ ContentSummary: contentSummary(existing(tree, path)) }),
  ],
  ['GET GETHOMEDIRECTORY', ({ user }) => json({ Path: `/user/${user}` })],
  ['GET GETDELEGATIONTOKEN', () => json({ Token: null })],
  ['GET CHECKACCESS', checkAccess],
  ['PUT MKDIRS', makeFolders],
  ['PUT RENAME', rename],
  ['PUT SETPERMISSION', setPermission],
  ['PUT SETOWNER', setOwner],
  ['PUT SETTIMES', setTimes],
  ['PUT SETREPLICATION', setReplication],
  ['DELETE DELETE', remove],
])

function existing(tree: NameSpace['tree'], path: string): FileNode {
  const node = tree.find(path)
  if (node === null) throw notFound(`File does not exist: ${path}`)
  return node
}

function listStatus({ tree, path }: Operation): Answer {
  const node = tree.find(path)
  if (node === null) throw notFound(`File ${path} does not exist.`)
  return written(200, 'application/json', fileStatuses(node))
}

function getFileStatus({ tree, path }: Operation): Answer {
  return json({ FileStatus: fileStatus(existing(tree, path), '') })
}

function checkAccess({ tree, path, query, user }: Operation): Answer {
  const action = query.firstAnyCase('fsaction') ?? '---'
  if (!/^[r-][w-][x-]$/.test(action))
    throw invalidParameter(
      'fsaction',
      `Invalid value: "${action}" does not belong to the domain [r-][w-][x-]`,
    )
  existing(tree, path)
  if (action.includes('w')) checkWrite(tree, path, user)
  return empty(200)
}

function makeFolders({ tree, path, query, user }: Operation): Answer {
  const permission = permissionOf(query, '755')
  if (tree.find(path)?.kind !== 'folder') checkWrite(tree, path, user)
  tree.makeFolders(path, user, permission)
  return json({ boolean: true })
}

function rename({ tree, path, query, user }: Operation): Answer {
  const destination = query.firstAnyCase('destination') ?? ''
  if (!destination.startsWith('/'))
    throw invalidParameter('destination', `Invalid value: "${destination}" is not an absolute path.`)
  checkWrite(tree, path, user)
  checkWrite(tree, destination, user)
  return json({ boolean: tree.rename(path, destination) })
}

function remove({ tree, path, query, user }: Operation): Answer {
  checkWrite(tree, path, user)
  return json({ boolean: tree.remove(path, flag(query, 'recursive', false)) })
}

function setPermission({ tree, path, query, user }: Operation): Answer {
  const permission = permissionOf(query, '755')
  const node = existing(tree, path)
  checkWrite(tree, path, user)
  node.permission = permission
  return empty(200)
}

function setOwner({ tree, path, query, user }: Operation): Answer {
  const owner = query.firstAnyCase('owner') ?? ''
  const group = query.firstAnyCase('group') ?? ''
  const node = existing(tree, path)
  checkWrite(tree, path, user)
  if (owner !== '') node.owner = owner
  if (group !== '') node.group = group
  return empty(200)
}

function setTimes({ tree, path, query, user }: Operation): Answer {
  const modified = whole(query, 'modificationtime', -1)
  const accessed = whole(query, 'accesstime', -1)
  const node = existing(tree, path)
  checkWrite(tree, path, user)
  if (modified >= 0) node.modified = modified
  if (accessed >= 0) node.accessed = accessed
  return empty(200)
}

function setReplication({ tree, path, query, user }: Operation): Answer {
  const replication = whole(query, 'replication', 1)
  checkWrite(tree, path, user)
  const node = tree.find(path)
  if (node?.kind === 'file') node.replication = replication
  return json({ boolean: node?.kind === 'file' })
}

/** Errors: `RemoteException`, 400, for what is not octal. */
export function permissionOf(query: Parameters, absent: string): string {
  const text = query.firstAnyCase('permission') ?? ''
  if (text === '' || text === 'null') return absent
  if (!/^[0-7]{1,6}$/.test(text))
    throw invalidParameter('permission', `Failed to parse "${text}" as a radix-8 integer.`)
  const bits = Number.parseInt(text, 8)
  if (bits > 0o1777)
    throw invalidParameter('permission', `Invalid parameter range: permission = ${text} > 1777`)
  return bits.toString(8)
}

/** Errors: `RemoteException`, 400, for what is not a whole number. */
export function whole(query: Parameters, name: string, absent: number): number {
  const text = query.firstAnyCase(name) ?? ''
  if (text === '' || text === 'null') return absent
  if (!/^-?\d{1,15}$/.test(text))
    throw invalidParameter(name, `Failed to parse "${text}" as a radix-10 long integer.`)
  return Number(text)
}

/** Errors: `RemoteException`, 400, for what is neither `true` nor `false`. */
export function flag(query: Parameters, name: string, absent: boolean): boolean {
  const text = (query.firstAnyCase(name) ?? '').toLowerCase()
  if (text === '' || text === 'null') return absent
  if (text !== 'true' && text !== 'false')
    throw invalidParameter(name, `Failed to parse "${text}" to Boolean.`)
  return text === 'true'
}
