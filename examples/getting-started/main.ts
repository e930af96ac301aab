// The server and the client of docs/getting-started.md, one after the other.
import { close } from './server.ts';

await import('./client.ts');
await close();
