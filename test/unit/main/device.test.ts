import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { describeDevice } from '../../../main/device.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const model = () => describeDevice({ root: path('.'), version: '1.2.3' }).model;

function lay(name: string, content: string): void {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), content);
}

it('is the name of the machine and the version of the app', () => {
  expect(describeDevice({ root: path('.'), version: '1.2.3' })).toMatchObject({
    name: hostname().slice(0, 80),
    version: '1.2.3',
  });
});

it('tells maker and product, as the firmware has them', () => {
  lay('sys/class/dmi/id/sys_vendor', 'Maker\n');
  lay('sys/class/dmi/id/product_name', 'Thin 4\n');
  expect(model()).toBe('Maker Thin 4');
});

it('tells the model of a board with a device tree', () => {
  lay('proc/device-tree/model', 'Raspberry Pi 4 Model B Rev 1.4\0');
  expect(model()).toBe('Raspberry Pi 4 Model B Rev 1.4');
});

it('tells no model where there is none, and never a long one', () => {
  expect(model()).toBe('');
  lay('sys/class/dmi/id/product_name', 'x'.repeat(500));
  expect(model()).toHaveLength(120);
});
