/** A defect of ours, made in a copy of the library, and the cases that must notice it. */
export interface Mutation {
  readonly name: string;
  /** What stands in the built library: in one place, unless it is to be replaced in several. */
  readonly text: string;
  readonly replacement: string;
  readonly places?: number;
  /** The peer that it is tried with, and part of the names of the cases. */
  readonly peer: string;
  readonly cases: string;
}

/** Each defect that a row of the table is there for. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'ignores fragmentSize',
    text: 'while (payload.length - start > fragmentSize) {',
    replacement: 'while (false) {',
    peer: 'ws',
    cases: 'fragmented by us: message, binary, 65536',
  },
  {
    name: 'answers every Close with 1000',
    text: 'abandon(body) {',
    places: 2,
    replacement: 'abandon(_) { const body = Uint8Array.of(3, 232);',
    peer: 'ws',
    cases: 'closed by the peer: 3000',
  },
  {
    name: 'leaves the reason out of its Close',
    text: 'const reason = text.encode(body.reason);',
    replacement: "const reason = text.encode('');",
    peer: 'ws',
    cases: 'closed by us: 3000',
  },
  {
    name: 'hides the reason of a Close from the application',
    text: 'return { code, reason: text.decode(reason) };',
    replacement: "return { code, reason: '' };",
    peer: 'ws',
    cases: 'closed by the peer: 3000',
  },
  {
    name: 'tells the application 1000 for every code',
    text: 'return { code, reason: text.decode(reason) };',
    replacement: 'return { code: 1000, reason: text.decode(reason) };',
    peer: 'ws',
    cases: 'closed by the peer: 3000',
  },
  {
    name: 'answers pings without their payload',
    text: 'const byte0 = firstHeaderByte(true, 0, Opcode.PONG);',
    replacement: 'payload = new Uint8Array(0); const byte0 = firstHeaderByte(true, 0, Opcode.PONG);',
    peer: 'ws',
    cases: 'ping by the peer: message, text',
  },
  {
    name: 'sends a ping inside a frame',
    text: '#mustOvertake() {',
    replacement: '#mustOvertake() { return false;',
    peer: 'ws',
    cases: 'inside our message: streaming, text',
  },
  {
    name: 'hides the payload of a pong from the application',
    text: 'hooks.onPong(payload)',
    replacement: 'hooks.onPong(new Uint8Array(0))',
    peer: 'ws',
    cases: 'ping by us: message, text',
  },
  {
    name: 'masks all frames with one key',
    text: 'const key = this.#keys[this.#next];',
    replacement: 'const key = 0x12345678;',
    peer: 'ws',
    cases: 'our frame level: frame, binary, 126',
  },
  {
    name: 'masks, and does not say so',
    text: 'const maskBit = maskingKey === undefined ? 0 : MASK;',
    replacement: 'const maskBit = 0;',
    peer: 'ws',
    cases: 'text: message, text, 126',
  },
  {
    name: 'writes 16-bit lengths in 64 bits',
    text: 'length <= 0xffff',
    replacement: 'length < 0',
    places: 2,
    peer: 'ws',
    cases: 'binary: message, binary, 126',
  },
  {
    name: 'sends text as binary, with protocol classes',
    text: 'const opcode = binary ? MessageType.BINARY : MessageType.TEXT;',
    replacement: 'const opcode = MessageType.BINARY;',
    peer: 'ws',
    cases: 'text: message, text, 126',
  },
  {
    name: 'sends text as binary, with writers of connections',
    text: "this.#type === 'text' ? MessageType.TEXT : MessageType.BINARY",
    replacement: 'MessageType.BINARY',
    peer: 'ws',
    cases: 'connections: frames: frame, text, 126',
  },
  {
    name: 'takes text for binary and binary for text, with protocol classes',
    text: 'hooks.onMessage(payload, opcode !== Opcode.TEXT)',
    replacement: 'hooks.onMessage(payload, opcode === Opcode.TEXT)',
    peer: 'ws',
    cases: 'binary: message, binary, 126',
  },
  {
    name: 'takes text for binary, with connections',
    text: "opcode === Opcode.TEXT ? 'text' : 'binary'",
    replacement: "'binary'",
    peer: 'ws',
    cases: 'connections: whole messages: message, text, 126',
  },
  {
    name: 'hands long text over as bytes, with callbacks',
    text: 'return this.#opcode === Opcode.TEXT ? this.#text.decode(bytes) : bytes;',
    replacement: 'return bytes;',
    peer: 'ws',
    cases: 'callbacks: whole messages: message, text, 1048576',
  },
  {
    name: 'drops U+FEFF from the beginning of a text',
    text: 'ignoreBOM: true',
    replacement: 'ignoreBOM: false',
    places: 4,
    peer: 'ws',
    cases: 'text with U+FEFF: message',
  },
  {
    name: 'loses the first byte of each frame, at the frame level',
    text: 'hooks.onMessageFrame(payload, ',
    replacement: 'hooks.onMessageFrame(payload.subarray(1), ',
    peer: 'ws',
    cases: 'our frame level: frame, binary, 126',
  },
  {
    name: 'never ends a message that it sends in frames',
    text: 'this.sendFrame(EMPTY, { final: true });',
    replacement: '',
    peer: 'ws',
    cases: 'our frame level: frame, binary, 126',
  },
  {
    name: 'agrees to a subprotocol, and does not say so',
    text: "fields.push(['Sec-WebSocket-Protocol', subprotocol]);",
    replacement: '',
    peer: 'ws',
    cases: 'subprotocol: agreed',
  },
  {
    name: 'offers no subprotocols',
    text: "fields.push(['Sec-WebSocket-Protocol', checkSubprotocols(subprotocols).join(', ')]);",
    replacement: '',
    peer: 'ws',
    cases: 'subprotocol: agreed',
  },
  {
    name: 'closes a WebSocketStream without its code',
    text: 'session.close(info);',
    replacement: "session.close({ code: undefined, reason: '' });",
    peer: 'ws',
    cases: 'WebSocketStream: closed by us: 3000',
  },
  {
    name: 'hides the reason of a Close, with WebSocket',
    text: "new CloseEvent('close', { wasClean, code, reason })",
    replacement: "new CloseEvent('close', { wasClean, code, reason: '' })",
    peer: 'ws',
    cases: 'WebSocket: closed by the peer: 3000',
  },
];
