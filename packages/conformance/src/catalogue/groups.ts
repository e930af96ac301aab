/** What each group of cases is about, by the first number of their ids. */
export const GROUPS: Readonly<Record<string, string>> = {
  '1': 'Framing',
  '2': 'Pings and pongs',
  '3': 'Reserved bits',
  '4': 'Opcodes',
  '5': 'Fragmentation',
  '6': 'UTF-8',
  '7': 'Closing',
  '9': 'Limits and sizes',
  '10': 'Automatic fragmentation',
  '12': 'Compression',
  '13': 'Agreeing on compression',
  '14': 'Lengths',
  '15': 'Segmentation',
  '16': 'Control frames inside messages',
  '17': 'Close races',
  '18': 'Resource attacks',
  '20': 'Opening handshake of a server',
  '21': 'Opening handshake of a client',
};

/** The number of a case's group. */
export function groupOf(id: string): string {
  return id.split('.', 1)[0] ?? id;
}
