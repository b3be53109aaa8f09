import { ioException, notFound, RemoteException } from './remote-exception.ts'

interface Meta {
  readonly id: number
  owner: string
  group: string
  /** Octal, as WebHDFS prints it: `755`, `1777`. */
  permission: string
  modified: number
  accessed: number
}

/** Shape: `children` are by name, none for an empty folder. */
export interface Folder extends Meta {
  readonly kind: 'folder'
  readonly children: Map<string, FileNode>
}

/** Units: `blockSize` in bytes. */
export interface StoredFile extends Meta {
  readonly kind: 'file'
  replication: number
  blockSize: number
  content: Buffer
}

/** Whatever has a path. */
export type FileNode = Folder | StoredFile

/** Shape: `overwrite` false refuses what is there already; `createParent` false wants the folder to be there. */
export interface WriteOptions {
  readonly owner: string
  readonly permission: string
  readonly overwrite: boolean
  readonly createParent: boolean
  readonly replication: number
  readonly blockSize: number
}

const MAX_BYTES = 64 * 1_024 * 1_024
const MAX_ENTRIES = 5_000
const MAX_NAME = 255
const MAX_PATH = 8_000
const FIRST_ID = 16_385
const SUPERUSER = 'hdfs'
const SUPERGROUP = 'supergroup'

/** The names on the way from the root. Empty ones in the middle and `..` are names like any, which nothing has. */
export function namesOf(path: string): string[] {
  const inner = path.replace(/^\//, '').replace(/\/$/, '')
  return inner === '' ? [] : inner.split('/')
}

/** The path of names from the root; `/` for none. */
export const joinPath = (names: readonly string[]): string => `/${names.join('/')}`

/**
 * A file system in memory: 64 MiB and 5000 files and folders, beyond which it refuses as a quota of Hadoop does.
 *
 * Shape: paths are decoded and absolute. Nobody's rights are looked at here.
 * Errors: `RemoteException` with Hadoop's classes and texts.
 */
export class FileTree {
  readonly #root: Folder
  #nextId = FIRST_ID
  #entries = 0
  #bytes = 0
  #held = 0

  constructor() {
    this.#root = this.#folder(SUPERUSER, SUPERGROUP, '755')
  }

  find(path: string): FileNode | null {
    let node: FileNode = this.#root
    for (const name of namesOf(path)) {
      const child: FileNode | undefined = node.kind === 'folder' ? node.children.get(name) : undefined
      if (child === undefined) return null
      node = child
    }
    return node
  }

  /** The deepest node on the way that is there, and its path. */
  nearest(path: string): { readonly path: string; readonly node: FileNode } {
    const names = namesOf(path)
    for (let depth = names.length; depth > 0; depth -= 1) {
      const at = joinPath(names.slice(0, depth))
      const node = this.find(at)
      if (node !== null) return { path: at, node }
    }
    return { path: '/', node: this.#root }
  }

  file(path: string): StoredFile {
    const node = this.find(path)
    if (node === null) throw notFound(`File does not exist: ${path}`)
    if (node.kind === 'folder') throw notFound(`Path is not a file: ${path}`)
    return node
  }

  makeFolders(path: string, owner: string, permission: string): void {
    const names = namesOf(path)
    checkNames(path, names)
    const there = this.nearest(path)
    if (there.node.kind === 'file') {
      const javaClass =
        namesOf(there.path).length === names.length
          ? 'org.apache.hadoop.fs.FileAlreadyExistsException'
          : 'org.apache.hadoop.fs.ParentNotDirectoryException'
      throw ioException(javaClass, `Path is not a directory: ${there.path}`)
    }
    this.#checkEntries(names.length - namesOf(there.path).length)
    let folder = there.node
    for (const name of names.slice(namesOf(there.path).length)) {
      const child = this.#folder(owner, folder.group, permission)
      this.#attach(folder, name, child)
      folder = child
    }
  }

  /** Counts bytes that are on their way, so that uploads at the same time share the limit. */
  hold(bytes: number): void {
    if (this.#bytes + this.#held + bytes > MAX_BYTES) throw full(this.#bytes + this.#held + bytes)
    this.#held += bytes
  }

  release(bytes: number): void {
    this.#held -= bytes
  }

  write(path: string, content: Buffer, options: WriteOptions): void {
    const names = namesOf(path)
    const name = names.at(-1)
    const old = this.find(path)
    if (name === undefined || old?.kind === 'folder')
      throw ioException(
        'org.apache.hadoop.fs.FileAlreadyExistsException',
        `${path} already exists as a directory`,
      )
    checkNames(path, names)
    if (old !== null && !options.overwrite)
      throw ioException(
        'org.apache.hadoop.fs.FileAlreadyExistsException',
        `${path} for client 127.0.0.1 already exists`,
      )
    const parent = joinPath(names.slice(0, -1))
    if (!options.createParent && this.find(parent) === null)
      throw notFound(`Parent directory doesn't exist: ${parent}`)
    const growth = content.length - (old?.content.length ?? 0)
    if (this.#bytes + growth > MAX_BYTES) throw full(this.#bytes + growth)
    this.#checkEntries(old === null ? names.length - namesOf(this.nearest(path).path).length : 0)
    this.makeFolders(parent, options.owner, '755')
    const folder = this.find(parent)
    if (folder?.kind !== 'folder') throw notFound(`Parent directory doesn't exist: ${parent}`)
    if (old !== null) this.#detach(folder, name, old)
    const { owner, permission, replication, blockSize } = options
    const meta = this.#meta(owner, folder.group, permission)
    this.#attach(folder, name, { kind: 'file', ...meta, replication, blockSize, content })
  }

  append(path: string, content: Buffer): void {
    const file = this.file(path)
    if (this.#bytes + content.length > MAX_BYTES) throw full(this.#bytes + content.length)
    file.content = Buffer.concat([file.content, content])
    file.modified = Date.now()
    this.#bytes += content.length
  }

  /** Moves, into `destination` if that is a folder. Says whether it did, as the old `rename` of HDFS. */
  rename(source: string, destination: string): boolean {
    const from = namesOf(source)
    const name = from.at(-1)
    const node = this.find(source)
    if (name === undefined || node === null) return false
    const to = namesOf(destination)
    if (this.find(destination)?.kind === 'folder') to.push(name)
    checkNames(joinPath(to), to)
    if (joinPath(from) === joinPath(to)) return node.kind === 'file'
    const inside = from.every((part, index) => part === to[index])
    const oldParent = this.find(joinPath(from.slice(0, -1)))
    const newParent = this.find(joinPath(to.slice(0, -1)))
    if (inside || this.find(joinPath(to)) !== null) return false
    if (oldParent?.kind !== 'folder' || newParent?.kind !== 'folder') return false
    this.#detach(oldParent, name, node)
    this.#attach(newParent, to.at(-1) ?? name, node)
    return true
  }

  /** Says whether something was there. */
  remove(path: string, recursive: boolean): boolean {
    const names = namesOf(path)
    const name = names.at(-1)
    const node = this.find(path)
    const parent = this.find(joinPath(names.slice(0, -1)))
    if (name === undefined || node === null || parent?.kind !== 'folder') return false
    if (node.kind === 'folder' && node.children.size > 0 && !recursive)
      throw ioException(
        'org.apache.hadoop.fs.PathIsNotEmptyDirectoryException',
        `\`${path} is non empty': Directory is not empty`,
      )
    this.#detach(parent, name, node)
    return true
  }

  #folder(owner: string, group: string, permission: string): Folder {
    return { kind: 'folder', ...this.#meta(owner, group, permission), children: new Map() }
  }

  #meta(owner: string, group: string, permission: string): Meta {
    const id = this.#nextId
    const now = Date.now()
    this.#nextId += 1
    return { id, owner, group, permission, modified: now, accessed: now }
  }

  #attach(folder: Folder, name: string, node: FileNode): void {
    folder.children.set(name, node)
    folder.modified = Date.now()
    this.#count(node, 1)
  }

  #detach(folder: Folder, name: string, node: FileNode): void {
    folder.children.delete(name)
    folder.modified = Date.now()
    this.#count(node, -1)
  }

  #count(node: FileNode, sign: 1 | -1): void {
    const { files, folders, bytes } = summarize(node)
    this.#entries += sign * (files + folders)
    this.#bytes += sign * bytes
  }

  #checkEntries(more: number): void {
    if (this.#entries + more > MAX_ENTRIES)
      throw ioException(
        'org.apache.hadoop.hdfs.protocol.NSQuotaExceededException',
        'The NameSpace quota (directories and files) of directory / is exceeded: ' +
          `quota=${MAX_ENTRIES} file count=${this.#entries + more}`,
      )
  }
}

/** What is in and below a node, itself included. Units: bytes. */
export function summarize(node: FileNode): { files: number; folders: number; bytes: number } {
  const sum = { files: 0, folders: 0, bytes: 0 }
  const pending: FileNode[] = [node]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === 'file') {
      sum.files += 1
      sum.bytes += next.content.length
    } else {
      sum.folders += 1
      pending.push(...next.children.values())
    }
  }
  return sum
}

function full(wanted: number): RemoteException {
  return ioException(
    'org.apache.hadoop.hdfs.protocol.DSQuotaExceededException',
    `The DiskSpace quota of / is exceeded: quota = ${MAX_BYTES} B = 64 MB but diskspace consumed = ${wanted} B`,
  )
}

/** Source: org.apache.hadoop.hdfs.DFSUtilClient#isValidName. */
function checkNames(path: string, names: readonly string[]): void {
  if (path.length > MAX_PATH)
    throw ioException('java.io.IOException', `Pathname too long.  Limit ${MAX_PATH}`)
  if (names.some((name) => name === '' || name === '.' || name === '..' || name.includes(':')))
    throw new RemoteException(
      400,
      'org.apache.hadoop.fs.InvalidPathException',
      `Invalid path name Invalid file name: ${path}`,
    )
  const long = names.find((name) => name.length > MAX_NAME)
  if (long !== undefined)
    throw ioException(
      'org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException',
      `The maximum path component name limit of ${long} in directory / is exceeded: ` +
        `limit=${MAX_NAME} length=${long.length}`,
    )
}
