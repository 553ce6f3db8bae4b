import { afterAll, beforeAll, describe } from 'vitest'
import { administration } from './contract/administration.ts'
import { compaction } from './contract/compaction.ts'
import { type ContractContext, contextOf } from './contract/context.ts'
import { cooperativeGroups } from './contract/cooperative-groups.ts'
import { groupOffsets } from './contract/group-offsets.ts'
import { groups } from './contract/groups.ts'
import { producing } from './contract/producing.ts'
import { randomRun } from './contract/random-run.ts'
import { reading } from './contract/reading.ts'
import { staticMembers } from './contract/static-members.ts'
import { transactions } from './contract/transactions.ts'
import type { Log } from './log.ts'

/** What an adapter can do beyond the port. Declared by the caller, never found out by trying. */
export interface LogAbilities {
  /** `sendOffsets` with the metadata of an older generation is refused. */
  readonly refusesStaleMembersInTransactions: boolean
  /** The shortest session timeout of a group's members; 6 s by default, as Kafka's. */
  readonly shortestSessionMs?: number
  /** Compacts every topic that may be, now. Absent: compaction happens when it happens, and is not looked at. */
  readonly compactNow?: (log: Log) => Promise<void>
}

const SECTIONS = {
  producing,
  reading,
  transactions,
  groups,
  'cooperative groups': cooperativeGroups,
  'static members': staticMembers,
  'group offsets': groupOffsets,
  administration,
  compaction,
  'random run': randomRun,
}

export interface LogContractOptions {
  /** Called once; the log is closed after the last test. Topics and groups of earlier runs may exist. */
  readonly open: () => Promise<Log>
  readonly abilities: LogAbilities
  /** How long a condition may take to come true. */
  readonly conditionTimeoutMs?: number
  /** All of them by default. */
  readonly sections?: readonly (keyof typeof SECTIONS)[]
  /** Of the random run; printed with its failure. */
  readonly seed?: number
}

/** The behaviour that every implementation of the log port shows. Call it at the top level of a test file. */
export function logContract(name: string, options: LogContractOptions): void {
  describe(`log contract: ${name}`, () => {
    let opened: Log | undefined
    const context: ContractContext = contextOf(options, () => {
      if (opened === undefined) throw new Error('the log did not open')
      return opened
    })
    beforeAll(async () => {
      opened = await options.open()
    })
    afterAll(async () => {
      await opened?.close()
    })
    for (const [section, tests] of Object.entries(SECTIONS)) {
      if (options.sections?.includes(section as keyof typeof SECTIONS) === false) continue
      describe(section, () => tests(context))
    }
  })
}
