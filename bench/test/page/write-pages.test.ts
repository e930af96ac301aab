import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import { writePages } from '../../page/write-pages.ts';
import { readStored, replaceStored, type StoredWorkload } from '../../results/stored.ts';
import { resultOf, storedOf } from '../helpers/made-up.ts';

const NINE = Array.from({ length: 9 }, (_, index) => 1 + index / 1000);

/** The same, so many times as large. */
function nine(factor: number): number[] {
  return NINE.map((each) => factor * each);
}

describe('writePages', () => {
  const folders: string[] = [];
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

  async function write(stored: readonly StoredWorkload[]): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-pages-'));
    folders.push(folder);
    await writePages(folder, stored);
    return folder;
  }

  function read(folder: string, name: string): string {
    return readFileSync(join(folder, name), 'utf8');
  }

  it('writes a row for each peer, with ratio and interval', async () => {
    const folder = await write([storedOf('echo-64', { millrace: nine(2), ws: nine(20), bun: nine(1) })]);

    const page = read(folder, 'echo.md');

    assert.match(page, /## echo 64 B, 16 connections, 64 outstanding/);
    assert.match(page, /\| Millrace, classes +\| +2\.01 \(2\.00–2\.01\) \| +10\.0 \(10\.0–10\.0\) \|/);
    assert.match(page, /2026-11-30, Millrace 0\.1\.0 \(abc1234\), 9 rounds/);
  });

  it('says where we lose, where we do not, and what cannot be told', async () => {
    const folder = await write([
      storedOf('echo-64', { millrace: nine(2), 'millrace-async': nine(30), ws: nine(20), bun: nine(1) }),
      storedOf('echo-4k', { millrace: [2, 2, 2], ws: [2.2, 2.2, 2.2] }),
    ]);

    const index = read(folder, 'README.md');

    assert.match(index, /ahead 1 times, behind 1 times, no difference that could be claimed 1 times/);
    assert.match(
      index,
      /Behind:\n\n- echo 64 B, 16 connections, 64 outstanding: Bun costs 0\.50 .* as Millrace, classes/,
    );
    assert.match(index, /claimed:\n\n- echo 4 KiB, 16 connections, 64 outstanding: ws costs 1\.10/);
    assert.match(index, /more than `ws`:\n\n- echo 64 B, .*: ws costs 0\.67 .* as Millrace, async function/);
  });

  it('has no plot or page that is not linked, and no link to nothing', async () => {
    const folder = await write([
      storedOf('echo-64', { millrace: nine(2), ws: nine(20) }),
      storedOf('broadcast', { millrace: nine(2), ws: nine(20) }),
      storedOf('size-64', { millrace: nine(2), ws: nine(20) }),
      storedOf('size-256', { millrace: nine(3), ws: nine(20) }),
    ]);
    const pages = readdirSync(folder).filter((name) => name.endsWith('.md'));
    const links = pages.flatMap((name) =>
      [...read(folder, name).matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link),
    );

    for (const link of links) assert.ok(existsSync(join(folder, link)), link);
    for (const plot of readdirSync(join(folder, 'plots'))) assert.ok(links.includes(`plots/${plot}`), plot);
    for (const page of pages) assert.ok(page === 'README.md' || links.includes(page), page);
    assert.deepEqual(readdirSync(join(folder, 'plots')).sort(), ['broadcast.svg', 'echo-64.svg', 'growth-bytes.svg']);
  });

  it('draws a bar and an interval for each peer', async () => {
    const folder = await write([storedOf('echo-64', { millrace: nine(2), ws: nine(20) })]);

    const svg = read(folder, 'plots/echo-64.svg');

    assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.match(svg, /<\/svg>\n$/);
    for (const text of ['Millrace, classes', 'ws', 'CPU time, µs/message']) assert.ok(svg.includes(`>${text}<`), text);
    assert.equal(svg.match(/fill="#0072b2"/g)?.length, 1);
    assert.equal(svg.match(/stroke="#000000"/gi)?.length ?? svg.match(/stroke="#000"/g)?.length, 2);
  });

  it('draws a line for each peer, through all points of a curve', async () => {
    const stored = [1, 4, 16, 1048576].map((size) =>
      storedOf(`size-${String(size)}`, { millrace: nine(size), ws: nine(20 * size) }),
    );

    const svg = read(await write(stored), 'plots/growth-bytes.svg');

    for (const text of ['Millrace, classes', 'ws', '1 MiB', 'bytes in a message']) assert.ok(svg.includes(text), text);
  });

  it('tells why a peer has no figures, in its row', async () => {
    const stored = storedOf('echo-64', { ws: nine(20) });
    const absent = resultOf('bun', [], 'it | is\nnot there');

    const folder = await write([{ ...stored, results: [...stored.results, absent] }]);

    assert.match(read(folder, 'echo.md'), /\| Bun +\| +it \\\| is not there \|/);
  });

  it('says that the machine was busy, if it was', async () => {
    const idle = await write([storedOf('echo-64', { ws: nine(20) })]);
    const busy = await write([storedOf('echo-64', { ws: nine(20) }, { loadAverage: 9 })]);

    assert.doesNotMatch(read(idle, 'README.md'), /busy/);
    assert.match(read(busy, 'README.md'), /The machine was busy with other work\*\* \(a load of up to 9/);
  });

  it('says that workloads are missing', async () => {
    const folder = await write([storedOf('echo-64', { ws: nine(20) })]);

    assert.match(read(folder, 'README.md'), /These are 1 of \d\d workloads/);
  });

  it('keeps results that it can read again, and removes plots that are there no more', async () => {
    const stored = [storedOf('echo-64', { ws: nine(20) })];
    const folder = await write(stored);
    writeFileSync(join(folder, 'plots/old.svg'), '');

    await writePages(folder, readStored(join(folder, 'results.json')));

    assert.deepEqual(readdirSync(join(folder, 'plots')), ['echo-64.svg']);
    assert.deepEqual(
      readStored(join(folder, 'results.json')).map(({ name }) => name),
      ['echo-64'],
    );
  });
});

describe('replaceStored', () => {
  it('replaces a workload, keeps others in their order, and forgets what there is no more', () => {
    const before = [storedOf('gone', {}), storedOf('broadcast', {}), storedOf('echo-64', {})];

    const after = replaceStored(before, storedOf('echo-64', {}, { date: '2026-12-01' }));

    assert.deepEqual(
      after.map(({ name, date }) => [name, date]),
      [
        ['echo-64', '2026-12-01'],
        ['broadcast', '2026-11-30'],
      ],
    );
  });
});
