/**
 * What tests of applications need: connections and peers in memory, without a network.
 *
 * @module millrace/testing
 */
export type { Chunking } from './byte-line.ts';
export { DuplexEnd, createDuplexPair, type DuplexEndOptions } from './duplex-pair.ts';
export type { FrameScript } from './frame-script.ts';
export {
  createMemoryPair,
  createScriptedPair,
  type MemoryEnd,
  type MemoryEndSetup,
  type MemoryPair,
  type ScriptedPair,
  type Settling,
} from './memory-pair.ts';
export {
  MemoryServer,
  serveInMemory,
  type MemoryConnectOptions,
  type MemoryDialOptions,
  type MemoryServeOptions,
} from './memory-server.ts';
export type { MemoryTransport } from './memory-transport.ts';
export { ScriptedPeer, type PeerEvent, type PeerTransport, type PeerFrame } from './scripted-peer.ts';
export { VirtualClock } from './virtual-clock.ts';
