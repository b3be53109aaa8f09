import { forwardedAddressAsHadoop, parseProxyServers } from '../../../src/hadoop/forwarded-address.ts'
import { type Area, compare, optionalText, resolverOf, textOf } from './area.ts'

/** The client's address as the NameNode derives it; where Hadoop fails there has to be none. */
export const forwardedAddress: Area = ({ given, expect }) => {
  const servers = parseProxyServers(optionalText(given['hadoop.proxyservers']), resolverOf(given))
  const address = forwardedAddressAsHadoop(
    textOf(given['peer']),
    optionalText(given['xForwardedFor']),
    servers,
  )
  const fails = 'hadoopRaises' in expect || 'error' in expect
  return compare(fails ? { address: '' } : expect, { address })
}
