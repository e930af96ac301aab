import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { attackOf } from './attacks.js';
import { change, compile } from './defence-change.js';
import { ROOT, filesBelow } from './paths.js';

/** In milliseconds. */
const TEST_LIMIT = 15_000;

/** In milliseconds, for all test files of a row: a changed library may hang. */
const ROW_LIMIT = 60_000;

/** A copy of the compiled library and its tests, in which one source at a time is changed. */
export class Proof {
  #folder;
  #package;
  #rows;

  /**
   * Makes the copy. The sources that will be changed are compiled anew, just as they will be when changed.
   *
   * @param {string} folder to be created
   * @param {readonly import('./defences.js').Defence[]} rows
   * @param {string} name of the folder of the package, below packages
   */
  constructor(folder, rows, name) {
    this.#folder = folder;
    this.#package = join(ROOT, 'packages', name);
    this.#rows = rows;
    mkdirSync(folder, { recursive: true });
    cpSync(join(this.#package, 'dist'), join(folder, 'dist'), { recursive: true });
    cpSync(join(this.#package, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
    for (const file of new Set(rows.map((row) => row.file))) this.#write(file, this.#readSource(file));
  }

  /**
   * Runs all tests that some row names, without any change.
   *
   * @param {number} processes
   * @returns {Promise<string[]>} what is red
   */
  async listRed(processes) {
    const { isGreen, output } = await this.#run(
      this.#rows.flatMap((row) => row.tests),
      { processes },
    );
    if (isGreen) return [];
    const red = output.split('\n').filter((line) => line.trimStart().startsWith('not ok'));
    return red.length > 0 ? red : [output];
  }

  /**
   * Runs the tests of one row without the defence.
   *
   * @param {import('./defences.js').Defence} row
   * @returns {Promise<{ result: 'red' | 'GREEN' | 'ERROR', notice: string }>} red is good, and `notice` is the test that noticed; otherwise it is the error
   */
  async prove({ id, file, place, text, replacement, tests }) {
    const source = this.#readSource(file);
    try {
      this.#write(file, change(source, { place, text, replacement }));
      const { isGreen, output } = await this.#run(tests, { stopsAtRed: true, name: attackOf(id) });
      const [, notice = 'it does not end'] = /^ *not ok \d+ - (.*)$/m.exec(output) ?? [];
      return isGreen ? { result: 'GREEN', notice: '' } : { result: 'red', notice };
    } catch (error) {
      return { result: 'ERROR', notice: String(error) };
    } finally {
      this.#write(file, source);
    }
  }

  /**
   * @param {string} file below the sources
   * @returns {string}
   */
  #readSource(file) {
    return readFileSync(join(this.#package, 'src', file), 'utf8');
  }

  /**
   * @param {string} file
   * @param {string} source
   */
  #write(file, source) {
    writeFileSync(join(this.#folder, 'dist', 'src', file.replace(/\.ts$/, '.js')), compile(source, file));
  }

  /**
   * @param {readonly string[]} patterns
   * @param {{ processes?: number, stopsAtRed?: boolean, name?: string | undefined }} options `name` is a part of the names of the tests to run
   * @returns {Promise<{ isGreen: boolean, output: string }>}
   */
  #run(patterns, { processes = 1, stopsAtRed = false, name }) {
    const files = findTests(join(this.#folder, 'dist', 'test'), patterns);
    const limits = [`--test-concurrency=${String(processes)}`, `--test-timeout=${String(TEST_LIMIT)}`];
    const selected = name === undefined ? [] : [`--test-name-pattern=\\b${name}\\b`];
    const args = ['--test', '--test-reporter=tap', ...limits, ...selected, ...files];
    const child = spawn(process.execPath, args, { cwd: this.#folder, detached: process.platform !== 'win32' });
    const timer = setTimeout(() => kill(child), Math.max(ROW_LIMIT, files.length * TEST_LIMIT));
    /** @type {string[]} */
    const output = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output.push(String(text));
        if (stopsAtRed && /^ *not ok/m.test(String(text))) kill(child);
      });
    }
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(timer);
        resolve({ isGreen: code === 0, output: output.join('') });
      });
    });
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} patterns
 * @returns {string[]} the compiled test files whose path below the folder begins with a pattern
 */
function findTests(folder, patterns) {
  const all = filesBelow(folder).filter((file) => file.endsWith('.test.js'));
  const found = [...new Set(patterns)].flatMap((pattern) => {
    const files = all.filter((file) => file.startsWith(join(folder, pattern)));
    if (files.length === 0) throw new Error(`no test file begins with ${pattern}`);
    return files;
  });
  return [...new Set(found)];
}

/**
 * Ends a test runner and its test at once: asked politely, the runner may wait for ever for a test that hangs.
 *
 * @param {import('node:child_process').ChildProcess} child with a process group of its own, where there are any
 */
function kill(child) {
  if (child.pid === undefined || process.platform === 'win32') {
    child.kill();
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
