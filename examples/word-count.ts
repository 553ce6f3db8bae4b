import { Consumed, Grouped, longSerde, Produced, StreamsBuilder, stringSerde } from '#streams'
import { type Example, input, output } from './example.ts'

const t = new StreamsBuilder()

t.stream('lines', Consumed.with(stringSerde, stringSerde, { as: 'lines' }))
  .flatMapValues((line) => line.toLowerCase().split(' '), { as: 'words', valueSerde: stringSerde })
  .groupBy((_line, word) => word, Grouped.with(stringSerde, stringSerde, { as: 'by-word' }))
  .count({ as: 'counts' })
  .toStream({ as: 'changes' })
  .to('word-counts', Produced.with(stringSerde, longSerde, { as: 'word-counts' }))

export const wordCount: Example = {
  name: 'word-count',
  shows: 'Lines are split into words; equal words meet on one partition and are counted.',
  topology: t.build('word-count'),
  inputs: [
    input('lines', stringSerde, stringSerde, [
      ['1', 'to be or not to be', '09:00:00'],
      ['2', 'that is the question', '09:00:01'],
      ['3', 'to die to sleep', '09:00:02'],
    ]),
  ],
  output: output('word-counts', stringSerde, longSerde, (word, count) => `${word} = ${count}`),
}
