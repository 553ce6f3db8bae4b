/** Where a node's two listeners are, as it and its peers see them. */
export interface NodeListeners {
  readonly id: number
  /** Address that the broker listens on, `host:port`. */
  readonly broker: string
  /** Address that clients are told, `host:port`. */
  readonly advertised: string
  readonly controller: string
  /** `id@host:port` of every controller. */
  readonly voters: readonly string[]
  readonly logDir: string
}

/**
 * Settings of a node of a small local cluster: KRaft, short timers, few threads, no topics by accident. Sessions may be as short as
 * a second, so that tests of failures need not wait.
 */
export function nodeSettings(listeners: NodeListeners): Record<string, string> {
  const replicas = listeners.voters.length >= 3 ? '3' : '1'
  const inSync = listeners.voters.length >= 3 ? '2' : '1'
  return {
    'process.roles': 'broker,controller',
    'node.id': String(listeners.id),
    'controller.quorum.voters': listeners.voters.join(','),
    listeners: `PLAINTEXT://${listeners.broker},CONTROLLER://${listeners.controller}`,
    'advertised.listeners': `PLAINTEXT://${listeners.advertised}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': listeners.logDir,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '8',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '8',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'group.consumer.min.session.timeout.ms': '1000',
    'group.consumer.min.heartbeat.interval.ms': '500',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    'auto.create.topics.enable': 'false',
    'delete.topic.enable': 'true',
    'log.cleaner.dedupe.buffer.size': '16777216',
    'log.cleaner.backoff.ms': '1000',
    'log.retention.check.interval.ms': '10000',
    'log.segment.delete.delay.ms': '1000',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'background.threads': '2',
  }
}
