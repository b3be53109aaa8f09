let isHeld = false
let take: (() => void) | null = null

const onHangup = (): void => {
  if (take === null) isHeld = true
  else take()
}

/**
 * Holds every SIGHUP from now on, since the system ends a process that takes none. A service manager may ask for a
 * reload before the product is even read in, so this file imports nothing.
 */
export function holdHangups(): void {
  // Never off and on again: what came and is not yet told would be lost.
  if (!process.listeners('SIGHUP').includes(onHangup)) process.on('SIGHUP', onHangup)
}

/**
 * Calls `reload` at each SIGHUP from now on, and at once where any was held: files may have changed since they were
 * read.
 */
export function followHangups(reload: () => void): void {
  take = reload
  if (isHeld) reload()
  isHeld = false
}
