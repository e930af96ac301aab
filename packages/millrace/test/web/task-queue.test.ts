import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { TaskQueue } from '../../src/web/task-queue.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('TaskQueue', () => {
  it('runs a task at once', () => {
    const lines: string[] = [];

    new TaskQueue().post(() => lines.push('task'));

    assert.deepEqual(lines, ['task']);
  });

  it('says when it is at rest', async () => {
    let rests = 0;
    const queue = new TaskQueue(() => rests++);
    assert.equal(queue.isBusy, false);
    queue.post(() => undefined);
    queue.post(() => undefined);
    assert.deepEqual([queue.isBusy, rests], [true, 0]);

    await new Promise((resolve) => setImmediate(resolve));

    assert.deepEqual([queue.isBusy, rests], [false, 1]);
  });

  it('lets all microtasks run between two tasks, and those that they ask for', async () => {
    const lines: string[] = [];
    const tasks = new TaskQueue();
    const task = async (name: string): Promise<void> => {
      lines.push(name);
      for (let step = 1; step <= 3; step++) await Promise.resolve();
      lines.push(`${name} done`);
    };

    for (const name of ['a', 'b', 'c']) tasks.post(() => void task(name));
    await turn();

    assert.deepEqual(lines, ['a', 'a done', 'b', 'b done', 'c', 'c done']);
  });

  it('runs a task that a task has posted after it, behind those that wait', async () => {
    const lines: string[] = [];
    const tasks = new TaskQueue();

    tasks.post(() => {
      lines.push('a');
      tasks.post(() => lines.push('a2'));
      lines.push('end of a');
    });
    tasks.post(() => lines.push('b'));
    await turn();
    tasks.post(() => lines.push('c'));

    assert.deepEqual(lines, ['a', 'end of a', 'a2', 'b', 'c']);
  });
});
