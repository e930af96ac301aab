import type { Group } from '../workloads/workload.ts';

/** A page: its name, its heading, and what it says before its figures. */
export const GROUPS: readonly { readonly group: Group; readonly title: string; readonly text: string }[] = [
  {
    group: 'echo',
    title: 'Echo',
    text: 'Each message comes back as it is. With one outstanding, a connection waits for each reply: what counts is the way of one message through the kernel and the library. With 64, many messages are in one read and leave in one write.',
  },
  {
    group: 'hash',
    title: 'Hashes of long messages',
    text: 'The server answers with a SHA-256. Hashing alone takes much of the time, for all of them alike. Level 3 of the classes gets a message piece by piece as it arrives, and keeps nothing of it.',
  },
  {
    group: 'compression',
    title: 'Compression',
    text: 'permessage-deflate (RFC 7692), both ways. Millrace has a window of 8 KiB by default, where others have 32 KiB: that is part of the difference.',
  },
  {
    group: 'broadcast',
    title: 'Broadcasts',
    text: 'One connection sends, all receive. A message of the tables is one that is received; the latency is until the last one has it.',
  },
  {
    group: 'handshakes',
    title: 'Handshakes',
    text: 'Connect, upgrade, Close, the answer to it. The latency is until the connection is open.',
  },
  {
    group: 'memory',
    title: 'Memory, and time to load',
    text: 'Resident memory for each connection that has done one echo and then nothing, after collecting garbage; the first 200 do not count. And the CPU time of importing the package in a new process.',
  },
  {
    group: 'client',
    title: 'Clients',
    text: 'The peer is a client; the generator is the server, and it is the CPU time of the client that counts. It sends for a small message that it receives, or receives and sends a small one for each batch.',
  },
  {
    group: 'growth',
    title: 'As it grows',
    text: 'What an echo costs with more connections, and with longer messages. Both axes are logarithmic.',
  },
];
