import { memberOf, readJson } from '../json.ts'

/**
 * The simple class name of the exception in an answer, such as `StandbyException`; null where there is none.
 *
 * Shape: JSON with an object `RemoteException` that has a text `exception`, as WebHDFS (`JsonUtil.toJsonString`) and the
 * filters (`HttpExceptionUtils`) write it: the keys in any order, pretty-printed or not. Nothing but that key counts:
 * messages repeat paths and names, which callers choose.
 */
export function remoteException(body: Buffer): string | null {
  const name = memberOf(memberOf(readJson(body), 'RemoteException'), 'exception')
  return typeof name === 'string' ? name : null
}
