import type { Durations } from '../generator/meter.ts';
import type { Round } from '../results/round.ts';
import { isClient, type Exchange, type Handshakes, type Idle, type Workload } from '../workloads/workload.ts';
import { commandOf } from './command.ts';
import type { Contestant } from './contestant.ts';
import { GeneratorProcess } from './generator-process.ts';
import { measureImport } from './import-time.ts';
import { freePort, PeerProcess } from './peer-process.ts';
import type { Pinning } from './pinning.ts';
import { residentMemory } from './process-figures.ts';

/** Connections that are opened before the memory of others is measured, so that only the others count. */
const FIRST_CONNECTIONS = 200;

/** A handshake runs through so much code, and a server does so few of them, that compilers take this many times as long. */
const HANDSHAKES_WARM_UP = 5;

/** Where, and for how long. */
export interface RoundSetup {
  readonly pinning: Pinning;
  readonly durations: Durations;
  /** The folder with the certificate of servers. */
  readonly certificates: string;
}

/** Starts a peer, measures it once, and stops it. */
export async function measureRound(workload: Workload, contestant: Contestant, setup: RoundSetup): Promise<Round> {
  if (workload.kind === 'import') return measureImport(contestant, setup.pinning.server);
  if (isClient(workload)) return measureClient(workload, contestant, setup);
  const port = await freePort();
  const peer = await startPeer({ workload, contestant, setup, port });
  try {
    const server = { peer, port, wire: contestant.peer.wire };
    return workload.kind === 'idle'
      ? await measureIdle(workload, server, setup)
      : await measureExchange(workload, server, setup);
  } catch (error) {
    throw explained(error, peer);
  } finally {
    await peer.stop();
  }
}

interface Server {
  readonly peer: PeerProcess;
  readonly port: number;
  readonly wire: 'websocket' | 'raw';
}

type Served = Exchange | Handshakes | Idle;

async function measureExchange(workload: Served, { peer, port, wire }: Server, setup: RoundSetup): Promise<Round> {
  const startMemory = residentMemory(peer.pid, 'VmRSS');
  const durations = durationsOf(workload, setup.durations);
  const task = { workload: workload.name, wire, port, pid: peer.pid, durations, held: 0 };
  const generator = new GeneratorProcess(task, setup.pinning.generator);
  try {
    const measurement = await generator.measurement();
    return { kind: 'exchange', ...measurement, startMemory, peakMemory: residentMemory(peer.pid, 'VmHWM') };
  } finally {
    generator.kill();
  }
}

async function measureIdle(workload: Idle, { peer, port, wire }: Server, setup: RoundSetup): Promise<Round> {
  const generators: GeneratorProcess[] = [];
  const hold = async (held: number): Promise<void> => {
    const task = { workload: workload.name, wire, port, pid: peer.pid, durations: setup.durations, held };
    const generator = new GeneratorProcess(task, setup.pinning.generator);
    generators.push(generator);
    await generator.held();
    await peer.collectGarbage();
  };
  try {
    await hold(FIRST_CONNECTIONS);
    const before = residentMemory(peer.pid, 'VmRSS');
    await hold(workload.connections);
    const bytesPerConnection = (residentMemory(peer.pid, 'VmRSS') - before) / workload.connections;
    return { kind: 'idle', peakMemory: residentMemory(peer.pid, 'VmHWM'), bytesPerConnection };
  } finally {
    for (const generator of generators) generator.kill();
  }
}

/** The generator is the server, and the peer connects to it. */
async function measureClient(workload: Workload, contestant: Contestant, setup: RoundSetup): Promise<Round> {
  const { wire } = contestant.peer;
  const task = { workload: workload.name, wire, port: 0, pid: 0, durations: setup.durations, held: 0 };
  const generator = new GeneratorProcess(task, setup.pinning.generator);
  let peer: PeerProcess | undefined;
  try {
    peer = await startPeer({ workload, contestant, setup, port: await generator.listening() });
    const startMemory = residentMemory(peer.pid, 'VmRSS');
    generator.measure(peer.pid);
    const measurement = await generator.measurement();
    return { kind: 'exchange', ...measurement, startMemory, peakMemory: residentMemory(peer.pid, 'VmHWM') };
  } catch (error) {
    throw explained(error, peer);
  } finally {
    generator.kill();
    await peer?.stop();
  }
}

function durationsOf({ kind }: Workload, { warmUp, measured }: Durations): Durations {
  return { warmUp: kind === 'handshakes' ? HANDSHAKES_WARM_UP * warmUp : warmUp, measured };
}

interface PeerStart {
  readonly workload: Workload;
  readonly contestant: Contestant;
  readonly setup: RoundSetup;
  readonly port: number;
}

function startPeer({ workload, contestant, setup, port }: PeerStart): Promise<PeerProcess> {
  const { isSecure = false, compression = 'none' } = workload.kind === 'import' ? {} : workload;
  return PeerProcess.start({
    args: commandOf(contestant, workload, port),
    environment: {
      ...contestant.peer.environment,
      ...(isSecure ? { BENCH_TLS: setup.certificates } : {}),
      ...(compression === 'none' ? {} : { BENCH_COMPRESSION: compression }),
    },
    processor: setup.pinning.server,
  });
}

/** An error with what the peer wrote. */
function explained(error: unknown, peer: PeerProcess | undefined): Error {
  const problem = error instanceof Error ? error.message : String(error);
  const errors = peer?.errors ?? '';
  return new Error(errors === '' ? problem : `${problem} (${errors})`, { cause: error });
}
