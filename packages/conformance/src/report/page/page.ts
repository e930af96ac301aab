// The script of the report. It is put into the page as it is compiled: a module that imports nothing but types.
import type { Agent, CaseInfo, Frame, LogEntry, ReportData, Result, Verdict } from './data.ts';

const VERDICTS: readonly Verdict[] = ['ok', 'non-strict', 'informational', 'unimplemented', 'failed'];

const SYMBOLS: Readonly<Record<Verdict, string>> = {
  ok: '✓',
  'non-strict': '~',
  informational: 'i',
  unimplemented: '–',
  failed: '✗',
};

const OPCODES: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'Close',
  9: 'ping',
  10: 'pong',
};

type Child = Node | string | undefined;

/** Which cases are shown. */
interface Filter {
  verdicts: Set<Verdict>;
  group: string;
  words: string;
  differing: boolean;
}

const filter: Filter = { verdicts: new Set(), group: '', words: '', differing: false };
const data = readData();
const results = data.agents.map((agent) => new Map(agent.cases.map((result) => [result.id, result])));
const rows = new Map<string, HTMLTableRowElement>();
const groupRows = new Map<string, HTMLTableRowElement>();

document.querySelector('main')?.append(renderAgents(), renderFilters(), renderMatrix());
applyFilter();
openFromAddress();
window.addEventListener('hashchange', openFromAddress);

function readData(): ReportData {
  const empty: ReportData = { groups: {}, cases: [], agents: [] };
  const parsed: unknown = JSON.parse(document.getElementById('data')?.textContent ?? '{}');
  return Object.assign(empty, parsed);
}

function element(name: string, attributes: Record<string, string>, ...children: Child[]): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

function renderAgents(): HTMLElement {
  return element('section', { class: 'agents' }, ...data.agents.map(renderAgent));
}

function renderAgent(agent: Agent): HTMLElement {
  const counts = VERDICTS.map((verdict) => [verdict, countOf(agent, verdict)] as const).filter(
    ([, count]) => count > 0,
  );
  const bar = counts.map(([verdict, count]) =>
    element('span', {
      'data-verdict': verdict,
      style: `flex-grow: ${String(count)}`,
      title: `${verdict}: ${String(count)}`,
    }),
  );
  const legend = counts.map(([verdict, count]) =>
    element('span', { 'data-verdict': verdict, class: 'verdict' }, `${SYMBOLS[verdict]} ${String(count)} ${verdict}`),
  );
  const excluded = agent.excluded.length === 0 ? '' : `, ${String(agent.excluded.length)} excluded`;
  return element(
    'div',
    { class: 'agent' },
    element('b', {}, agent.agent),
    element('span', { class: 'faint' }, ` ${agent.role}, ${String(agent.cases.length)} cases${excluded}`),
    element('div', { class: 'bar' }, ...bar),
    element('div', { class: 'counts' }, ...legend),
    element('div', { class: 'faint counts' }, `${agent.date.slice(0, 16).replace('T', ' ')} UTC, suite ${agent.suite}`),
  );
}

/** One library may be there in both roles. */
function nameOf({ agent, role }: Agent): string {
  const alone = data.agents.filter((other) => other.agent === agent).length === 1;
  return alone ? agent : `${agent} ${role}`;
}

function countOf(agent: Agent, verdict: Verdict): number {
  return agent.cases.filter((result) => result.verdict === verdict).length;
}

function renderFilters(): HTMLElement {
  const buttons = VERDICTS.map((verdict) =>
    toggle(`${SYMBOLS[verdict]} ${verdict}`, { 'data-verdict': verdict }, (pressed) => {
      if (pressed) filter.verdicts.add(verdict);
      else filter.verdicts.delete(verdict);
    }),
  );
  const differing = toggle('differing', { title: 'agents of one role do not agree' }, (pressed) => {
    filter.differing = pressed;
  });
  const options = Object.entries(data.groups).map(([id, name]) => element('option', { value: id }, `${id} ${name}`));
  const group = element(
    'select',
    { 'aria-label': 'group' },
    element('option', { value: '' }, 'all groups'),
    ...options,
  );
  group.addEventListener('change', () => {
    if (group instanceof HTMLSelectElement) filter.group = group.value;
    applyFilter();
  });
  const search = element('input', { type: 'search', placeholder: 'id or words', 'aria-label': 'search' });
  search.addEventListener('input', () => {
    if (search instanceof HTMLInputElement) filter.words = search.value.toLowerCase();
    applyFilter();
  });
  const shown = element('span', { id: 'shown', class: 'faint', role: 'status' });
  return element('nav', { class: 'filters' }, ...buttons, differing, group, search, shown);
}

function toggle(label: string, attributes: Record<string, string>, onChange: (pressed: boolean) => void): HTMLElement {
  const button = element('button', { type: 'button', 'aria-pressed': 'false', ...attributes }, label);
  button.addEventListener('click', () => {
    const pressed = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(pressed));
    onChange(pressed);
    applyFilter();
  });
  return button;
}

function renderMatrix(): HTMLElement {
  const columns = data.agents.map((agent) =>
    element('th', { class: 'column', scope: 'col' }, element('span', {}, nameOf(agent))),
  );
  const head = element('tr', {}, element('th', { colspan: '2' }, ''), ...columns);
  const body: HTMLElement[] = [];
  let group = '';
  for (const info of data.cases) {
    if (info.group !== group) {
      group = info.group;
      body.push(renderGroup(group));
    }
    body.push(renderCase(info));
  }
  return element('table', { class: 'matrix' }, element('thead', {}, head), element('tbody', {}, ...body));
}

function renderGroup(group: string): HTMLElement {
  const span = String(2 + data.agents.length);
  const row = document.createElement('tr');
  row.className = 'group';
  row.append(element('th', { colspan: span, scope: 'rowgroup' }, `${group} ${data.groups[group] ?? ''}`));
  groupRows.set(group, row);
  return row;
}

function renderCase(info: CaseInfo): HTMLElement {
  const cells = results.map((byId, index) => {
    const result = byId.get(info.id);
    if (result === undefined) return element('td', { class: 'cell faint' }, '');
    const agent = data.agents[index];
    const title = `${agent === undefined ? '' : nameOf(agent)}: ${result.verdict}`;
    const attributes = { class: 'cell', 'data-verdict': result.verdict, title, 'aria-label': result.verdict };
    return element('td', attributes, SYMBOLS[result.verdict]);
  });
  const row = document.createElement('tr');
  row.className = 'case';
  // The button is for the keyboard and for those who listen; a click on it is one on the row.
  const opener = element('button', { type: 'button', class: 'opener', 'aria-expanded': 'false' }, info.title);
  row.append(element('td', { class: 'id' }, info.id), element('td', { class: 'title' }, opener), ...cells);
  row.addEventListener('click', () => toggleDetails(info));
  rows.set(info.id, row);
  return row;
}

function applyFilter(): void {
  const groups = new Set<string>();
  let count = 0;
  for (const info of data.cases) {
    const visible = isShown(info);
    const row = rows.get(info.id);
    if (row === undefined) continue;
    row.hidden = !visible;
    const next = row.nextElementSibling;
    if (next instanceof HTMLElement && next.className === 'details') next.hidden = !visible;
    if (!visible) continue;
    groups.add(info.group);
    count++;
  }
  for (const [group, row] of groupRows) row.hidden = !groups.has(group);
  const shown = document.getElementById('shown');
  if (shown !== null) shown.textContent = `${String(count)} of ${String(data.cases.length)}`;
}

function isShown(info: CaseInfo): boolean {
  if (filter.group !== '' && info.group !== filter.group) return false;
  const text = `${info.id} ${info.title} ${info.section}`.toLowerCase();
  if (filter.words !== '' && !text.includes(filter.words)) return false;
  const found = results.flatMap((byId) => byId.get(info.id) ?? []);
  if (filter.verdicts.size > 0 && !found.some(({ verdict }) => filter.verdicts.has(verdict))) return false;
  return !filter.differing || new Set(found.map(({ verdict }) => verdict)).size > 1;
}

function toggleDetails(info: CaseInfo): void {
  const row = rows.get(info.id);
  const next = row?.nextElementSibling;
  const open = next?.className !== 'details';
  if (open) row?.after(renderDetails(info));
  else next.remove();
  row?.querySelector('.opener')?.setAttribute('aria-expanded', String(open));
}

function openFromAddress(): void {
  const id = decodeURIComponent(location.hash.slice(1));
  const info = data.cases.find((one) => one.id === id);
  const row = rows.get(id);
  if (info === undefined || row === undefined) return;
  if (row.nextElementSibling?.className !== 'details') toggleDetails(info);
  row.scrollIntoView({ block: 'center' });
}

function renderDetails(info: CaseInfo): HTMLElement {
  const list = data.agents.map((agent, index) => renderResult(agent, results[index]?.get(info.id)));
  const cell = element(
    'td',
    { colspan: String(2 + data.agents.length) },
    element('p', {}, info.description),
    element(
      'p',
      { class: 'faint' },
      `${info.section.startsWith('§') ? 'RFC 6455 ' : ''}${info.section}. Expected: ${info.expectation}`,
    ),
    element('div', { class: 'results' }, ...list),
  );
  return element('tr', { class: 'details' }, cell);
}

function renderResult(agent: Agent, result: Result | undefined): HTMLElement | undefined {
  if (result === undefined) return undefined;
  const { verdict, duration, reason, log } = result;
  return element(
    'section',
    { class: 'result', 'data-verdict': verdict },
    element('b', {}, nameOf(agent)),
    ' ',
    element('span', { class: 'verdict' }, verdict),
    element('span', { class: 'faint' }, ` ${String(duration)} ms`),
    reason === undefined ? undefined : element('p', {}, reason),
    element('ol', { class: 'log' }, ...log.map(renderEntry)),
  );
}

function renderEntry({ at, from, text, frame, times }: LogEntry): HTMLElement {
  const arrow = { suite: '→', peer: '←', note: '·' }[from];
  const body =
    frame === undefined
      ? element('pre', { class: from === 'note' ? 'faint' : '' }, (text ?? '').trimEnd())
      : renderFrame(frame);
  if (times !== undefined) body.append(element('span', { class: 'faint' }, ` … ${String(times)} times in all`));
  return element(
    'li',
    { class: `from-${from}`, title: from === 'note' ? '' : `from the ${from}` },
    element('span', { class: 'at' }, at === 0 ? '' : at.toFixed(1)),
    element('span', {}, arrow),
    body,
  );
}

function renderFrame(frame: Frame): HTMLElement {
  const name = OPCODES[frame.opcode] ?? `opcode 0x${frame.opcode.toString(16).toUpperCase()}`;
  const flags = [
    frame.fin ? 'FIN' : 'no FIN',
    ...['RSV3', 'RSV2', 'RSV1'].filter((_, bit) => (frame.reservedBits & (1 << bit)) !== 0),
    frame.key === undefined ? 'unmasked' : `masked ${frame.key}`,
    `${frame.length} bytes`,
  ];
  return element(
    'div',
    {},
    element('b', {}, name),
    ` ${flags.join(', ')}`,
    frame.oddHeader === undefined ? undefined : element('div', { class: 'hex' }, `header ${frame.oddHeader}`),
    frame.data === '' ? undefined : element('div', {}, element('code', {}, decode(frame))),
    frame.data === '' ? undefined : element('div', { class: 'hex' }, frame.data),
  );
}

/** The payload in words: a close code with its reason, or text. */
function decode({ opcode, data: hex, length }: Frame): string {
  const bytes = Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16));
  const more = Number(length) > bytes.length ? '…' : '';
  const isClose = opcode === 8 && bytes.length >= 2;
  const text = JSON.stringify(new TextDecoder().decode(isClose ? bytes.subarray(2) : bytes)) + more;
  if (!isClose) return text;
  return `code ${String(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0))}${bytes.length > 2 ? ` ${text}` : ''}`;
}
