import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, join, parse, resolve, sep } from 'node:path'

/** As deep as the kernel follows symbolic links. */
const MAX_LINKS = 40

/**
 * Finds the folders to watch for some files, and in each the names that matter.
 *
 * On the way to a file every folder is watched for the next name: the file, the folders above it and every symbolic
 * link may be replaced, and each replacement shows in the folder that holds it. Kubernetes swaps a link (`..data`)
 * beside the link that is named. The way ends where something is missing, which shows when it appears.
 */
export function foldersToWatch(paths: readonly string[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>()
  for (const path of paths) addWay(resolve(path), folders)
  return folders
}

function addWay(path: string, folders: Map<string, Set<string>>): void {
  const { root } = parse(path)
  let folder = root
  let names = namesOf(path, root)
  for (let links = 0; names.length > 0;) {
    const [name = '', ...rest] = names
    folders.set(folder, (folders.get(folder) ?? new Set()).add(name))
    const place = join(folder, name)
    const target = lookAt(place)
    if (target === null) return
    if (target.link === null) {
      folder = place
      names = rest
      continue
    }
    links += 1
    if (links > MAX_LINKS) return
    const full = resolve(dirname(place), target.link)
    folder = root
    names = [...namesOf(full, root), ...rest]
  }
}

const namesOf = (path: string, root: string): string[] =>
  path
    .slice(root.length)
    .split(sep)
    .filter((name) => name !== '')

/** Null where there is nothing, or nothing that may be looked at. */
function lookAt(place: string): { readonly link: string | null } | null {
  try {
    return { link: lstatSync(place).isSymbolicLink() ? readlinkSync(place) : null }
  } catch {
    return null
  }
}
