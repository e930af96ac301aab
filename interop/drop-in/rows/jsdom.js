import { JSDOM } from 'jsdom';
import { WebSocketServer } from 'ws';

import { once, run } from '../row.js';

await run(['jsdom'], async (check) => {
  const server = new WebSocketServer({ port: 0 });
  server.on('connection', (webSocket, request) => {
    webSocket.send(`origin ${request.headers.origin}`);
    webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
  });
  await once(server, 'listening');
  const { window } = new JSDOM('', { url: 'http://127.0.0.1/', runScripts: 'outside-only' });
  const script = `new Promise((resolve, reject) => {
    const socket = new WebSocket('ws://127.0.0.1:${server.address().port}/');
    socket.binaryType = 'arraybuffer';
    const got = [];
    socket.onmessage = ({ data }) => {
      got.push(typeof data === 'string' ? data : [...new Uint8Array(data)].join());
      if (got.length === 1) { socket.send('hi'); socket.send(new Uint8Array([1, 2, 3])); }
      if (got.length === 3) socket.close(4000, 'bye');
    };
    socket.onclose = ({ code, reason, wasClean }) => resolve(JSON.stringify({ got, code, reason, wasClean }));
    socket.onerror = () => reject(new Error('failed'));
  })`;
  check(
    JSON.parse(await window.eval(script)),
    { got: ['origin http://127.0.0.1', 'hi', '1,2,3'], code: 4000, reason: 'bye', wasClean: true },
    'the WebSocket of a page',
  );
  window.close();
  server.close();
});
