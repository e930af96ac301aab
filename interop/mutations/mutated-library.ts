import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { INTEROP_FOLDER } from '../install.ts';
import type { Mutation } from './mutation.ts';

const ROOT = join(INTEROP_FOLDER, '..');
const LIBRARY = fileURLToPath(new URL('../../', import.meta.resolve('millrace')));

/**
 * A copy of this program and of the built library, in which one thing at a time is changed. The rest of what they need is linked.
 */
export class MutatedLibrary {
  /** The program of the copy. */
  readonly program: string;
  readonly #code: string;

  /** @param folder - to be created */
  constructor(folder: string) {
    const modules = join(folder, 'node_modules');
    const program = join(folder, 'interop');
    mkdirSync(modules, { recursive: true });
    mkdirSync(program);
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (name !== 'millrace') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    for (const name of ['node_modules', 'python']) symlinkSync(join(INTEROP_FOLDER, name), join(program, name));
    cpSync(join(INTEROP_FOLDER, 'dist'), join(program, 'dist'), { recursive: true });
    cpSync(join(INTEROP_FOLDER, 'package.json'), join(program, 'package.json'));
    cpSync(join(LIBRARY, 'package.json'), join(modules, 'millrace/package.json'));
    cpSync(join(LIBRARY, 'dist/src'), join(modules, 'millrace/dist/src'), { recursive: true });
    this.program = join(program, 'dist/main.js');
    this.#code = join(modules, 'millrace/dist/src');
  }

  /**
   * Runs something with a mutation, which is taken back afterwards.
   *
   * @throws {Error} its text is not there as often as it should be
   */
  async with<T>({ name, text, replacement, places = 1 }: Mutation, act: () => Promise<T>): Promise<T> {
    const originals = this.#findFiles(text);
    const count = [...originals.values()].reduce((sum, code) => sum + code.split(text).length - 1, 0);
    if (count !== places) {
      throw new Error(`"${name}": its text occurs ${count} times in the built library, and not ${places}: ${text}`);
    }
    for (const [file, code] of originals)
      writeFileSync(
        file,
        code.replaceAll(text, () => replacement),
      );
    try {
      return await act();
    } finally {
      for (const [file, code] of originals) writeFileSync(file, code);
    }
  }

  #findFiles(text: string): Map<string, string> {
    const files = readdirSync(this.#code, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
    const contents = files.map((file): [string, string] => {
      const path = join(this.#code, file);
      return [path, readFileSync(path, 'utf8')];
    });
    return new Map(contents.filter(([, code]) => code.includes(text)));
  }
}
