/** The time as screens show it, ms since the epoch, moving twice a second. The one reader of the machine's clock. */
class TickingClock {
  nowMs: number = $state(Date.now())

  constructor() {
    setInterval(() => {
      this.nowMs = Date.now()
    }, 500)
  }
}

export const clock = new TickingClock()
