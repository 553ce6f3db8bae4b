export { type PeerTick, peerSnapshotSerde, peerTickSerde } from './schemas.ts'
export { peerSnapshotTopology } from './snapshot-app.ts'
