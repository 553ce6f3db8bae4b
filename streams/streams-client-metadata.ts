/** Where an instance answers queries: its `applicationServer`. */
export interface HostInfo {
  readonly host: string
  readonly port: number
}

/** What one instance of the application holds, as of the last assignment. As Kafka Streams' `StreamsMetadata`. */
export interface StreamsClientMetadata {
  readonly processId: string
  /** Undefined where the instance answers no queries. */
  readonly host: HostInfo | undefined
  readonly activeTasks: readonly string[]
  readonly standbyTasks: readonly string[]
}
