/**
 * The parts of kafkajs 2.2.4 below its public classes that this folder drives (docs/decisions/0003-kafka-client.md says why). The
 * version is pinned exactly; these declarations say all that is relied on.
 */
declare module 'kafkajs/src/broker/index.js' {
  import type { InternalLogger, ProtocolRequest } from 'kafkajs/internal-types'

  interface ConnectionPool {
    readonly host: string
    readonly port: number
    readonly ssl: unknown
    readonly sasl: unknown
    readonly connectionTimeout: number
    isConnected(): boolean
    isAuthenticated(): boolean
    setSupportAuthenticationProtocol(supported: boolean): void
    setVersions(versions: object): void
    getConnection(index?: number): Promise<import('kafkajs/src/network/connection.js').default>
    send<T>(request: ProtocolRequest<T>): Promise<T>
    destroy(): Promise<void>
  }

  interface TopicPartitions<P> {
    topic: string
    partitions: P[]
  }

  export default class Broker {
    constructor(options: {
      connectionPool: ConnectionPool
      logger: InternalLogger
      versions: object | null
      allowAutoTopicCreation: boolean
      authenticationTimeout: number
    })
    isConnected(): boolean
    connect(): Promise<void>
    disconnect(): Promise<void>
    findGroupCoordinator(options: {
      groupId: string
      coordinatorType: number
    }): Promise<{ coordinator: { nodeId: number; host: string; port: number } }>
    listOffsets(options: {
      replicaId: number
      isolationLevel: number
      topics: TopicPartitions<{ partition: number; timestamp: number }>[]
    }): Promise<{ responses: TopicPartitions<{ partition: number; offset: string }>[] }>
    listGroups(): Promise<{ groups: { groupId: string }[] }>
    describeGroups(options: { groupIds: string[] }): Promise<{
      groups: {
        errorCode: number
        groupId: string
        state: string
        members: { memberId: string; clientId: string }[]
      }[]
    }>
    deleteGroups(groupIds: string[]): Promise<{ results: { groupId: string; error?: Error }[] }>
    deleteRecords(options: {
      topics: TopicPartitions<{ partition: number; offset: string }>[]
    }): Promise<unknown>
    createTopics(options: {
      topics: {
        topic: string
        numPartitions: number
        replicationFactor: number
        configEntries: { name: string; value: string }[]
      }[]
      timeout: number
    }): Promise<unknown>
    deleteTopics(options: { topics: string[]; timeout: number }): Promise<unknown>
    describeConfigs(options: {
      resources: { type: number; name: string; configNames: string[] }[]
    }): Promise<{
      resources: {
        resourceName: string
        configEntries: { configName: string; configValue: string }[]
      }[]
    }>
    initProducerId(options: {
      transactionalId: string | null
      transactionTimeout: number
    }): Promise<{ producerId: string; producerEpoch: number }>
    addPartitionsToTxn(options: {
      transactionalId: string
      producerId: string
      producerEpoch: number
      topics: TopicPartitions<number>[]
    }): Promise<unknown>
    addOffsetsToTxn(options: {
      transactionalId: string
      producerId: string
      producerEpoch: number
      groupId: string
    }): Promise<unknown>
    endTxn(options: {
      transactionalId: string
      producerId: string
      producerEpoch: number
      transactionResult: boolean
    }): Promise<unknown>
  }
}

declare module 'kafkajs/internal-types' {
  interface InternalLogger {
    namespace(name: string): InternalLogger
    debug(message: string, extra?: object): void
    info(message: string, extra?: object): void
    warn(message: string, extra?: object): void
    error(message: string, extra?: object): void
  }
  interface ProtocolRequest<T> {
    request: {
      apiKey: number
      apiVersion: number
      apiName: string
      encode(): Promise<import('kafkajs/src/protocol/encoder.js').default>
    }
    response: { decode(payload: Buffer): Promise<T>; parse(data: T): Promise<T> }
    requestTimeout?: number
  }
}

declare module 'kafkajs/src/network/connection.js' {
  import type { InternalLogger, ProtocolRequest } from 'kafkajs/internal-types'

  export default class Connection {
    constructor(options: {
      host: string
      port: number
      logger: InternalLogger
      socketFactory: unknown
      requestTimeout: number
      connectionTimeout: number
      enforceRequestTimeout: boolean
      clientId: string
      ssl: unknown
      sasl: unknown
      reauthenticationThreshold: number
    })
    readonly connectionStatus: 'connected' | 'disconnecting' | 'disconnected'
    readonly socket: import('node:net').Socket
    isAuthenticated(): boolean
    connect(): Promise<boolean>
    disconnect(): Promise<boolean>
    setSupportAuthenticationProtocol(supported: boolean): void
    setVersions(versions: object): void
    rejectRequests(error: Error): void
    send<T>(request: ProtocolRequest<T>): Promise<T>
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    pending: unknown[]
    throttledUntil: number
    throttleCheckTimeoutId: NodeJS.Timeout | null
    checkPendingRequests(): void
    scheduleCheckPendingRequests(): void
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  export default function createSocketFactory(): unknown
}

declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    constructor(initialSize?: number)
    writeBufferInternal(buffer: Buffer): void
  }
}

declare module 'kafkajs/src/protocol/error.js' {
  const errors: { createErrorFromCode(code: number): Error }
  export default errors
}
