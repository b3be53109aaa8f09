import type { Answer } from './ask.ts'

/** Interfaces as Hadoop names them in its refusals. */
export const CLIENT_PROTOCOL = 'org.apache.hadoop.hdfs.protocol.ClientProtocol'
export const DATANODE_PROTOCOL = 'org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol'
export const APPLICATION_PROTOCOL = 'org.apache.hadoop.yarn.api.ApplicationClientProtocolPB'

/** What Hadoop says over RPC to a user who is not on the list. */
export const refusalOf = (user: string, protocol: string): string =>
  `User ${user} (auth:SIMPLE) is not authorized for protocol interface ${protocol}: denied by configured ACL`

const CLASS = 'org.apache.hadoop.security.authorize.AuthorizationException'

/** That refusal as WebHDFS writes exceptions: keys in alphabetical order. */
export const webHdfsRefusal = (user: string, protocol: string): string =>
  `{"RemoteException":{"exception":"AuthorizationException","javaClassName":"${CLASS}",` +
  `"message":"${refusalOf(user, protocol)}"}}`

/** That refusal as the ResourceManager writes exceptions. */
export const restRefusal = (user: string, protocol: string): string =>
  `{"RemoteException":{"exception":"AuthorizationException","message":"${refusalOf(user, protocol)}",` +
  `"javaClassName":"${CLASS}"}}`

/** The part of an answer that the tests of refusals look at. */
export const essence = ({ status, headers, text }: Answer): Record<string, unknown> => ({
  status,
  reason: headers['x-keddah-reason'],
  text,
})
