import { ONE, REST } from './topic-name.ts';

/**
 * Says whether a pattern matches a topic: `*` is one segment, a final `**` one or more, all else is itself.
 *
 * @param pattern - checked
 * @param topic - checked
 */
export function matches(pattern: string, topic: string): boolean {
  const wanted = pattern.split('/');
  const segments = topic.split('/');
  for (const [index, segment] of wanted.entries()) {
    if (segment === REST) return segments.length > index;
    if (index >= segments.length) return false;
    if (segment !== ONE && segment !== segments[index]) return false;
  }
  return segments.length === wanted.length;
}

/** One segment of patterns, and what comes behind it. */
interface Branch<T> {
  readonly next: Map<string, Branch<T>>;
  /** Of the pattern that ends here. */
  value: T | undefined;
}

/** Values by pattern. All whose patterns match a topic are found without looking at the others. */
export class PatternIndex<T> {
  readonly #root: Branch<T> = createBranch();

  get(pattern: string): T | undefined {
    let branch: Branch<T> | undefined = this.#root;
    for (const segment of pattern.split('/')) branch = branch?.next.get(segment);
    return branch?.value;
  }

  set(pattern: string, value: T): void {
    let branch = this.#root;
    for (const segment of pattern.split('/')) {
      let next = branch.next.get(segment);
      if (next === undefined) branch.next.set(segment, (next = createBranch()));
      branch = next;
    }
    branch.value = value;
  }

  delete(pattern: string): void {
    const path: (readonly [Branch<T>, string])[] = [];
    let branch = this.#root;
    for (const segment of pattern.split('/')) {
      const next = branch.next.get(segment);
      if (next === undefined) return;
      path.push([branch, segment]);
      branch = next;
    }
    branch.value = undefined;
    for (const [parent, segment] of path.reverse()) {
      const child = parent.next.get(segment);
      if (child === undefined || child.value !== undefined || child.next.size > 0) return;
      parent.next.delete(segment);
    }
  }

  /** Whether there is no pattern. */
  get isEmpty(): boolean {
    return this.#root.next.size === 0;
  }

  /** All values whose pattern matches a topic. */
  matching(topic: string): T[] {
    const found: T[] = [];
    let branches = [this.#root];
    for (const segment of topic.split('/')) {
      const next: Branch<T>[] = [];
      for (const branch of branches) {
        const rest = branch.next.get(REST)?.value;
        if (rest !== undefined) found.push(rest);
        for (const name of [segment, ONE]) {
          const child = branch.next.get(name);
          if (child !== undefined) next.push(child);
        }
      }
      branches = next;
    }
    for (const { value } of branches) if (value !== undefined) found.push(value);
    return found;
  }
}

function createBranch<T>(): Branch<T> {
  return { next: new Map(), value: undefined };
}
