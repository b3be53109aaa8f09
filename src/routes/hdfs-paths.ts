import { decodeEscapes } from './escapes.ts'
import { badTarget } from './path.ts'
import { badParameter } from './query.ts'

/**
 * All paths that one path of HDFS may lead to, as the NameNode writes them.
 *
 * Shape: the path itself comes first, then its other names; none is there twice. `isHidden`: it goes by the number of an
 * inode, so that its name is not in it.
 */
export interface PathReadings {
  readonly paths: readonly string[]
  readonly isHidden: boolean
}

const ESCAPE = /%[0-9A-Fa-f]{2}/

/**
 * Reads the path of a target, which is decoded already.
 *
 * Shape: nothing is normalised, because HDFS compares names unit by unit. Some DataNodes decode a path twice, so a name
 * that is an escape itself is also read as what it stands for: what any of them reads is asked about.
 * Errors: `ERR_HTTP_TARGET` (`double_encoding`) where such an escape cannot be read.
 * Source: org.apache.hadoop.hdfs.server.datanode.web.webhdfs.ParameterParser (up to 3.3).
 */
export function readPath(segments: readonly string[]): PathReadings {
  const readings: PathReadings[] = []
  let names = segments
  for (;;) {
    readings.push(placesOf(names))
    if (!names.some((name) => ESCAPE.test(name))) return united(readings)
    names = names.map(decodedAgain)
  }
}

function decodedAgain(name: string): string {
  if (!ESCAPE.test(name)) return name
  const decoded = decodeEscapes(name)
  if (decoded === null)
    throw badTarget('double_encoding', 'a name of the path looks encoded once more and cannot be read')
  return decoded
}

/**
 * Reads a path in the value of a parameter, as Hadoop's `Path` does: repeated and trailing slashes mean nothing, dot
 * segments are resolved.
 *
 * Errors: `ERR_HTTP_PARAMETER` (`resource_parameter`) for a path that is not absolute, names a server (`//host/…`), leads
 * above the root, or has a character that no path of ours has.
 * Source: org.apache.hadoop.hdfs.web.resources.DestinationParam, org.apache.hadoop.fs.Path.
 */
export function readPathValue(name: string, value: string): PathReadings {
  if (!value.startsWith('/'))
    throw badParameter(
      'resource_parameter',
      `Invalid parameter value: ${name} = "${value}" is not an absolute path.`,
    )
  if (value.startsWith('//')) throw flawed(name, 'names a server')
  if (/[\p{Cc}\\]/u.test(value)) throw flawed(name, 'has a backslash or a control character')
  const names: string[] = []
  for (const part of value.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') names.push(part)
    else if (names.pop() === undefined) throw flawed(name, 'leads above the root')
  }
  return placesOf(names)
}

const flawed = (name: string, flaw: string): Error =>
  badParameter('resource_parameter', `the path in \`${name}\` ${flaw}`)

/**
 * The names of one place: `/.reserved/raw/a` is `/a`, and what a snapshot holds goes by the name of what it was taken of
 * as well. A policy on either name counts.
 *
 * Source: org.apache.hadoop.hdfs.server.namenode.FSDirectory#resolveComponents.
 */
function placesOf(names: readonly string[]): PathReadings {
  const all = [names]
  let rest = names
  while (rest[0] === '.reserved' && rest[1] === 'raw') {
    rest = rest.slice(2)
    all.push(rest)
  }
  const isHidden = rest[0] === '.reserved' && rest[1] === '.inodes'
  const live = all.map(withoutSnapshot)
  return { paths: [...new Set([...all, ...live].map((one) => `/${one.join('/')}`))], isHidden }
}

function withoutSnapshot(names: readonly string[]): readonly string[] {
  const at = names.indexOf('.snapshot')
  return at === -1 ? names : withoutSnapshot([...names.slice(0, at), ...names.slice(at + 2)])
}

const united = (readings: readonly PathReadings[]): PathReadings => ({
  paths: [...new Set(readings.flatMap(({ paths }) => paths))],
  isHidden: readings.some(({ isHidden }) => isHidden),
})

/** The directory that a path is in; the root is in itself, so that it is asked about and not nothing. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}
