import PDFDocument from 'pdfkit'
import type { Confirmation } from '../protocol.ts'
import { grouped } from './grouped.ts'

const MARGIN = 56
const LABEL_WIDTH = 150
const INK = '#1b2430'
const FAINT = '#5c6773'
const RULE = '#c9d1d9'

type Row = readonly [label: string, text: string]

/** A confirmation on one A4 page. The same bytes for the same confirmation, whenever it is asked for. */
export function confirmationPdf(confirmation: Confirmation): Promise<Buffer> {
  const doc = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    info: {
      Title: `Trade confirmation ${confirmation.confirmationId}`,
      Author: 'Orion',
      Subject: `Trade ${confirmation.tradeId}`,
      CreationDate: new Date(confirmation.confirmedAt),
      ModDate: new Date(confirmation.confirmedAt),
    },
  })
  const done = collect(doc)
  write(doc, confirmation)
  doc.end()
  return done
}

function collect(doc: PDFKit.PDFDocument): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    doc.on('data', (chunk: Buffer) => chunks.push(chunk))
    doc.on('end', () => resolve(Buffer.concat(chunks)))
    doc.on('error', reject)
  })
}

function write(doc: PDFKit.PDFDocument, one: Confirmation): void {
  doc.font('Helvetica-Bold').fontSize(20).fillColor(INK).text('Trade confirmation')
  doc
    .font('Helvetica')
    .fontSize(10)
    .fillColor(FAINT)
    .text(`${one.confirmationId}, confirmed ${shownTime(one.confirmedAt)}`)
  doc.moveDown(1)
  doc.fontSize(11).fillColor(INK).text(sentenceOf(one), { lineGap: 2 })
  section(doc, 'Trade', [
    ['Instrument', `${one.instrumentName} (${one.instrumentId})`],
    ['Asset class', one.assetClass],
    ['Quantity', grouped(one.quantity)],
    ['Price', grouped(one.price)],
    ['Amount', `${grouped(one.notional)} ${one.currency}`],
    ['Venue', one.venueId],
    ['Trade date', one.tradeDate],
    ['Executed', shownTime(one.executedAt)],
  ])
  section(doc, 'Parties', [
    ['Buyer', one.buyer],
    ['Seller', one.seller],
    ['Requested by', one.desk === '' ? one.requester : `${one.requester}, desk ${one.desk}`],
    ['Liquidity provider', one.lpId],
  ])
  section(doc, 'Settlement', [
    ['Settlement date', one.settlementDate],
    ['Cycle', one.settlementCycle],
    ['Calendars', one.calendar.split('+').map(calendarText).join(', ')],
    ['Payment', paymentOf(one)],
    ['Delivery', `${one.seller} delivers ${grouped(one.quantity)} ${one.instrumentId}`],
  ])
  section(doc, 'References', [
    ['Trade', one.tradeId],
    ['Request for quote', one.rfqId],
    ['Quote', one.quoteId],
    ['Correlation', one.correlationId],
  ])
}

function sentenceOf(one: Confirmation): string {
  return `We confirm that ${one.buyer} bought from ${one.seller} ${grouped(one.quantity)} ${one.instrumentId} at ${grouped(one.price)} on ${one.tradeDate}, for settlement on ${one.settlementDate}.`
}

/** At a negative price the seller pays. */
function paymentOf({ buyer, currency, notional, seller }: Confirmation): string {
  return notional.startsWith('-')
    ? `${seller} pays ${grouped(notional.slice(1))} ${currency} to ${buyer}`
    : `${buyer} pays ${grouped(notional)} ${currency} to ${seller}`
}

function section(doc: PDFKit.PDFDocument, title: string, rows: readonly Row[]): void {
  const width = doc.page.width - 2 * MARGIN
  doc.moveDown(1.4)
  doc.font('Helvetica-Bold').fontSize(11).fillColor(INK).text(title, MARGIN)
  const ruleY = doc.y + 3
  doc
    .moveTo(MARGIN, ruleY)
    .lineTo(MARGIN + width, ruleY)
    .lineWidth(0.75)
    .strokeColor(RULE)
    .stroke()
  doc.y = ruleY + 7
  for (const [label, text] of rows) {
    const top = doc.y
    doc.font('Helvetica').fontSize(10).fillColor(FAINT).text(label, MARGIN, top, {
      width: LABEL_WIDTH,
    })
    doc.fillColor(INK).text(text, MARGIN + LABEL_WIDTH, top, { width: width - LABEL_WIDTH })
    doc.y += 3
  }
  doc.x = MARGIN
}

function calendarText(calendar: string): string {
  const text = CALENDAR_TEXTS[calendar]
  return text ?? calendar
}

const CALENDAR_TEXTS: Readonly<Record<string, string>> = {
  US_SETTLEMENT: 'US settlement',
  WEEKEND: 'weekends only',
  NONE: 'every day',
}

/** `2026-11-20 12:00:00.123 UTC` */
function shownTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, -1)} UTC`
}
