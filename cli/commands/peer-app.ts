import { Command } from 'commander'

/** The programs that are measured beside Kafka Streams on the JVM. */
export function peerAppCommand(): Command {
  return new Command('peer-app').description('programs measured beside Kafka Streams on the JVM')
}
