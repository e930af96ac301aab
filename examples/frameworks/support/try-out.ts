import assert from 'node:assert/strict';

import { connect } from 'millrace';

import { urlOf } from '../../support/url-of.ts';

/** Logs in by HTTP, then connects to /live with the cookie, and without it. */
export async function tryOut(httpServer: { address(): unknown }): Promise<void> {
  const url = urlOf(httpServer);

  const page = await fetch(`${url.replace('ws', 'http')}/login/Ada`, { method: 'POST' });
  assert.equal(await page.text(), 'Welcome, Ada');
  const [cookie = ''] = page.headers.getSetCookie().map((line) => line.replace(/;.*/, ''));
  console.log('HTTP: Welcome, Ada');

  const connection = await connect(`${url}/live`, { headers: { cookie } });
  await connection.send('Hello');
  const answer = await (await connection.receive())?.text();
  assert.equal(answer, 'Ada says Hello');
  console.log(`WebSocket: ${answer}`);
  await connection.close();

  await assert.rejects(connect(`${url}/live`), { status: 403, body: /log in first/ });
  console.log('Without the cookie: 403');
}
