/**
 * The rooms of the house and what each may import: the table of docs/architecture.md. Imports run
 * downwards only. A room may always import from itself.
 */
export type Room = {
  /** Folder, relative to the checkout. */
  folder: string;
  mayImport: readonly Permission[];
  /** Modules that the room must do without, though others have them. */
  without: readonly Exclusion[];
};

export type Permission = {
  /** Folder or file. */
  from: string;
  /** `types`: nothing of it may be there when the program runs. */
  what: 'all' | 'types';
};

type Exclusion = { module: RegExp; why: string };

const all = (from: string): Permission => ({ from, what: 'all' });
const types = (from: string): Permission => ({ from, what: 'types' });

const electron: Exclusion = { module: /^electron$/, why: 'it runs without Electron' };
const node: Exclusion = { module: /^node:/, why: 'it runs in a browser too' };

const contract = 'src/contract';
const desktops = 'src/desktops';

export const rooms: readonly Room[] = [
  { folder: contract, mayImport: [], without: [electron, node] },
  { folder: 'src/terminal', mayImport: [all(contract)], without: [electron, node] },
  { folder: desktops, mayImport: [all(contract)], without: [electron] },
  { folder: 'src/broker', mayImport: [all(contract), all(desktops)], without: [electron] },
  {
    folder: 'src/setup',
    mayImport: [
      all(contract),
      all(desktops),
      // The command line starts brokers and looks after them, and has no business with the rest.
      all('src/broker/main.ts'),
      all('src/broker/admin.ts'),
      all('src/broker/backup/backups.ts'),
      all('src/broker/config.ts'),
      all('src/broker/config-file.ts'),
      all('src/broker/folders.ts'),
      all('src/broker/log.ts'),
      all('src/broker/tls/key-files.ts'),
      all('src/broker/tls/rollover.ts'),
      // The doctor says which vault a terminal would use, by the order that the terminal goes by.
      all('main/vault'),
      all('main/machine-policy.ts'),
      all('main/trusted-file.ts'),
    ],
    without: [],
  },
  { folder: 'main', mayImport: [all(contract), all('src/terminal')], without: [] },
  {
    folder: 'renderer',
    mayImport: [
      types(contract),
      // The schemas bring zod with them, which is more than the rest of the page; these do not.
      all('src/contract/stream.ts'),
      all('src/contract/channels.ts'),
      all('src/contract/app-origin.ts'),
      all('src/contract/step-names.ts'),
      all('src/contract/text-sizes.ts'),
    ],
    without: [electron, node],
  },
  {
    folder: 'test',
    mayImport: ['main', 'renderer', 'src', 'assets'].map(all),
    without: [],
  },
];
