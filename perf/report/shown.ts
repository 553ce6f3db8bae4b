import type { Rule } from './kept-results.ts'

/**
 * Which results each section of the report shows: of each kind (equal values of these parts of the configuration) the newest verified one. `pinned`
 * names files whose results stay although something newer is there. `wanted` kinds without a result are named in the report with their command.
 */
export const SHOWN = {
  'kafka-streams': {
    scenarios: ['ticks', 'positions', 'windows'],
    kind: ['emission', 'caching'],
    where: { peer: true, threads: 1 },
    wanted: [
      { scenario: 'ticks', command: 'npm run bench -- ticks --peer' },
      { scenario: 'positions', command: 'npm run bench -- positions --peer' },
      {
        scenario: 'windows',
        configuration: { emission: 'updates' },
        command: 'npm run bench -- windows --emission updates --peer',
      },
      {
        scenario: 'windows',
        configuration: { emission: 'suppress' },
        command: 'npm run bench -- windows --emission suppress --peer',
      },
    ],
  },
  'latency-peer': {
    scenarios: ['latency'],
    kind: ['recordsPerSecond'],
    where: { peer: true },
    wanted: [
      {
        scenario: 'latency',
        configuration: { peer: true },
        command: 'npm run bench -- latency --peer --rate 5000,20000',
      },
    ],
  },
  latency: {
    scenarios: ['latency'],
    kind: ['log', 'ticksPerSecond'],
    where: { peer: undefined },
    wanted: [
      {
        scenario: 'latency',
        configuration: { ticksPerSecond: 5_000, log: 'embedded' },
        command: 'npm run bench -- latency --rate 5000',
      },
      {
        scenario: 'latency',
        configuration: { ticksPerSecond: 20_000, log: 'embedded' },
        command: 'npm run bench -- latency --rate 20000',
      },
    ],
  },
  pipeline: {
    scenarios: ['pipeline'],
    kind: ['log', 'threads'],
    wanted: [{ scenario: 'pipeline', command: 'npm run bench -- pipeline --log both --kafka' }],
  },
  restore: {
    scenarios: ['restore'],
    kind: ['keys'],
    where: { peer: true },
    wanted: [{ scenario: 'restore', command: 'npm run bench -- restore --peer' }],
  },
  restart: {
    scenarios: ['restart'],
    kind: ['log', 'keys'],
    wanted: [{ scenario: 'restart', command: 'npm run bench -- restart --log both --kafka' }],
  },
  rolling: {
    scenarios: ['rolling'],
    kind: ['members'],
    wanted: [{ scenario: 'rolling', command: 'npm run bench -- rolling --kafka' }],
  },
  rfq: {
    scenarios: ['rfq'],
    kind: ['log', 'through', 'rfqsPerSecond'],
    wanted: [{ scenario: 'rfq', command: 'npm run bench -- rfq --rate 20,100,200,300,400' }],
  },
  'fan-out': {
    scenarios: ['fan-out'],
    kind: ['subscribers', 'ticksPerSecond'],
    wanted: [
      {
        scenario: 'fan-out',
        configuration: { subscribers: 1_000 },
        command: 'npm run bench -- fan-out --subscribers 1000',
      },
      {
        scenario: 'fan-out',
        configuration: { subscribers: 5_000 },
        command: 'npm run bench -- fan-out --subscribers 5000',
      },
    ],
  },
  sink: {
    scenarios: ['sink'],
    kind: ['clickhouse', 'snapshots'],
    wanted: [{ scenario: 'sink', command: 'npm run bench -- sink --snapshots' }],
  },
  'end-to-end': {
    scenarios: ['end-to-end'],
    kind: ['ticksPerSecond', 'instruments'],
    wanted: [{ scenario: 'end-to-end', command: 'npm run bench -- end-to-end' }],
  },
  'scaling-partitions': {
    scenarios: ['scaling'],
    kind: ['log'],
    where: { curve: 'partitions' },
    wanted: [{ scenario: 'scaling', command: 'npm run bench -- scaling --curve partitions' }],
  },
  'scaling-keys': {
    scenarios: ['scaling'],
    kind: ['log'],
    where: { curve: 'keys' },
    wanted: [{ scenario: 'scaling', command: 'npm run bench -- scaling --curve keys' }],
  },
  'scaling-topologies': {
    scenarios: ['scaling'],
    kind: ['log'],
    where: { curve: 'topologies' },
    wanted: [{ scenario: 'scaling', command: 'npm run bench -- scaling --curve topologies' }],
  },
  keys: {
    scenarios: ['keys'],
    kind: ['keys'],
    wanted: [{ scenario: 'keys', command: 'npm run bench -- keys --keys 10000000' }],
  },
  hopping: {
    scenarios: ['hopping'],
    kind: ['overlap'],
    wanted: [
      { scenario: 'hopping', command: 'npm run bench -- hopping --overlap 60 --emission all' },
    ],
  },
  schedule: {
    scenarios: ['schedule'],
    kind: [],
    wanted: [{ scenario: 'schedule', command: 'npm run bench -- schedule --pairs 5' }],
  },
  'start-up': {
    scenarios: ['start-up'],
    kind: [],
    wanted: [{ scenario: 'start-up', command: 'npm run bench -- start-up' }],
  },
} as const satisfies Readonly<Record<string, Rule>>
