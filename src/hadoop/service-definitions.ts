/**
 * One row of a policy provider: a key guards a protocol in a daemon.
 *
 * Shape: `protocol` is the Java class, which is also its name on the wire. `clientPrincipalProperty` is the property
 * whose principal alone may connect under Kerberos, null for none. `shipped` says whether Hadoop's own
 * hadoop-policy.xml has the key.
 */
export interface ServiceDefinition {
  readonly key: string
  readonly protocol: string
  readonly provider: string
  readonly daemon: string
  readonly clientPrincipalProperty: string | null
  readonly shipped: boolean
}

/**
 * Which key guards which protocol in which daemon, row by row as the policy providers of Hadoop have it.
 *
 * Columns: key, protocol (the class, which is also its name on the wire), provider, daemon, client-principal property,
 * in the shipped hadoop-policy.xml.
 * Source: HDFSPolicyProvider, RouterPolicyProvider (HDFS and YARN), RMPolicyProvider, NMPolicyProvider,
 * TimelinePolicyProvider, ClientAMPolicyProvider, MRAMPolicyProvider, ClientHSPolicyProvider of Hadoop 3.5.0-SNAPSHOT.
 */
const ROWS: readonly (readonly [string, string, string, string, string | null, boolean])[] = [
  [
    'security.client.protocol.acl',
    'org.apache.hadoop.hdfs.protocol.ClientProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC); Router 8888',
    null,
    true,
  ],
  [
    'security.client.datanode.protocol.acl',
    'org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol',
    'HDFSPolicyProvider',
    'DataNode 9867',
    null,
    true,
  ],
  [
    'security.datanode.protocol.acl',
    'org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC)',
    'dfs.datanode.kerberos.principal',
    true,
  ],
  [
    'security.inter.datanode.protocol.acl',
    'org.apache.hadoop.hdfs.server.protocol.InterDatanodeProtocol',
    'HDFSPolicyProvider',
    'DataNode 9867',
    'dfs.datanode.kerberos.principal',
    true,
  ],
  [
    'security.namenode.protocol.acl',
    'org.apache.hadoop.hdfs.server.protocol.NamenodeProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC); Router 8888',
    null,
    true,
  ],
  [
    'security.qjournal.service.protocol.acl',
    'org.apache.hadoop.hdfs.qjournal.protocol.QJournalProtocol',
    'HDFSPolicyProvider',
    'JournalNode 8485',
    'dfs.namenode.kerberos.principal',
    true,
  ],
  [
    'security.interqjournal.service.protocol.acl',
    'org.apache.hadoop.hdfs.qjournal.protocol.InterQJournalProtocol',
    'HDFSPolicyProvider',
    'JournalNode 8485',
    'dfs.journalnode.kerberos.principal',
    true,
  ],
  [
    'security.ha.service.protocol.acl',
    'org.apache.hadoop.ha.HAServiceProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC); NameNode lifeline RPC',
    null,
    true,
  ],
  [
    'security.zkfc.protocol.acl',
    'org.apache.hadoop.ha.ZKFCProtocol',
    'HDFSPolicyProvider',
    'ZKFC 8019',
    null,
    true,
  ],
  [
    'security.refresh.policy.protocol.acl',
    'org.apache.hadoop.security.authorize.RefreshAuthorizationPolicyProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC)',
    null,
    true,
  ],
  [
    'security.refresh.user.mappings.protocol.acl',
    'org.apache.hadoop.security.RefreshUserMappingsProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC); Router 8888',
    null,
    true,
  ],
  [
    'security.get.user.mappings.protocol.acl',
    'org.apache.hadoop.tools.GetUserMappingsProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC); Router 8888',
    null,
    true,
  ],
  [
    'security.refresh.callqueue.protocol.acl',
    'org.apache.hadoop.ipc.RefreshCallQueueProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC); Router admin 8111',
    null,
    true,
  ],
  [
    'security.refresh.generic.protocol.acl',
    'org.apache.hadoop.ipc.GenericRefreshProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC); Router admin 8111',
    null,
    true,
  ],
  [
    'security.datanode.lifeline.protocol.acl',
    'org.apache.hadoop.hdfs.server.protocol.DatanodeLifelineProtocol',
    'HDFSPolicyProvider',
    'NameNode lifeline RPC (if configured)',
    'dfs.datanode.kerberos.principal',
    true,
  ],
  [
    'security.reconfiguration.protocol.acl',
    'org.apache.hadoop.hdfs.protocol.ReconfigurationProtocol',
    'HDFSPolicyProvider',
    'NameNode 8020 (client RPC and optional service RPC); DataNode 9867',
    null,
    true,
  ],
  [
    'security.router.admin.protocol.acl',
    'org.apache.hadoop.hdfs.protocolPB.RouterAdminProtocol',
    'RouterPolicyProvider (HDFS RBF: all HDFS services plus this)',
    'HDFS Router admin 8111',
    null,
    true,
  ],
  [
    'security.resourcetracker.protocol.acl',
    'org.apache.hadoop.yarn.server.api.ResourceTrackerPB',
    'RMPolicyProvider',
    'ResourceManager 8031',
    'yarn.nodemanager.principal',
    true,
  ],
  [
    'security.applicationclient.protocol.acl',
    'org.apache.hadoop.yarn.api.ApplicationClientProtocolPB',
    'RMPolicyProvider',
    'ResourceManager 8032',
    null,
    true,
  ],
  [
    'security.applicationmaster.protocol.acl',
    'org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB',
    'RMPolicyProvider',
    'ResourceManager 8030',
    null,
    true,
  ],
  [
    'security.distributedscheduling.protocol.acl',
    'org.apache.hadoop.yarn.server.api.DistributedSchedulingAMProtocolPB',
    'RMPolicyProvider',
    'ResourceManager 8030',
    null,
    true,
  ],
  [
    'security.resourcemanager-administration.protocol.acl',
    'org.apache.hadoop.yarn.server.api.ResourceManagerAdministrationProtocolPB',
    'RMPolicyProvider',
    'ResourceManager 8033',
    null,
    true,
  ],
  [
    'security.containermanagement.protocol.acl',
    'org.apache.hadoop.yarn.api.ContainerManagementProtocolPB',
    'RMPolicyProvider',
    '(listed by the RM provider; served by NodeManagers)',
    null,
    true,
  ],
  [
    'security.ha.service.protocol.acl',
    'org.apache.hadoop.ha.HAServiceProtocol',
    'RMPolicyProvider',
    'ResourceManager 8033 when HA is on',
    null,
    true,
  ],
  [
    'security.containermanagement.protocol.acl',
    'org.apache.hadoop.yarn.api.ContainerManagementProtocolPB',
    'NMPolicyProvider',
    'NodeManager container manager',
    null,
    true,
  ],
  [
    'security.resourcelocalizer.protocol.acl',
    'org.apache.hadoop.yarn.server.nodemanager.api.LocalizationProtocolPB',
    'NMPolicyProvider',
    'NodeManager 8040',
    null,
    true,
  ],
  [
    'security.collector-nodemanager.protocol.acl',
    'org.apache.hadoop.yarn.server.api.CollectorNodemanagerProtocolPB',
    'NMPolicyProvider',
    'NodeManager 8048',
    null,
    true,
  ],
  [
    'security.applicationmaster-nodemanager.applicationmaster.protocol.acl',
    'org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB',
    'NMPolicyProvider',
    'NodeManager AMRMProxy 8049',
    null,
    true,
  ],
  [
    'security.applicationclient.protocol.acl',
    'org.apache.hadoop.yarn.api.ApplicationClientProtocolPB',
    'RouterPolicyProvider (YARN)',
    'YARN Router client RPC',
    null,
    true,
  ],
  [
    'security.resourcemanager-administration.protocol.acl',
    'org.apache.hadoop.yarn.server.api.ResourceManagerAdministrationProtocolPB',
    'RouterPolicyProvider (YARN)',
    'YARN Router admin RPC',
    null,
    true,
  ],
  [
    'security.applicationhistory.protocol.acl',
    'org.apache.hadoop.yarn.api.ApplicationHistoryProtocolPB',
    'TimelinePolicyProvider',
    'Timeline/history server 10200',
    null,
    true,
  ],
  [
    'security.yarn-service.client-am-protocol.acl',
    'org.apache.hadoop.yarn.service.ClientAMProtocol',
    'ClientAMPolicyProvider',
    'YARN services application master',
    null,
    false,
  ],
  [
    'security.job.task.protocol.acl',
    'org.apache.hadoop.mapred.TaskUmbilicalProtocol',
    'MRAMPolicyProvider',
    'MapReduce application master',
    null,
    true,
  ],
  [
    'security.job.client.protocol.acl',
    'org.apache.hadoop.mapreduce.v2.api.MRClientProtocolPB',
    'MRAMPolicyProvider',
    'MapReduce application master',
    null,
    true,
  ],
  [
    'security.mrhs.client.protocol.acl',
    'org.apache.hadoop.mapreduce.v2.api.HSClientProtocolPB',
    'ClientHSPolicyProvider',
    'Job history server 10020',
    null,
    true,
  ],
  [
    'security.get.user.mappings.protocol.acl',
    'org.apache.hadoop.tools.GetUserMappingsProtocol',
    'ClientHSPolicyProvider',
    'Job history server admin 10033',
    null,
    true,
  ],
  [
    'security.refresh.user.mappings.protocol.acl',
    'org.apache.hadoop.security.RefreshUserMappingsProtocol',
    'ClientHSPolicyProvider',
    'Job history server admin 10033',
    null,
    true,
  ],
  [
    'security.mrhs.admin.refresh.protocol.acl',
    'org.apache.hadoop.mapreduce.v2.api.HSAdminRefreshProtocol',
    'ClientHSPolicyProvider',
    'Job history server admin 10033',
    null,
    false,
  ],
]

/**
 * Keys that no RPC protocol of Hadoop hangs on, and that guard HTTP here. The first is ours; the second is shipped in
 * hadoop-policy.xml and read by no daemon any more. Their protocol names are only words for messages.
 */
const OWN: readonly ServiceDefinition[] = [
  {
    key: 'security.kms.protocol.acl',
    protocol: 'org.apache.hadoop.crypto.key.kms.server.KMS',
    provider: 'Keddah',
    daemon: 'KMS',
    clientPrincipalProperty: null,
    shipped: false,
  },
  {
    key: 'security.admin.operations.protocol.acl',
    protocol: 'org.apache.hadoop.mapred.AdminOperationsProtocol',
    provider: 'Keddah',
    daemon: 'administrative pages of every daemon',
    clientPrincipalProperty: null,
    shipped: true,
  },
]

/** All services: Hadoop's rows in the order of its providers, then our own. */
export const SERVICE_DEFINITIONS: readonly ServiceDefinition[] = [
  ...ROWS.map(([key, protocol, provider, daemon, clientPrincipalProperty, shipped]) => ({
    key,
    protocol,
    provider,
    daemon,
    clientPrincipalProperty,
    shipped,
  })),
  ...OWN,
]
