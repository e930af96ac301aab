import { WebSocketProvider } from 'ethers';
import { WebSocketServer } from 'ws';

import { once, run } from '../row.js';

await run(['ethers'], async (check) => {
  const server = new WebSocketServer({ port: 0 });
  server.on('connection', (webSocket) => {
    webSocket.on('message', (data) => {
      const answers = { eth_chainId: '0x1', eth_blockNumber: '0x10', eth_subscribe: '0xabc' };
      const asked = JSON.parse(String(data));
      for (const { id, method } of [asked].flat()) {
        webSocket.send(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? null }));
        if (method === 'eth_subscribe') setImmediate(() => notify(webSocket));
      }
    });
  });
  await once(server, 'listening');
  const provider = new WebSocketProvider(`ws://127.0.0.1:${server.address().port}`);
  check(await provider.getBlockNumber(), 16, 'a request');
  check((await provider.getNetwork()).chainId, 1n, 'another');
  const block = new Promise((resolve) => provider.once('block', resolve));
  check(await block, 17, 'a subscription');
  await provider.destroy();
  server.close();
});

function notify(webSocket) {
  const params = { subscription: '0xabc', result: { number: '0x11', hash: `0x${'0'.repeat(64)}` } };
  webSocket.send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params }));
}
