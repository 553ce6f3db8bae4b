/**
 * Runs in the page before the dashboard does: sees every price that the WebSocket brings, every one that comes into the document, and the
 * beginning of the frame after it. Says nothing to the dashboard and changes nothing of it. Read by `page-probe.ts`, never imported.
 */
;(() => {
  const Socket = globalThis.WebSocket
  /** The latest item of each instrument, with the time of its arrival. */
  const latest = new Map()
  const sampled = new Set()
  const painted = new Map()
  const paints = []
  let waiting = []
  const longTasks = []
  let receivedChanges = 0
  let frames = 0
  let paintedFrames = 0
  let isMeasuring = false
  let startMs = 0
  let clockOffsetMs = 0

  /** What the wall clock is ahead of the page's: read where a millisecond begins, so that it is good to some hundredths of one. */
  const readOffset = () => {
    const from = Date.now()
    let now = from
    while (now === from) now = Date.now()
    return now - performance.now()
  }
  const wallMs = () => performance.now() + clockOffsetMs

  const take = (text) => {
    const receivedMs = wallMs()
    const message = JSON.parse(text)
    if (message.channel !== 'market') return
    for (const item of message.data) {
      const before = latest.get(item.instrumentId)
      const isChange = before?.bid !== item.bid || before?.ask !== item.ask
      if (isMeasuring && isChange && sampled.has(item.instrumentId)) receivedChanges += 1
      latest.set(item.instrumentId, { ...item, receivedMs })
    }
  }

  // Its listener is the first: the dashboard hears of a message after it is known here.
  globalThis.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given)
      this.addEventListener('message', ({ data }) => take(data))
    }
  }

  const rowOf = (instrumentId) => document.getElementById(`row-${instrumentId}`)
  const textOf = (row, side) => row.querySelector(`[data-side=${side}] .digits`)?.textContent ?? ''

  const shownIn = (row, instrumentId) => {
    const { bid, ask, sequence } = latest.get(instrumentId)
    const shown = { bidText: textOf(row, 'bid'), askText: textOf(row, 'ask') }
    return { instrumentId, sequence, bid, ask, ...shown }
  }

  /** Rows whose digits differ from before. */
  const changedRows = (mutations) => {
    const rows = new Set()
    for (const { target } of mutations) {
      const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target
      const row = element?.closest('.digits')?.closest('[role=row]')
      if (row !== null && row !== undefined) rows.add(row)
    }
    return rows
  }

  const onNextFrame = () => {
    const nowMs = wallMs()
    for (const paint of waiting) paints.push({ ...paint, paintMs: nowMs })
    waiting = []
    paintedFrames += 1
  }

  const observer = new MutationObserver((mutations) => {
    const domMs = wallMs()
    for (const row of changedRows(mutations)) {
      const instrumentId = row.id.slice('row-'.length)
      const item = latest.get(instrumentId)
      if (!sampled.has(instrumentId) || item === undefined) continue
      if (painted.get(instrumentId) === item.sequence) continue
      painted.set(instrumentId, item.sequence)
      const { eventTimeMs, publishedAtMs, receivedMs } = item
      // Asked for while a frame is made: it is called when that one is done and the next begins.
      if (waiting.length === 0) requestAnimationFrame(onNextFrame)
      waiting.push({ ...shownIn(row, instrumentId), eventTimeMs, publishedAtMs, receivedMs, domMs })
    }
  })
  const tasks = new PerformanceObserver((list) => {
    if (isMeasuring) for (const { duration } of list.getEntries()) longTasks.push(duration)
  })

  const onFrame = () => {
    if (!isMeasuring) return
    frames += 1
    requestAnimationFrame(onFrame)
  }

  clockOffsetMs = readOffset()

  globalThis.orionProbe = {
    /** From now on; of the rows that are in view whole. @returns their instruments */
    begin() {
      clockOffsetMs = readOffset()
      const rows = document.querySelector('[role=grid] [role=rowgroup]')
      const view = rows.closest('[role=grid]').getBoundingClientRect()
      for (const row of rows.querySelectorAll('[role=row]')) {
        const { top, bottom } = row.getBoundingClientRect()
        if (top >= view.top && bottom <= view.bottom) sampled.add(row.id.slice('row-'.length))
      }
      for (const id of sampled) if (latest.has(id)) painted.set(id, latest.get(id).sequence)
      isMeasuring = true
      startMs = performance.now()
      observer.observe(rows, { subtree: true, characterData: true, childList: true })
      tasks.observe({ type: 'longtask' })
      requestAnimationFrame(onFrame)
      return [...sampled]
    },

    /** Everything since `begin`, and what stands on the screen that has been known for `settledMs`. */
    end(settledMs) {
      isMeasuring = false
      observer.disconnect()
      const nowMs = wallMs()
      const shown = [...sampled]
        .filter((id) => latest.has(id) && nowMs - latest.get(id).receivedMs > settledMs)
        .map((id) => shownIn(rowOf(id), id))
      return {
        ...{ paints, shown, longTasks, receivedChanges, frames, paintedFrames },
        seconds: (performance.now() - startMs) / 1_000,
        clockDriftMs: readOffset() - clockOffsetMs,
      }
    },
  }
})()
