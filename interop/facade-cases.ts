// Cases with the parts of Millrace besides protocol classes, as data.
import { CUT, LEVELS, MIB, SUBPROTOCOL, closings, create, echoes, group, mixed, pings } from './case-dsl.ts';
import type { CaseGroup, Facade, Manner, TestCase } from './test-case.ts';

/** Each form of the payload length, and several reads of a socket. */
const SIZES = [0, 126, 65_536, MIB];

/** The groups of every part. */
export const FACADE_GROUPS: readonly CaseGroup[] = [
  group('connections: whole messages', echo('connections', {})),
  group('connections: frames', echo('connections', { level: 'frame', fragments: CUT })),
  group('connections: streams', echo('connections', { level: 'streaming', fragments: CUT })),
  group('connections: fragmented by us', echo('connections', { fragments: CUT })),
  group('connections: fragmented by the peer', fragmentedByPeer('connections')),
  group('connections: ping by the peer', pings('peer', [{}], 'connections')),
  group('connections: ping by us', pings('us', [{}], 'connections')),
  group('connections: – inside our message', pings('us', [{ level: 'frame' }, { level: 'streaming' }], 'connections')),
  group('connections: closed by the peer', closings('peer', 'connections')),
  group('connections: closed by us', closings('us', 'connections')),
  group('connections: subprotocol', subprotocols('connections')),
  group('callbacks: whole messages', echo('callbacks', {}), ['client']),
  group('callbacks: fragmented by us', echo('callbacks', { fragments: CUT }), ['client']),
  group('callbacks: closed by the peer', closings('peer', 'callbacks'), ['client']),
  group('callbacks: closed by us', closings('us', 'callbacks'), ['client']),
  group('callbacks: subprotocol', subprotocols('callbacks'), ['client']),
  group('WebSocket: whole messages', echo('WebSocket', {}), ['server']),
  group('WebSocket: fragmented by us', echo('WebSocket', { fragments: CUT }), ['server']),
  group('WebSocket: closed by the peer', closings('peer', 'WebSocket'), ['server']),
  group('WebSocket: closed by us', closings('us', 'WebSocket'), ['server']),
  group('WebSocket: subprotocol', subprotocols('WebSocket'), ['server']),
  group('WebSocketStream: whole messages', echo('WebSocketStream', {})),
  group('WebSocketStream: fragmented by us', echo('WebSocketStream', { fragments: CUT })),
  group('WebSocketStream: closed by the peer', closings('peer', 'WebSocketStream')),
  group('WebSocketStream: closed by us', closings('us', 'WebSocketStream')),
  group('WebSocketStream: subprotocol', subprotocols('WebSocketStream')),
];

function echo(facade: Facade, ours: Partial<Manner>): TestCase[] {
  return echoes({ facade, contents: mixed(SIZES), ours: [ours] });
}

function fragmentedByPeer(facade: Facade): TestCase[] {
  const ours = LEVELS.map((level) => ({ level }));
  return echoes({ facade, contents: mixed([126, MIB]), ours, theirs: [{ fragments: CUT }] });
}

function subprotocols(facade: Facade): TestCase[] {
  return [
    create('agreed', { facade, subprotocols: ['other', SUBPROTOCOL] }),
    create('none offered', { facade, subprotocols: [] }),
  ];
}
