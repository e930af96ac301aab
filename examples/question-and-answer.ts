// Questions and answers: a client that asks, waits for each answer, and learns it as an error when there is none.
import assert from 'node:assert/strict';

import { ConnectionClosedError, connect, serve, type WebSocketConnection } from 'millrace';

/** Adds what it is asked to add, and has enough after the third question. */
const server = await serve({ host: '127.0.0.1', port: 0 }, async (connection) => {
  for (let count = 0; count < 3; count++) {
    const question = await connection.receive();
    // The client has closed the connection: nobody asks any more.
    if (question === undefined) return;
    const [left = 0, right = 0] = (await question.text()).split('+').map(Number);
    await connection.send(String(left + right));
  }
});

/** Where an answer must come, `expectMessage` throws if the connection ends instead; `receive` would give `undefined`. */
async function ask(connection: WebSocketConnection, question: string): Promise<string> {
  await connection.send(question);
  const answer = await connection.expectMessage({ signal: AbortSignal.timeout(5000) });
  return answer.text();
}

const connection = await connect(server.url);
for (const question of ['1 + 2', '20 + 22', '0.5 + 0.25'])
  console.log(`${question} = ${await ask(connection, question)}`);

try {
  console.log(await ask(connection, '1 + 1'));
  assert.fail('nobody was there to answer');
} catch (error) {
  if (!(error instanceof ConnectionClosedError)) throw error;
  console.log(`No answer: the server has closed the connection with ${String(error.closure.code)}`);
}
await server.close();
