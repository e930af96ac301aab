// Runs in the page.
import { parseTask } from './parse-task.ts';
import { connectWebSocket } from './whatwg.ts';

while (true) {
  const response = await fetch('/task');
  const task = parseTask(await response.text());
  const { report } = connectWebSocket((url, subprotocols) => new WebSocket(url, subprotocols), task);
  await fetch('/report', { method: 'POST', body: JSON.stringify(await report) });
}
