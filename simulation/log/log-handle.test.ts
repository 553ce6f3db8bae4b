import { logContract } from '../../streams/log/log-contract.ts'
import { Machine } from '../machine.ts'
import { SeededRandom } from '../random.ts'
import { Scheduler } from '../scheduler.ts'
import { Trace } from '../trace.ts'
import { Broker, NO_BROKER_FAULTS } from './broker.ts'
import { LogHandle } from './log-handle.ts'

/** Virtual time may run ahead of the tests that wait in real time, but not by much: transactions would time out. */
const FASTER = 20
/** More real time than this between two turns of the loop was lost to others on the machine: the tests had none of it, so it does not count. */
const TURN_MS_MAX = 20

logContract('simulated', {
  open: async () => {
    const scheduler = new Scheduler()
    const random = new SeededRandom('contract')
    const trace = new Trace(() => scheduler.nowMs)
    const broker = new Broker({
      scheduler,
      random,
      trace,
      faults: NO_BROKER_FAULTS,
      onCommit: () => {},
    })
    broker.network.faults = { loss: 0.02, duplicates: 0.05, givenUp: 0, slow: 0.01, slowMs: 50 }
    broker.network.retryForMs = 60_000
    brokers.push(broker)
    let isOpen = true
    const pump = async () => {
      let turnMs = performance.now()
      let aheadMs = 0
      while (isOpen) {
        const lastMs = turnMs
        turnMs = performance.now()
        const grantedMs = Math.min(turnMs - lastMs, TURN_MS_MAX) * FASTER
        // What was not used is not saved up: it would be a leap.
        aheadMs = Math.min(aheadMs, scheduler.nowMs) + grantedMs
        for (let steps = 0; steps < 100 && scheduler.nowMs < aheadMs; steps++) {
          if (!(await scheduler.step())) break
        }
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const pumping = pump()
    const log = new LogHandle(broker, new Machine('tester', scheduler, random))
    return Object.assign(log, {
      close: async () => {
        isOpen = false
        await pumping
      },
    })
  },
  abilities: {
    refusesStaleMembersInTransactions: true,
    compactNow: async () => brokers.at(-1)?.compact(),
  },
})

const brokers: Broker[] = []
